"""The corpus of the embedded model: an index is an example, a split is apart."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from emogen.data.corpus import NOTO_SHARE, NOTO_SUBJECTS, EmbeddedCorpus, noto_example
from emogen.data.noto import NotoCorpus
from emogen.data.noto import split as noto_split
from emogen.data.rig.characters import KINDS
from emogen.data.synthetic import HELD_OUT
from emogen.data.synthetic import split as rig_split
from emogen.emotion import MIKELS

FIXTURES = Path(__file__).parent / "fixtures" / "noto"
SMALL = {"num_frames": 5, "size": 32}


@pytest.fixture(scope="module")
def fixtures():
    return NotoCorpus(FIXTURES)


@pytest.fixture(scope="module")
def emoji(tmp_path_factory):
    """A folder of a drawn heart under the names of bold subjects."""
    folder = tmp_path_factory.mktemp("noto")
    for name in ("1f525", "1f680", "1f339", "1f98b", "1f388", "1f48e", "1f40c", "1f433"):
        shutil.copy(FIXTURES / "2764_fe0f.json", folder / f"{name}.json")
    return NotoCorpus(folder)


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_an_index_is_an_example(split):
    first, second = (EmbeddedCorpus(None, split=split) for _ in range(2))
    one, again = first.example(3, **SMALL), second.example(3, **SMALL)
    assert one.frames.shape == (5, 32, 32, 3)
    assert one.vectors.shape == (5, 12)
    assert one.source == "rig"
    assert np.array_equal(one.frames, again.frames)
    assert np.array_equal(one.vectors, again.vectors)
    assert (one.caption, one.emotion_phrase) == (again.caption, again.emotion_phrase)
    assert not np.array_equal(one.frames, first.example(4, **SMALL).frames)
    assert rig_split(one.identity) == split


def test_splits_share_no_example():
    def identities(split):
        corpus = EmbeddedCorpus(None, split=split)
        return {corpus.example(i, num_frames=1, size=16).identity for i in range(4)}

    train, val, test = map(identities, ("train", "val", "test"))
    assert not train & (val | test)
    assert not val & test


def test_length_and_size_do_not_change_who_is_seen():
    corpus = EmbeddedCorpus(None)
    still, clip = corpus.example(5, num_frames=1, size=16), corpus.example(5, num_frames=9, size=48)
    assert still.identity == clip.identity
    assert still.caption == clip.caption
    assert clip.frames.shape == (9, 48, 48, 3)


def test_what_is_held_out_is_never_drawn():
    corpus = EmbeddedCorpus(None)
    for index in range(30):
        example = corpus.example(index, num_frames=5, size=16)
        strongest = example.vectors.max(axis=0)[:8]
        felt = {name for name, weight in zip(MIKELS, strongest, strict=True) if weight > 0}
        assert not {(example.subject, name) for name in felt} & HELD_OUT


def test_about_one_in_eight_is_an_animation(emoji):
    corpus = EmbeddedCorpus(emoji)
    assert {item.subject for item in corpus.items} <= NOTO_SUBJECTS
    examples = [corpus.example(i, num_frames=1, size=16) for i in range(150)]
    share = sum(example.source == "noto" for example in examples) / 150
    assert abs(share - NOTO_SHARE) < 0.07
    assert all(noto_split(item) == "train" for item in corpus.items)


def test_an_animation_is_staged_by_its_index(emoji):
    corpus = EmbeddedCorpus(emoji)
    index = next(i for i in range(80) if corpus.example(i, num_frames=1, size=16).source == "noto")
    one, again = (corpus.example(index, **SMALL) for _ in range(2))
    assert one.subject in NOTO_SUBJECTS
    assert one.subject in one.caption
    assert np.array_equal(one.frames, again.frames)


def test_unwanted_animations_are_left_out(fixtures):
    assert not EmbeddedCorpus(fixtures).items
    assert EmbeddedCorpus(fixtures).example(0, **SMALL).source == "rig"


def test_an_animation_shows_its_own_emotion_or_a_drawn_one(fixtures):
    for item in fixtures:
        example = noto_example(fixtures, item, seed=5, **SMALL)
        assert example.frames.shape == (5, 32, 32, 3)
        assert example.frames.std() > 5
        assert example.identity == item.family
        if item.emotion:
            np.testing.assert_allclose(example.vectors, np.tile(item.vector(), (5, 1)))
    kinds = [bool(item.emotion) for item in fixtures]
    assert True in kinds
    assert False in kinds


def test_seeds_differ(fixtures):
    heart = fixtures["2764_fe0f"]
    first, second = (noto_example(fixtures, heart, seed=seed, **SMALL) for seed in (1, 2))
    assert not np.array_equal(first.frames, second.frames)


def test_subjects_do_not_meet(fixtures):
    assert not NOTO_SUBJECTS & set(KINDS)


@pytest.mark.corpus
def test_the_full_corpus_has_every_subject():
    noto = NotoCorpus()
    splits = [EmbeddedCorpus(noto, split=split) for split in ("train", "val", "test")]
    items = [item for corpus in splits for item in corpus.items]
    assert {item.subject for item in items} == NOTO_SUBJECTS
    assert len(items) == len({item.id for item in items})
    assert len(splits[0].items) > len(items) / 2
