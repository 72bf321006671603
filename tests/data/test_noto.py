"""The Noto corpus: its table against the rules, its clips against the source animations."""

import json
import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from emogen.data.noto import NotoCorpus, NotoItem, captions, load_labels, split
from emogen.data.noto.codepoints import base_id, phrase, skin_tones, unicode_name
from emogen.data.noto.labels import Label, parse_mixture
from emogen.data.noto.lottie import sample_times, straight_alpha
from emogen.data.noto.reader import ARCHIVE
from emogen.emotion.anchors import MIKELS_VAD
from emogen.emotion.labels import MIKELS
from emogen.errors import CorpusError, InputError

FIXTURES = Path(__file__).parent / "fixtures" / "noto"
HEART, KISS, NOSE = "2764_fe0f", "1f48b", "1f443_1f3fd"
_FULL = Path(os.environ.get("EMOGEN_DATA", "")) / ARCHIVE
needs_corpus = pytest.mark.skipif(not _FULL.is_file(), reason="EMOGEN_DATA holds no Noto corpus")


@pytest.fixture(scope="module")
def corpus():
    return NotoCorpus(FIXTURES)


@pytest.fixture(scope="module")
def full():
    return NotoCorpus(_FULL)


def solid(tmp_path, *, colour, opacity, name="1f7e0", num_frames=30, fps=30):
    """Write an animation that is one solid colour."""
    layer = {
        "ty": 1, "sw": 64, "sh": 64, "sc": colour, "ks": {"o": {"k": opacity}},
        "ip": 0, "op": num_frames, "st": 0,
    }  # fmt: skip
    lottie = {"v": "5.5", "fr": fps, "ip": 0, "op": num_frames, "w": 64, "h": 64, "layers": [layer]}
    (tmp_path / f"{name}.json").write_text(json.dumps(lottie))
    return NotoCorpus(tmp_path)


# --- names and words


@pytest.mark.parametrize(
    ("identifier", "base", "tones"),
    [
        ("1f600", "1f600", ()),
        ("2764_fe0f_200d_1f525", "2764_200d_1f525", ()),
        ("1f443_1f3fd", "1f443", ("medium",)),
        ("1faf1_1f3fb_200d_1faf2_1f3ff", "1f91d", ("light", "dark")),
        ("1f3c3_1f3fe_200d_2642_fe0f", "1f3c3", ("medium-dark",)),
        ("1f469_1f3fc_200d_1f680", "1f9d1_200d_1f680", ("medium-light",)),
    ],
)
def test_base_and_tones(identifier, base, tones):
    assert base_id(identifier) == base
    assert skin_tones(identifier) == tones


@pytest.mark.parametrize(
    ("identifier", "words"),
    [
        ("1f3c3_1f3fd_200d_2640_fe0f", "a woman running"),
        ("1f6b6", "a person walking"),
        ("1f468_200d_1f33e", "a man farmer"),
        ("1f9d1_200d_1f3a8", "an artist"),
        ("1f7e0", "a large orange circle"),
    ],
)
def test_unknown_emoji_is_put_into_words(identifier, words):
    assert phrase(identifier) == words


def test_newer_names_are_known():
    assert unicode_name("1fabf") == "GOOSE"


def test_stray_file_name_is_refused(tmp_path):
    (tmp_path / "readme.json").write_text("{}")
    with pytest.raises(CorpusError, match="got 'readme'; remove or rename"):
        NotoCorpus(tmp_path)


def test_captions_name_expression_and_tone(corpus):
    assert captions(corpus[NOSE]) == ("a nose, medium skin tone",)
    assert captions(corpus["1f643"])[0] == "an upside-down face"
    assert captions(corpus["1f643"], expression=False)[0] == "a smiley"
    assert captions(corpus[HEART], expression=False) == ("a heart",)


def test_captions_of_the_table_are_plain_ascii_phrases():
    for label in load_labels().values():
        for words in label.captions:
            assert words, label.base
            assert words.isascii(), words
            assert words == words.lower().strip(), words
        assert len(set(label.captions)) == len(label.captions) <= 3
        assert label.subject
        assert label.group


# --- labels


def test_table_has_enough_of_everything():
    labels = load_labels().values()
    felt = [label for label in labels if label.emotion is not None]
    assert len(labels) == 449
    assert 120 <= len(felt) <= 210
    assert len({label.subject for label in labels if label.clean}) >= 100
    assert all(label.note for label in felt)
    assert {max(x.emotion, key=x.emotion.get) for x in felt if x.emotion} == set(MIKELS)


def test_table_values_are_in_range():
    for base, label in load_labels().items():
        assert base == label.base == base_id(base)
        assert label.family in load_labels()
        assert 0 <= label.apex < 1
        vector = label.vector()
        assert vector.dtype == np.float32
        assert vector.shape == (12,)
        assert vector[:8].sum() == pytest.approx(label.intensity, abs=1e-5)
        np.testing.assert_allclose(vector[8:11], label.vad, atol=1e-6)
        if not label.emotion:
            assert not vector.any()


