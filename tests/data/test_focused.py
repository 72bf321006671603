"""The focused corpus: known subjects, one course of motion, splits and held-out pairs kept."""

import os
from pathlib import Path

import numpy as np
import pytest

from emogen.data.focused import KINDS, FocusedCorpus
from emogen.data.noto import NotoCorpus
from emogen.data.rig.characters import Character
from emogen.data.scenes import Scene
from emogen.data.synthetic import HELD_OUT, emotion_vector, render_example, split
from emogen.emotion import MIKELS

SMALL = {"num_frames": 5, "size": 32}
_FULL = Path(os.environ.get("EMOGEN_DATA", "")) / "noto_animated_lottie.zip"
needs_corpus = pytest.mark.skipif(not _FULL.is_file(), reason="EMOGEN_DATA holds no Noto corpus")


@pytest.fixture(scope="module")
def examples():
    corpus = FocusedCorpus(None)
    return [corpus.example(index, num_frames=1, size=16) for index in range(150)]


def test_an_index_is_an_example() -> None:
    first, again, other = (FocusedCorpus(None).example(i, **SMALL) for i in (3, 3, 4))
    assert np.array_equal(first.frames, again.frames)
    assert first.caption == again.caption
    assert not np.array_equal(first.frames, other.frames)


def test_subjects_places_and_weather(examples) -> None:
    assert {example.subject for example in examples} == set(KINDS)
    attributes = [example.attributes for example in examples]
    assert {(a["weather"], a["camera"]) for a in attributes} == {("none", "static")}
    assert len({a["place"] for a in attributes}) > 5
    assert any(" with a hat" in example.caption for example in examples)


def test_held_out_pairs_are_not_shown(examples) -> None:
    shown = {
        (example.subject, MIKELS[index])
        for example in examples
        for index in np.flatnonzero(example.vectors[:, :8].max(axis=0))
    }
    assert len(shown) > 60
    assert not shown & HELD_OUT


@pytest.mark.parametrize("name", ["train", "val", "test"])
def test_identities_stay_in_their_split(name) -> None:
    corpus = FocusedCorpus(None, split=name)
    identities = {corpus.example(i, num_frames=1, size=16).identity for i in range(10)}
    assert {split(identity) for identity in identities} == {name}


def test_a_course_moves_all_alike() -> None:
    vectors = np.tile(emotion_vector({"excitement": 0.9}), (5, 1))
    given = {
        "kind": Character.sample(np.random.default_rng(0), kind="bear"),
        "scene": Scene(place="forest"),
        "emotion_vectors": vectors,
        **SMALL,
    }
    alike = [render_example(seed, course=1, **given).frames for seed in (1, 2)]
    free = [render_example(seed, **given).frames for seed in (1, 2)]
    assert np.array_equal(*alike)
    assert not np.array_equal(*free)
    assert not np.array_equal(alike[0], render_example(1, course=2, **given).frames)


@needs_corpus
def test_smileys_come_from_noto() -> None:
    corpus = FocusedCorpus(NotoCorpus(_FULL))
    examples = [corpus.example(index, num_frames=1, size=16) for index in range(80)]
    sources = [example.source for example in examples]
    assert 0 < sources.count("noto") < 20
    assert {e.subject for e in examples if e.source == "noto"} == {"smiley"}
