"""Clips put together by label: matched ones match, crossed ones do not, nothing is lost."""

import numpy as np
import pytest

from emogen.emotion import CATEGORIES
from emogen.emotion.labels import shares
from emogen.errors import CorpusError, InputError
from emogen.evaluation.recogniser.pairing import (
    SHARED,
    STRANGE,
    Labelled,
    assemble,
    overlap,
)
from emogen.evaluation.recogniser.reading import MODALITIES

LABELS = {
    "words": ("amusement", "anger", "sadness", "fear", "neutral", "joy"),
    "voice": ("happy", "angry", "sad", "fearful", "neutral", "surprised"),
    "vision": ("amusement", "anger", "sadness", "fear", "neutral", "awe"),
}


def table(name, count=120, *, skill=0.7, seed=0):
    """Readings over-sure of the label, or as often as skill lacks of something else."""
    rng = np.random.default_rng([seed, MODALITIES.index(name)])
    labels = [LABELS[name][i % 6] for i in range(count)]
    truth = np.stack([shares(label) for label in labels]).astype(np.float32)
    guess = np.where(rng.random((count, 1)) < skill, truth, np.eye(9)[rng.integers(9, size=count)])
    noise = rng.dirichlet(np.full(9, 0.5), size=count)
    emotion = (0.75 * guess + 0.25 * noise).astype(np.float32)
    return Labelled(
        emotion=emotion, vad=rng.normal(0, 0.1, (count, 3)).astype(np.float32),
        confidence=emotion.max(1), truth=truth, truth_vad=np.zeros((count, 3), np.float32),
        cluster=np.arange(count).astype(str), corpus=np.full(count, name),
    )  # fmt: skip


def tables(**options):
    return {name: table(name, **options) for name in MODALITIES}


def pairs_of(clips):
    one, other = clips.truth[:, [0, 0, 1]], clips.truth[:, [1, 2, 2]]
    return overlap(one, other)


def test_matched_clips_show_one_emotion() -> None:
    clips = assemble(tables(), 200, np.random.default_rng(0))
    assert clips.evidence.presence.all()
    assert not clips.crossed.any()
    first = clips.truth[np.arange(200), :, :]
    assert (first[np.arange(200), :, clips.category] > 0).all()
    assert (pairs_of(clips).max(1) >= SHARED).all()
    assert clips.target().sum() == 200
    assert len(np.unique(clips.category)) >= 5


def test_crossed_clips_do_not() -> None:
    clips = assemble(tables(), 200, np.random.default_rng(0), crossed=True)
    assert clips.crossed.any(1).all()
    assert (pairs_of(clips)[clips.crossed] <= STRANGE).all()
    np.testing.assert_allclose(clips.target(), clips.truth.mean(1), atol=1e-6)


def test_two_senses_leave_the_third_out() -> None:
    some = {name: table(name) for name in ("words", "vision")}
    clips = assemble(some, 50, np.random.default_rng(1), crossed=True)
    assert clips.evidence.presence.tolist() == [[True, False, True]] * 50
    assert (clips.rows[:, 1] == -1).all()
    assert clips.crossed[:, 1].all()
    assert not clips.crossed[:, [0, 2]].any()


def test_one_sense_comes_as_its_corpus_has_it() -> None:
    clips = assemble({"voice": table("voice")}, 600, np.random.default_rng(2))
    assert np.bincount(clips.rows[:, 1] % 6, minlength=6).min() > 70


def test_the_same_seed_gives_the_same_clips() -> None:
    one, two = (assemble(tables(), 20, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one.rows, two.rows)


def test_a_happy_voice_is_right_in_three_ways() -> None:
    happy = table("voice").only(np.array([0]))
    clips = assemble({"voice": happy}, 4, np.random.default_rng(0))
    tops = np.eye(9)[[CATEGORIES.index(name) for name in
                      ("amusement", "contentment", "excitement", "awe")]]  # fmt: skip
    assert clips.right(tops).tolist() == [True, True, True, False]


def test_labels_that_never_meet_are_refused() -> None:
    alien = table("voice")
    only_fear = np.tile(shares("fear").astype(np.float32), (len(alien), 1))
    words = table("words").only(np.array([4]))
    one = {"words": words, "voice": Labelled(**{**vars(alien), "truth": only_fear})}
    with pytest.raises(InputError, match="go together"):
        assemble(one, 1, np.random.default_rng(0))


def test_tables_come_back(tmp_path) -> None:
    table("words").save(tmp_path / "a" / "words.npz")
    loaded = Labelled.load(tmp_path / "a" / "words.npz")
    np.testing.assert_array_equal(loaded.emotion, table("words").emotion)
    assert loaded.corpus.tolist() == ["words"] * 120
    with pytest.raises(CorpusError, match=r"cache_judge_fusion\.py"):
        Labelled.load(tmp_path / "none.npz")
    with pytest.raises(InputError, match="one length"):
        Labelled(**{**vars(loaded), "cluster": loaded.cluster[:3]})