def test_valence_follows_the_category():
    for label in load_labels().values():
        if label.emotion and max(label.emotion.values()) > 0.8:
            (strongest,) = [c for c, w in label.emotion.items() if w > 0.8]
            sign = 1 if strongest in MIKELS[:4] else -1
            assert sign * label.vad[0] > 0, label.base


def test_displayed_vad_agrees_with_published_anchors():
    felt = [label for label in load_labels().values() if label.emotion]
    weights = np.array([[label.emotion.get(name, 0) for name in MIKELS] for label in felt])
    anchors = weights @ MIKELS_VAD * np.array([[label.intensity] for label in felt])  # (N, 3)
    displayed = np.array([label.vad for label in felt])
    for axis, least in enumerate((0.95, 0.75, 0.7)):
        assert np.corrcoef(anchors[:, axis], displayed[:, axis])[0, 1] > least


def test_vector_order():
    vector = load_labels()["1f62d"].vector()
    assert vector[7] == 1  # sadness
    assert vector[8:].tolist() == pytest.approx([-0.85, 0.6, -0.6, 1.0])


def test_wrong_rows_are_refused():
    with pytest.raises(CorpusError, match=r"did you mean 'sadness'\?"):
        parse_mixture("sadnes:1")
    good = load_labels()["1f600"]
    fields = {name: getattr(good, name) for name in good.__dataclass_fields__}
    with pytest.raises(CorpusError, match="within it"):
        Label(**fields | {"vad": (0.9, 0.0, 0.0)})
    with pytest.raises(CorpusError, match="sum to 1"):
        Label(**fields | {"emotion": {"awe": 0.5}})


# --- splits


def test_splits_have_their_shares_and_all_emotions():
    parts = {"train": [], "val": [], "test": []}
    for label in load_labels().values():
        parts[split(NotoItem(id=label.base, label=label))].append(label)
    assert 0.8 < len(parts["train"]) / 449 < 0.9
    for labels in parts.values():
        strongest = {max(x.emotion, key=x.emotion.get) for x in labels if x.emotion}
        assert strongest == set(MIKELS)


def test_split_keeps_variants_together(corpus):
    assert split(corpus["1f443"]) == split(corpus[NOSE])
    families = {base: label.family for base, label in load_labels().items()}
    assert families["1f499"] == families["2764"]
    assert families["1f91b"] == families["1f91c"]


# --- rendering


def test_pixels_are_straight_rgba(tmp_path):
    clip = solid(tmp_path, colour="#ff8000", opacity=50)
    pixels = clip.render(clip["1f7e0"], num_frames=1, size=8).reshape(-1, 4)
    assert np.abs(pixels.astype(int) - (255, 128, 0, 127)).max() <= 2


def test_straight_alpha_undoes_premultiplication():
    rng = np.random.default_rng(0)
    colour = rng.integers(0, 256, (1000, 3))
    alpha = rng.integers(64, 256, (1000, 1))
    faded = np.round(colour * alpha / 255)[:, ::-1]
    bgra = np.concatenate([faded, alpha], axis=-1).astype(np.uint8)
    straight = straight_alpha(bgra)
    assert (straight[:, 3:] == alpha).all()
    assert np.abs(straight[:, :3].astype(int) - colour).max() <= 3


def test_render_shape_alpha_and_determinism(corpus):
    clip = corpus.render(corpus[HEART])
    assert clip.shape == (33, 128, 128, 4)
    assert clip.dtype == np.uint8
    assert clip[0, 0, 0].tolist() == [0, 0, 0, 0]
    red, green, blue, alpha = clip[0, 64, 64].astype(int)
    assert alpha == 255
    assert red > 200 > max(green, blue)
    np.testing.assert_array_equal(clip, corpus.render(corpus[HEART]))


def test_two_seconds_at_sixty_frames_loop_in_two_seconds(corpus):
    assert corpus.duration(corpus[KISS]) == 2.0
    clip = corpus.render(corpus[KISS], num_frames=33, fps=16, size=32)
    np.testing.assert_array_equal(clip[32], clip[0])
    assert not np.array_equal(clip[16], clip[0])
    longer = corpus.render(corpus[KISS], num_frames=65, fps=16, size=32)
    np.testing.assert_array_equal(longer[32:], clip)


def test_tempo_and_phase_shift_time(corpus):
    kiss = corpus[KISS]
    clip = corpus.render(kiss, num_frames=33, fps=16, size=32)
    twice = corpus.render(kiss, num_frames=17, fps=16, size=32, tempo=2.0)
    np.testing.assert_array_equal(twice, clip[::2])
    half = corpus.render(kiss, num_frames=17, fps=16, size=32, phase=0.5)
    np.testing.assert_array_equal(half, clip[16:])


