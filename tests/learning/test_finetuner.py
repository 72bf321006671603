"""Fine-tuning loop: resumes bit for bit, averages, refuses; processes are tested with recipes."""

import json
from functools import partial

import pytest
import torch
from accelerate import Accelerator
from torch import nn

from emogen.errors import InputError, ModelError, ResourceError
from emogen.learning.checkpoint import load_state
from emogen.learning.finetuner import FineTuner, make_optimiser
from emogen.learning.loop import LoopConfig, step_generator


def build(folder, *, steps=8, parts=1, saved=None, **config):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
    model[0].requires_grad_(requires_grad=False)
    optimiser = make_optimiser(
        [p for p in model.parameters() if p.requires_grad], kind="adamw", lr=0.05, weight_decay=0.0
    )

    def loss(step, part):
        g = step_generator(3, step)
        rows = torch.randn(8, 4, generator=g).chunk(parts)[part]
        return (model(rows) - rows.sum(1, keepdim=True)).square().mean()

    settings = {"max_steps": steps, "warmup": 2, "decay": 0.0, "log_every": 1, "ema": 0.5}
    return FineTuner(
        accelerator=Accelerator(cpu=True), model=model, optimiser=optimiser, loss=loss,
        config=LoopConfig(**(settings | config)), folder=folder, parts=parts,
        on_log=lambda _: None, on_save=saved or (lambda _: None),
    )  # fmt: skip


def curve(folder):
    return [json.loads(line)["loss"] for line in (folder / "log.jsonl").read_text().splitlines()]


def test_a_resumed_run_is_the_same(tmp_path) -> None:
    build(tmp_path / "whole").run()
    build(tmp_path / "part", steps=3).run()
    second = build(tmp_path / "part")
    second.resume()
    assert second.step == 3
    second.run()
    assert curve(tmp_path / "part") == curve(tmp_path / "whole")
    one, two = (load_state(tmp_path / name / "last.pt") for name in ("whole", "part"))
    for part in ("model", "average"):
        assert all(torch.equal(one[part][name], two[part][name]) for name in one[part])


def test_it_learns(tmp_path) -> None:
    build(tmp_path, steps=60).run()
    losses = curve(tmp_path)
    assert sum(losses[-10:]) < 0.5 * sum(losses[:10])


def test_frozen_weights_are_not_in_a_checkpoint(tmp_path) -> None:
    build(tmp_path).run()
    state = load_state(tmp_path / "last.pt")
    assert set(state["model"]) == set(state["average"]) == {"2.weight", "2.bias"}


def test_parts_add_up(tmp_path) -> None:
    build(tmp_path / "one").run()
    build(tmp_path / "two", parts=2).run()
    assert curve(tmp_path / "two") == pytest.approx(curve(tmp_path / "one"), rel=1e-5)


def test_what_is_exported_is_the_average(tmp_path) -> None:
    given = []
    tuner = build(tmp_path, saved=given.append)
    tuner.run()
    state = load_state(tmp_path / "last.pt")
    assert torch.equal(given[-1]["2.weight"], state["average"]["2.weight"])
    assert not torch.equal(state["average"]["2.weight"], state["model"]["2.weight"])


def test_a_step_that_is_not_finite_teaches_nothing(tmp_path) -> None:
    tuner = build(tmp_path, steps=1)
    before = tuner.model[2].weight.detach().clone()
    inner = tuner.loss
    tuner.loss = lambda step, part: inner(step, part) * float("nan")
    tuner.run()
    assert torch.equal(tuner.model[2].weight, before)


def test_the_time_limit_ends_a_run(tmp_path) -> None:
    tuner = build(tmp_path, steps=10**6, time_limit=0.2)
    tuner.run()
    assert 0 < tuner.step < 10**6


def test_a_checkpoint_of_other_parts(tmp_path) -> None:
    build(tmp_path, steps=1).run()
    other = build(tmp_path)
    other.model[0].requires_grad_()
    with pytest.raises(ModelError, match="trains other parts"):
        other.resume()


def test_nothing_to_train(tmp_path) -> None:
    tuner = build(tmp_path)
    tuner.model.requires_grad_(requires_grad=False)
    with pytest.raises(InputError, match="parameters to train, got none"):
        tuner.__post_init__()


def test_optimisers() -> None:
    make = partial(make_optimiser, [nn.Parameter(torch.zeros(300, 300))], lr=1.0, weight_decay=0.0)
    assert isinstance(make(kind="adamw"), torch.optim.AdamW)
    with pytest.raises(InputError, match="unknown optimiser 'adam'; known: adamw, adamw8bit"):
        make(kind="adam")
    try:
        import bitsandbytes  # noqa: F401
    except ImportError:
        with pytest.raises(ResourceError, match="pip install bitsandbytes"):
            make(kind="adamw8bit")
        return
    eight = make(kind="adamw8bit")
    parameter = eight.param_groups[0]["params"][0]
    parameter.grad = torch.ones_like(parameter)
    eight.step()
    assert eight.state[parameter]["state1"].dtype == torch.uint8
