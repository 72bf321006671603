"""Fusion: any subset, agreement makes surer, conflict by Bayes' rule, weights that load."""

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest
import torch

from emogen.emotion import CATEGORIES
from emogen.errors import ModelError
from emogen.evaluation.recogniser.fusion import (
    CONFLICT_PRIOR,
    PAIRS,
    Evidence,
    Fusion,
    FusionNetwork,
    subset_name,
)
from tests.tiny import shake

ANGER, SADNESS, NEUTRAL = (CATEGORIES.index(name) for name in ("anger", "sadness", "neutral"))


def peaked(index, share=0.6):
    row = np.full(9, (1 - share) / 8, np.float32)
    row[index] = share
    return row


def said(*indices, share=0.6):
    """Evidence of one row; None where a sense is absent."""
    emotion = np.stack([peaked(i or 0, share) if i is not None else np.zeros(9) for i in indices])
    presence = np.array([[index is not None for index in indices]])
    return Evidence(
        emotion=emotion[None].astype(np.float32), vad=np.zeros((1, 3, 3), np.float32),
        confidence=np.full((1, 3), share, np.float32), presence=presence,
    )  # fmt: skip


def shaken(seed=0):
    return Fusion(shake(FusionNetwork(), std=0.3, seed=seed), model="shaken")


@pytest.mark.parametrize("presence", list(product([False, True], repeat=3)))
def test_every_subset_is_legal(presence) -> None:
    for fusion in (Fusion.rule(), shaken()):
        evidence = said(*(ANGER if here else None for here in presence))
        fused = fusion(evidence)
        assert fused.emotion.sum() == pytest.approx(1, abs=1e-5)
        assert ((fused.weights > 0) == presence).all()
        assert fused.weights.sum() == pytest.approx(float(any(presence)), abs=1e-5)
        both = [one and other for one, other in combinations(presence, 2)]
        assert ((fused.pairs > 0) == both).all()
        if not any(presence):
            np.testing.assert_allclose(fused.emotion, 1 / 9)
            assert fused.confidence == fused.conflict == 0
            assert not fused.vad.any()


def test_what_an_absent_sense_holds_does_not_matter() -> None:
    evidence = said(ANGER, None, SADNESS)
    other = replace(evidence, emotion=evidence.emotion.copy(), vad=evidence.vad.copy())
    other.emotion[0, 1] = peaked(NEUTRAL)
    other.vad[0, 1] = 0.9
    one, two = shaken()(evidence), shaken()(other)
    for name in ("emotion", "vad", "weights", "confidence", "conflict"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


def test_the_rule_is_a_product_of_experts() -> None:
    rule = Fusion.rule()
    alone, both = rule(said(ANGER, None, None)), rule(said(ANGER, None, ANGER))
    np.testing.assert_allclose(alone.emotion[0], peaked(ANGER), atol=1e-4)
    squared = peaked(ANGER) ** 2
    np.testing.assert_allclose(both.emotion[0], squared / squared.sum(), atol=2e-3)
    assert both.confidence > alone.confidence


def test_the_rule_of_conflict_is_bayes() -> None:
    evidence = said(ANGER, SADNESS, None)
    overlap = 9 * float(evidence.emotion[0, 0] @ evidence.emotion[0, 1])
    odds = CONFLICT_PRIOR / (1 - CONFLICT_PRIOR) / overlap
    assert Fusion.rule()(evidence).conflict[0] == pytest.approx(odds / (1 + odds), abs=2e-3)


def test_conflict_grows_with_disagreement_and_needs_knowledge() -> None:
    rule = Fusion.rule()
    agree, apart = rule(said(ANGER, ANGER, None)), rule(said(ANGER, SADNESS, None))
    vague = rule(said(ANGER, SADNESS, None, share=1 / 9))
    assert agree.conflict[0] < CONFLICT_PRIOR < apart.conflict[0]
    assert vague.conflict[0] == pytest.approx(CONFLICT_PRIOR, abs=0.01)
    three = rule(said(ANGER, ANGER, SADNESS))
    assert PAIRS[int(three.pairs[0].argmin())] == ("words", "voice")
    assert three.conflict[0] == three.pairs[0].max()


def test_the_surer_sense_weighs_more_once_gates_open() -> None:
    network = FusionNetwork()
    with torch.no_grad():
        network.gate[:, 1] = 1.0
    evidence = said(ANGER, SADNESS, None)
    evidence.confidence[0, :2] = 0.9, 0.3
    fused = Fusion(network, model="gated")(evidence)
    assert fused.weights[0, 0] > 0.7
    assert CATEGORIES[int(fused.emotion[0].argmax())] == "anger"


def test_categories_and_valence_depend_on_each_other() -> None:
    network = FusionNetwork()
    with torch.no_grad():
        network.vad_share.fill_(0.0)
        network.from_vad[0, SADNESS] = -2.0
    evidence = said(None, None, ANGER)
    pleasant = replace(evidence, vad=evidence.vad + np.float32(0.8))
    fusion = Fusion(network, model="graph")
    low, high = fusion(evidence), fusion(pleasant)
    assert high.emotion[0, SADNESS] < low.emotion[0, SADNESS]
    assert low.vad[0, 0] < -0.1  # anger is unpleasant, although the reading said 0


def test_temperature_belongs_to_the_subset() -> None:
    network = FusionNetwork()
    network.temperature[0b001] = 4.0
    fusion = Fusion(network, model="warm")
    warm, cold = fusion(said(ANGER, None, None)), fusion(said(None, ANGER, None))
    assert warm.emotion.max() < cold.emotion.max()
    assert subset_name(0b001) == "words"


def test_weights_come_back(tmp_path) -> None:
    fusion = shaken(seed=3)
    fusion.config = {"abstain_below": 0.37}
    fusion.save(tmp_path)
    loaded = Fusion.load(tmp_path)
    evidence = said(ANGER, SADNESS, NEUTRAL)
    np.testing.assert_array_equal(loaded(evidence).emotion, fusion(evidence).emotion)
    assert loaded.config["abstain_below"] == 0.37
    assert loaded.model.startswith("fusion-")
    assert sum(p.numel() for p in fusion.network.parameters()) < 400


def test_missing_and_damaged_weights_are_named(tmp_path) -> None:
    with pytest.raises(ModelError, match=r"train_judge_fusion\.py"):
        Fusion.load(tmp_path)
    Fusion.rule().save(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"nothing of the kind")
    with pytest.raises(ModelError, match="copy it again"):
        Fusion.load(tmp_path)

