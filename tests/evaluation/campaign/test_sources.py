"""Clips of folders and of the renderer: what sidecars say, and what is refused."""

import json

import numpy as np
import pytest

from emogen.errors import InputError
from emogen.evaluation.campaign import (
    ClipRequest,
    drawn_source,
    find_clips,
    folder_source,
    path_source,
    requests_of,
)
from emogen.media import write_sidecar, write_video
from tests.evaluation.made import tiny_clip


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return write_video(tiny_clip(), tmp_path_factory.mktemp("tiny") / "tiny.mp4").read_bytes()


@pytest.fixture
def clip(tmp_path, tiny):
    def make(name, said=None, *, ours=False):
        path = tmp_path / f"{name}.mp4"
        path.write_bytes(tiny)
        if ours:
            write_sidecar(path, said)
        elif said is not None:
            path.with_suffix(".json").write_text(json.dumps(said))
        return path

    return make


def request(**changed):
    values = {"part": "grid", "measures": "category", "prompt": "a cat", "emotion": "fear:0.9",
              "intensity": 0.9, "seed": 3}
    return ClipRequest(**(values | changed))


def test_sidecars_of_ours_and_of_others(tmp_path, clip) -> None:
    clip("a", {"prompt": "a cat", "emotion": "fear:0.9", "seed": 3})
    clip("b", {"prompt": "a dog", "emotion": {"notation": "awe:0.5"}, "seed": 4}, ours=True)
    clip("c", {"prompt": "a fox", "emotion": None})
    found = find_clips(tmp_path)
    assert [(c.prompt, c.notation, c.seed) for c in found] == [
        ("a cat", "fear:0.9", 3), ("a dog", "awe:0.5", 4), ("a fox", "neutral", None),
    ]  # fmt: skip
    assert found[0].seconds == pytest.approx(1.0)
    [(first, path), (second, _), (third, _)] = requests_of(found)
    assert (first.asked, first.intensity, first.measures) == ("fear", 0.9, "category")
    assert second.asked == "awe"
    assert third.measures == "neutral"
    assert path_source(requests_of(found))(first) == path == tmp_path / "a.mp4"


def test_several_strengths_make_a_series_and_curves_stay_curves(tmp_path, clip) -> None:
    for strength in (0.3, 0.9):
        clip(f"s{strength}", {"prompt": "a cat", "emotion": f"fear:{strength}", "seed": 1})
    clip("turn", {"prompt": "a cat", "emotion": "fear:0.9 -> awe:0.9", "seed": 1})
    requests = [found for found, _ in requests_of(find_clips(tmp_path))]
    assert [r.measures for r in requests] == ["intensity", "intensity", "curve"]


def test_the_same_clip_twice_is_refused(tmp_path, clip) -> None:
    for name in "ab":
        clip(name, {"prompt": "a cat", "emotion": "fear"})
    with pytest.raises(InputError, match="give each a seed"):
        requests_of(find_clips(tmp_path))


def test_all_clips_without_words_are_told_at_once(tmp_path, clip) -> None:
    clip("a")
    clip("b", {"prompt": 1, "emotion": "fear"})
    clip("c", {"prompt": "a cat", "emotion": "hapy"})
    clip("d", {"prompt": "a cat", "emotion": "fear", "seed": "x"})
    with pytest.raises(InputError) as caught:
        find_clips(tmp_path)
    for part in ("4 of 4 clips", "a.json", "as texts", "did you mean 'happy'", "a whole number"):
        assert part in str(caught.value)


def test_real_clips_need_no_words(tmp_path, clip) -> None:
    clip("a")
    [found] = find_clips(tmp_path, labelled=False)
    assert (found.prompt, found.notation) == ("a", "neutral")


def test_no_folder_and_no_clips(tmp_path) -> None:
    with pytest.raises(InputError, match="no folder"):
        find_clips(tmp_path / "no")
    with pytest.raises(InputError, match="expected clips"):
        find_clips(tmp_path)


def test_a_protocol_finds_its_clips_in_any_spelling(tmp_path, clip) -> None:
    clip("a", {"prompt": "a cat", "emotion": "fear:0.9@0s -> awe:0.9@1s", "seed": 3})
    clip("b", {"prompt": "a cat", "emotion": "fear:0.90", "seed": 3})
    source = folder_source(find_clips(tmp_path), folder=tmp_path)
    assert source(request()).name == "b.mp4"
    curve = request(measures="curve", emotion="fear:0.9 -> awe:0.9", intensity=None)
    assert source(curve).name == "a.mp4"
    for changed in ({"seed": 4}, {"emotion": "fear:0.5"}, {"prompt": "a dog"}):
        with pytest.raises(InputError, match="no clip of"):
            source(request(**changed))


def test_the_renderer_draws_identities_of_the_test_split() -> None:
    source = drawn_source(num_frames=5, fps=8.0, size=32)
    clip = source(request(draw="cat"))
    assert clip.frames.shape == (5, 32, 32, 3)
    assert np.array_equal(clip.frames, source(request(draw="cat")).frames)
    with pytest.raises(InputError, match="nothing to draw"):
        source(request())
