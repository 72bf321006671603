"""The recipe of fusion on made readings: it learns whom to believe, and licences stay apart."""

import sys

import numpy as np
import pytest
import torch

from emogen.evaluation.metrics import auroc, expected_calibration_error
from emogen.evaluation.recogniser.fusion import Fusion, FusionNetwork, subset_name
from emogen.evaluation.recogniser.pairing import assemble
from emogen.evaluation.recogniser.reading import MODALITIES
from tests.evaluation.recogniser.test_pairing import table
from training import train_judge_fusion as recipe

SKILL = {"words": 0.6, "voice": 0.7, "vision": 0.9}


def made(seed):
    return {name: table(name, 400, skill=SKILL[name], seed=seed) for name in MODALITIES}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A fusion trained by the script itself, a tenth as long."""
    folder = tmp_path_factory.mktemp("fusion")
    for name, readings in made(0).items():
        readings.save(folder / "cache" / f"{name}-val.npz")
    arguments = ["x", "--cache", str(folder / "cache"), "--out", str(folder / "out"), "--steps",
                 "60", "30", "--batch", "128", "--count", "300"]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", arguments)
        recipe.main()
    return Fusion.load(folder / "out")


def test_it_is_calibrated_and_at_least_as_good_as_the_rule(trained) -> None:
    clips = assemble(made(1), 800, np.random.default_rng(1))
    fused, rule = trained(clips.evidence), Fusion.rule()(clips.evidence)
    right = clips.right(fused.emotion)
    assert right.mean() >= clips.right(rule.emotion).mean() - 0.02
    assert expected_calibration_error(fused.confidence, right) < 0.1


def test_conflict_tells_crossed_clips(trained) -> None:
    rng, two = np.random.default_rng(2), {name: made(1)[name] for name in ("voice", "vision")}
    clips = [assemble(two, 300, rng, crossed=side) for side in (False, True)]
    score, plain = (np.concatenate([judge(part.evidence).conflict for part in clips])
                    for judge in (trained, Fusion.rule()))  # fmt: skip
    truth = np.repeat([False, True], 300)
    assert auroc(score, truth) > max(0.75, auroc(plain, truth) - 0.03)


def test_its_folder_says_what_it_is(trained) -> None:
    config = trained.config
    assert 0.2 <= config["abstain_below"] <= 0.8
    assert set(config["temperature"]) == {subset_name(i) for i in range(1, 8)}
    figures = config["figures_on_val"]
    assert 0 < figures["trained_cross_entropy"] < figures["rule_cross_entropy"]


def test_the_voice_changes_nothing_that_others_use() -> None:
    network = FusionNetwork()
    before = {name: value.detach().clone() for name, value in network.named_parameters()}
    recipe.train(network, made(0), steps=4, batch=64, rate=0.05, seed=0, only_voice=True)
    moved = {name for name, value in network.named_parameters() if (value != before[name]).any()}
    assert moved == {"gate", "bias", "compatible", "conflict", "conflict_bias"}
    others = [MODALITIES.index(name) for name in ("words", "vision")]
    assert torch.equal(network.gate[others], before["gate"][others])
    for name in ("compatible", "conflict", "conflict_bias"):  # 1 is words and vision
        assert torch.equal(getattr(network, name)[1], before[name][1])
