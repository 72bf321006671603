"""Label spaces: complete, stochastic, and faithful to the published grouping."""

import numpy as np
import pytest

from emogen.emotion.anchors import MIKELS_VAD, VAD
from emogen.emotion.labels import (
    CATEGORIES,
    EKMAN7,
    GOEMOTIONS,
    LABELS,
    MIKELS,
    RAVDESS,
    SPACES,
    TO_CATEGORIES,
    convert,
    mapping,
    shares,
)
from emogen.emotion.lexicon import KNOWN, SYNONYMS, label_of
from emogen.errors import NotationError


def test_sizes_and_order() -> None:
    assert MIKELS == ("amusement", "awe", "contentment", "excitement",
                      "anger", "disgust", "fear", "sadness")
    assert (*MIKELS, "neutral") == CATEGORIES
    assert (len(GOEMOTIONS), len(RAVDESS), len(EKMAN7)) == (28, 8, 7)
    assert GOEMOTIONS[25] == "sadness"
    assert GOEMOTIONS[27] == "neutral"


@pytest.mark.parametrize("source", SPACES)
@pytest.mark.parametrize("target", SPACES)
def test_every_mapping_is_row_stochastic(source: str, target: str) -> None:
    matrix = mapping(source, target)
    assert matrix.shape == (len(SPACES[source]), len(SPACES[target]))
    assert (matrix >= 0).all()
    np.testing.assert_allclose(matrix.sum(1), 1, atol=1e-12)


@pytest.mark.parametrize("space", ["mikels", "categories", "ekman6", "ekman7"])
def test_shared_names_keep_their_name(space: str) -> None:
    for label in SPACES[space]:
        if label in MIKELS:
            assert shares(label)[MIKELS.index(label)] == 1


def test_goemotions_uses_the_published_grouping() -> None:
    ekman = mapping("goemotions", "ekman7")
    for label, group in (("annoyance", "anger"), ("grief", "sadness"), ("curiosity", "surprise"),
                         ("pride", "happiness"), ("nervousness", "fear")):
        assert ekman[GOEMOTIONS.index(label), EKMAN7.index(group)] == 1


def test_convert_keeps_batch_shape_and_mass() -> None:
    batch = np.random.default_rng(0).dirichlet(np.ones(28), size=(2, 5))
    result = convert(batch, "goemotions", "categories")
    assert result.shape == (2, 5, 9)
    np.testing.assert_allclose(result.sum(-1), 1)


def test_anchors_cover_every_label_within_range() -> None:
    assert set(VAD) == set(LABELS)
    assert np.abs(np.array(list(VAD.values()))).max() <= 1
    assert VAD["neutral"] == (0, 0, 0)
    assert (MIKELS_VAD[:4, 0] > 0).all()
    assert (MIKELS_VAD[4:, 0] < 0).all()


def test_matrices_and_maps_are_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        TO_CATEGORIES["mikels"][0, 0] = 2
    with pytest.raises(TypeError):
        VAD["joy"] = (0, 0, 0)  # type: ignore[index]


def test_unknown_label_names_the_nearest() -> None:
    with pytest.raises(NotationError, match="unknown emotion 'amusment'; did you mean 'amusement'"):
        shares("amusment")


def test_synonyms_lead_to_labels_and_hide_none() -> None:
    assert set(SYNONYMS.values()) <= set(LABELS)
    assert not set(SYNONYMS) & set(LABELS)
    assert list(KNOWN) == sorted(set(KNOWN))
    assert label_of("HAPPY") == "happy"