def test_loop_tempo_closes_any_animation(corpus):
    for item in corpus:
        tempo = corpus.loop_tempo(item, num_frames=33, fps=16)
        clip = corpus.render(item, size=24, tempo=tempo)
        np.testing.assert_array_equal(clip[0], clip[-1])


@pytest.mark.parametrize(("source_fps", "period"), [(60, 120), (30, 60), (25, 50)])
def test_sampling_spans_the_same_seconds_at_any_rate(source_fps, period):
    indices = sample_times(33, period=period, source_fps=source_fps, fps=16, tempo=1.0, phase=0.0)
    exact = np.arange(33) / 16 * source_fps
    assert indices[32] == 0
    assert (np.abs(indices[:32] - exact[:32]) < 1).all()


def test_last_empty_frame_is_never_shown(tmp_path):
    clip = solid(tmp_path, colour="#ffffff", opacity=100)
    frames = clip.render(clip["1f7e0"], num_frames=61, fps=30, size=8)
    assert (frames == 255).all()


def test_zero_frames_are_refused(corpus):
    with pytest.raises(InputError, match="num_frames above 0, got 0"):
        corpus.render(corpus[HEART], num_frames=0)


def test_broken_file_is_named(tmp_path):
    (tmp_path / "1f600.json").write_text("not a lottie")
    broken = NotoCorpus(tmp_path)
    with pytest.raises(CorpusError, match=r"broken file '1f600\.json'"):
        broken.render(broken["1f600"])


def test_without_rlottie_listing_works_and_rendering_names_the_extra():
    code = (
        "import sys; sys.modules['rlottie_python'] = None\n"
        "from emogen.data.noto import NotoCorpus\n"
        "from emogen.errors import ResourceError\n"
        f"corpus = NotoCorpus({str(FIXTURES)!r})\n"
        "try: corpus.render(corpus['2764_fe0f'])\n"
        "except ResourceError as error: print(len(corpus), error)\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root
    )
    assert done.stdout.startswith("6 ")
    assert "emogen[data]" in done.stdout


# --- places


def test_zip_and_folder_agree_and_survive_pickling(corpus, tmp_path):
    archive = tmp_path / "noto.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for source in FIXTURES.iterdir():
            file.write(source, source.name)
    zipped = pickle.loads(pickle.dumps(NotoCorpus(archive)))
    assert [item.id for item in zipped] == [item.id for item in corpus]
    np.testing.assert_array_equal(
        zipped.render(zipped[KISS], size=32), corpus.render(corpus[KISS], size=32)
    )


def test_default_place(monkeypatch, tmp_path):
    monkeypatch.setenv("EMOGEN_DATA", str(tmp_path))
    with pytest.raises(CorpusError, match=f"no file or folder at .*{ARCHIVE}; get the"):
        NotoCorpus()
    monkeypatch.delenv("EMOGEN_DATA")
    with pytest.raises(CorpusError, match="EMOGEN_DATA, got neither"):
        NotoCorpus()


def test_unknown_id_suggests(corpus):
    with pytest.raises(CorpusError, match=r"did you mean '1f643'\?"):
        corpus["1f644"]


@pytest.mark.parametrize("kind", ["empty folder", "no zip"])
def test_wrong_place_is_refused(tmp_path, kind):
    place = tmp_path
    if kind == "no zip":
        place = tmp_path / "noto.zip"
        place.write_text("hello")
    with pytest.raises(CorpusError, match="get the Lottie files"):
        NotoCorpus(place)


# --- the whole corpus, where it is there


@needs_corpus
def test_full_corpus_is_covered_by_the_table(full):
    assert len(full) == 714
    assert {item.base for item in full} == set(load_labels())
    for item in full:
        assert item.name
        for words in captions(item) + captions(item, expression=False):
            assert words.isascii()
            assert words == words.lower()


@needs_corpus
def test_full_corpus_variants_share_label_and_split(full):
    by_base = {}
    for item in full:
        by_base.setdefault(item.base, set()).add((split(item), item.family, item.intensity))
    assert all(len(kinds) == 1 for kinds in by_base.values())


@needs_corpus
def test_full_corpus_shows_something_at_every_apex(full):
    for item in full:
        if not item.skin_tones:
            picture = full.render(item, num_frames=1, size=32, phase=item.label.apex)
            assert (picture[..., 3] > 127).mean() > 0.04, item.id


@needs_corpus
def test_clean_subjects_stay_in_sight(full):
    for item in full:
        if item.clean and not item.skin_tones:
            clip = full.render(item, num_frames=9, fps=8 / full.duration(item), size=24)
            assert (clip[..., 3] > 127).mean(axis=(1, 2)).min() > 0.01, item.id
