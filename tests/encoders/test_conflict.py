"""Disagreement of sources: who differs, when, by how much, and who does not."""

import numpy as np
import pytest

from emogen.emotion.labels import CATEGORIES
from emogen.encoders.conflict import disagreement, families_of, find_conflicts, stretches
from emogen.encoders.reading import SOURCES


def sure_of(category, share=0.9):
    rest = (1 - share) / 8
    return np.where(np.arange(9) == CATEGORIES.index(category), share, rest)


def scene(frames=40, **said):
    """Distributions and presence of sources that say one thing throughout."""
    distributions = np.zeros((frames, len(SOURCES), 9))
    presence = np.zeros((frames, len(SOURCES)), bool)
    for source, row in said.items():
        distributions[:, SOURCES.index(source)] = row
        presence[:, SOURCES.index(source)] = True
    return distributions, presence, presence / np.maximum(presence.sum(1, keepdims=True), 1)


def test_angry_words_in_a_calm_voice():
    scene_ = scene(words=sure_of("anger"), voice=sure_of("contentment"))
    (found,) = find_conflicts(*scene_, fps=6.25)
    assert found.between == ("words", "voice")
    assert found.says == ("anger", "pleasant")
    assert (found.start, found.end) == (0, 40 / 6.25)
    assert found.size > 0.7
    assert "words says anger, voice says pleasant" in str(found)


def test_neutral_words_and_a_resting_face_contradict_nobody():
    scene_ = scene(words=sure_of("neutral"), voice=sure_of("anger"), portrait=sure_of("neutral"))
    assert find_conflicts(*scene_, fps=6.25) == ()


def test_a_flat_voice_contradicts_glad_words():
    scene_ = scene(words=sure_of("excitement"), voice=sure_of("neutral"))
    assert len(find_conflicts(*scene_, fps=6.25)) == 1


@pytest.mark.parametrize("other", ["amusement", "contentment", "awe"])
def test_pleasant_shades_agree(other):
    scene_ = scene(words=sure_of("excitement"), voice=sure_of(other))
    assert find_conflicts(*scene_, fps=6.25) == ()


def test_who_is_unsure_or_absent_does_not_disagree():
    unsure = scene(words=sure_of("anger", 0.3), voice=sure_of("sadness"))
    assert find_conflicts(*unsure, fps=6.25) == ()
    distributions, presence, weights = scene(words=sure_of("anger"), voice=sure_of("sadness"))
    presence[:, SOURCES.index("words")] = False
    assert find_conflicts(distributions, presence, weights, fps=6.25) == ()


def test_only_the_stretch_counts_and_blinks_of_it_do_not():
    distributions, presence, weights = scene(words=sure_of("anger"), voice=sure_of("anger"))
    voice = SOURCES.index("voice")
    distributions[10:20, voice] = sure_of("sadness")
    distributions[30, voice] = sure_of("sadness")
    (found,) = find_conflicts(distributions, presence, weights, fps=6.25)
    assert (found.start, found.end) == (1.6, 3.2)


def test_disagreement_is_symmetric_and_families_add_up():
    rng = np.random.default_rng(0)
    first, second = rng.dirichlet(np.full(9, 0.2), (2, 200))
    pair = ("voice", "request")
    assert np.allclose(disagreement(first, second, sources=pair),
                       disagreement(second, first, sources=pair))
    assert np.allclose(families_of(first).sum(1), 1)


def test_stretches_of_nothing_and_of_everything():
    assert stretches(np.zeros(3, bool)) == []
    assert stretches(np.ones(3, bool)) == [(0, 3)]
