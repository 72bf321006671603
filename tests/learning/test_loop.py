"""The loop on a small regression: stopped and resumed it is the run that never stopped."""

import json
import math

import pytest
import torch
from torch import nn

from emogen.errors import ModelError
from emogen.learning.loop import LoopConfig, Trainer, step_generator

CONFIG = LoopConfig(max_steps=14, lr=0.02, warmup=3, log_every=1, ema=0.9)
SLOPES = torch.tensor([[1.0], [-2.0], [0.5]])


class Regression:
    """A model, its loss, and perhaps an accident at one step."""

    def __init__(self, folder, *, config=CONFIG, accidents=None, **hooks):
        torch.manual_seed(0)
        self.model = nn.Sequential(nn.Linear(3, 8), nn.SiLU(), nn.Linear(8, 1))
        self.accidents = accidents or {}
        self.records = []
        hooks = {"on_log": self.records.append} | hooks
        self.trainer = Trainer(
            model=self.model, loss=self.loss, config=config, folder=folder, **hooks
        )

    def loss(self, step):
        x = torch.randn(16, 3, generator=step_generator(1, step))
        loss = (self.model(x) - (x @ SLOPES).tanh()).square().mean()
        accident = self.accidents.pop(step, None)
        if isinstance(accident, BaseException):
            raise accident
        return loss if accident is None else loss * accident

    def numbers(self):
        return [p.detach().clone() for p in self.model.parameters()]


def same(first, second):
    pairs = [*zip(first.numbers(), second.numbers(), strict=True)]
    averages = first.trainer.average.shadow, second.trainer.average.shadow
    pairs += [(averages[0][name], averages[1][name]) for name in averages[0]]
    return all(torch.equal(a, b) for a, b in pairs)


def losses(folder):
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [(line["step"], line["loss"], line["gradient_norm"], line["rate"]) for line in lines]


@pytest.fixture
def whole(tmp_path):
    run = Regression(tmp_path / "whole")
    run.trainer.run()
    return run


def test_it_learns_and_logs(whole, tmp_path):
    logged = losses(tmp_path / "whole")
    assert [step for step, *_ in logged] == list(range(14))
    assert logged[-1][1] < 0.9 * logged[0][1]
    assert max(rate for *_, rate in logged) == 0.02
    assert whole.records[0].keys() == {"step", "seconds", "loss", "gradient_norm", "rate"}


@pytest.mark.parametrize("step", [0, 1, 7, 13])
def test_interrupted_and_resumed_is_the_same_run(whole, tmp_path, step):
    folder = tmp_path / "part"
    first = Regression(folder, accidents={step: KeyboardInterrupt()})
    with pytest.raises(KeyboardInterrupt):
        first.trainer.run()
    assert first.trainer.step == step
    second = Regression(folder)
    second.trainer.resume()
    assert same(first, second)
    second.trainer.run()
    assert same(whole, second)
    assert losses(folder) == losses(tmp_path / "whole")


def test_a_log_that_fails_repeats_no_step(whole, tmp_path):
    def closed(record):
        if record["step"] == 5:
            raise BrokenPipeError

    first = Regression(tmp_path / "part", on_log=closed)
    with pytest.raises(BrokenPipeError):
        first.trainer.run()
    second = Regression(tmp_path / "part")
    second.trainer.resume()
    second.trainer.run()
    assert same(whole, second)


def test_two_runs_are_the_same(whole, tmp_path):
    again = Regression(tmp_path / "again")
    again.trainer.run()
    assert same(whole, again)


@pytest.mark.parametrize("accident", [math.nan, math.inf])
def test_a_step_without_finite_gradient_is_skipped(tmp_path, accident):
    run = Regression(tmp_path, accidents={4: accident})
    run.trainer._begin = 0.0
    for _ in range(4):
        run.trainer._step()
    before, updates = run.numbers(), run.trainer.average.updates
    run.trainer._step()
    assert all(torch.equal(a, b) for a, b in zip(before, run.numbers(), strict=True))
    assert run.trainer.average.updates == updates
    assert run.trainer.step == 5
    assert all(p.grad is None for p in run.model.parameters())
    run.trainer._step()
    assert all(p.isfinite().all() for p in run.model.parameters())
    assert not all(torch.equal(a, b) for a, b in zip(before, run.numbers(), strict=True))
    assert ["skipped" in record for record in run.records] == [False] * 4 + [True] * 2


def test_the_clock_ends_a_run(tmp_path):
    config = LoopConfig(max_steps=10**9, time_limit=0.2, log_every=10**6)
    run = Regression(tmp_path, config=config)
    run.trainer.run()
    assert 0 < run.trainer.step < 10**6
    assert (tmp_path / "last.pt").is_file()


def test_checkpoints_are_written_on_the_way(tmp_path):
    saved = []
    config = LoopConfig(max_steps=3, checkpoint_every=-1, log_every=10)
    run = Regression(tmp_path, config=config, on_save=lambda: saved.append(run.trainer.step))
    run.trainer.run()
    assert saved == [1, 2, 3, 3]


def test_frozen_parameters_stay(tmp_path):
    run = Regression(tmp_path)
    run.model[0].requires_grad_(False)
    trainer = Trainer(
        model=run.model, loss=run.loss, config=CONFIG, folder=tmp_path, on_log=run.records.append
    )
    before = run.numbers()
    trainer.run()
    assert torch.equal(before[0], run.numbers()[0])
    assert not torch.equal(before[2], run.numbers()[2])
    assert set(trainer.average.shadow) == {"2.weight", "2.bias"}


def test_step_generators_differ_by_seed_and_step():
    draws = {
        tuple(torch.rand(2, generator=step_generator(seed, step)).tolist())
        for seed in range(3)
        for step in range(5)
    }
    assert len(draws) == 15
    again = [torch.rand(2, generator=step_generator(1, 1)) for _ in range(2)]
    assert torch.equal(*again)


def test_a_state_of_another_model_is_refused(whole, tmp_path):
    other = Regression(tmp_path / "other")
    other.trainer.model = nn.Linear(3, 1)
    with pytest.raises(ModelError, match="of another model"):
        other.trainer.resume(tmp_path / "whole" / "last.pt")
