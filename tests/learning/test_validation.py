"""Validation by measure: when, what is kept, which is best; training does not feel it."""

import json

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from torch import nn

from emogen.errors import InputError, ModelError
from emogen.learning.chance import untouched_chance
from emogen.learning.checkpoint import load_state
from emogen.learning.finetuner import FineTuner, make_optimiser, refuse_deepspeed
from emogen.learning.loop import LoopConfig, step_generator
from emogen.learning.validation import Validation, rank, read_records


def score(value, **others):
    return {"ea8": {"value": value}} | {name: {"value": one} for name, one in others.items()}


def tune(folder, *, steps=8, validation=None, resume=False):
    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    tuner = FineTuner(
        accelerator=Accelerator(cpu=True), model=model, folder=folder, validation=validation,
        optimiser=make_optimiser(list(model.parameters()), kind="adamw", lr=0.05, weight_decay=0.0),
        config=LoopConfig(max_steps=steps, warmup=2, decay=0.0, log_every=1, ema=0.5),
        loss=lambda step, _: model(
            torch.randn(8, 4, generator=step_generator(3, step)) + 0.01 * torch.rand(1)
        ).square().mean(),
        on_log=lambda _: None,
    )  # fmt: skip
    if resume:
        tuner.resume()
    torch.manual_seed(7)
    tuner.run()
    return tuner


def watch(folder, *, every=3, values=None, seen=None, best=None):
    """Return a validation that draws random numbers of every kind and says what it is told to."""
    given = iter(values or [])

    def measure(step):
        torch.rand(5), np.random.rand(5)
        if seen is not None:
            seen.append(step)
        return score(next(given, 0.5))

    return Validation(
        every=every, measure=measure, by="ea8", folder=folder,
        on_best=lambda weights: None if best is None else best.append(
            {name: value.clone() for name, value in weights.items()}
        ),
    )


def curve(folder):
    return [json.loads(line)["loss"] for line in (folder / "log.jsonl").read_text().splitlines()]


def test_it_measures_now_and_then_and_at_the_end(tmp_path) -> None:
    seen = []
    tune(tmp_path, validation=watch(tmp_path, seen=seen))
    assert seen == [3, 6, 8]
    assert [record["step"] for record in read_records(tmp_path)] == [3, 6, 8]
    seen.clear()
    tune(tmp_path / "even", steps=6, validation=watch(tmp_path / "even", seen=seen))
    assert seen == [3, 6]


def test_training_does_not_feel_it(tmp_path) -> None:
    tune(tmp_path / "blind")
    tune(tmp_path / "watched", validation=watch(tmp_path / "watched"))
    assert curve(tmp_path / "watched") == curve(tmp_path / "blind")
    one, two = (load_state(tmp_path / name / "last.pt") for name in ("blind", "watched"))
    for part in ("model", "average"):
        assert all(torch.equal(one[part][name], two[part][name]) for name in one[part])


def test_what_is_measured_is_the_average(tmp_path) -> None:
    found = {}

    def measure(step):
        found[step] = {name: p.detach().clone() for name, p in tuner.trained().items()}
        return score(0.5)

    tuner = tune(tmp_path, steps=0)
    tuner.config = LoopConfig(max_steps=4, warmup=2, decay=0.0, ema=0.5)
    tuner.validation = Validation(every=4, measure=measure, by="ea8", folder=tmp_path)
    tuner.run()
    state = load_state(tmp_path / "last.pt")
    for name, value in found[4].items():
        assert torch.equal(value, state["average"][name])
        assert torch.equal(tuner.trained()[name], state["model"][name])
        assert not torch.equal(state["model"][name], value)


def test_the_best_is_kept(tmp_path) -> None:
    best = []
    validation = watch(tmp_path, values=[0.4, 0.9, 0.6], best=best)
    tuner = tune(tmp_path, validation=validation)
    kept = json.loads((tmp_path / "best" / "score.json").read_text())
    assert (kept["step"], kept["scores"]["ea8"]["value"], kept["by"]) == (6, 0.9, "ea8")
    assert len(best) == 2
    assert not torch.equal(best[1]["weight"], tuner.average["weight"])


def test_a_resumed_run_remembers(tmp_path) -> None:
    tune(tmp_path, steps=6, validation=watch(tmp_path, values=[0.9, 0.4]))
    seen, best = [], []
    later = watch(tmp_path, values=[0.6, 0.6], seen=seen, best=best)
    tune(tmp_path, steps=8, validation=later, resume=True)
    assert (seen, best) == ([8], [])
    again = watch(tmp_path, seen=seen)
    tune(tmp_path, steps=8, validation=again, resume=True)
    assert seen == [8]


def test_what_is_measured_again_after_a_kill_counts_once(tmp_path) -> None:
    validation = watch(tmp_path)
    assert validation.keep(3, score(0.5))
    assert not validation.keep(3, score(0.5))
    assert [record["step"] for record in read_records(tmp_path)] == [3]


def test_ties_and_directions() -> None:
    assert rank(score(0.5, asked_weight=0.4), "ea8") > rank(score(0.5, asked_weight=0.3), "ea8")
    near, far = ({"va_distance": {"value": value}} for value in (0.2, 0.9))
    assert rank(near, "va_distance") > rank(far, "va_distance")


def test_what_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="at least one step between validations, got 0"):
        watch(tmp_path, every=0)
    validation = watch(tmp_path)
    validation.by = "text"
    with pytest.raises(InputError, match=r"expected the score 'text' .* got ea8; set"):
        validation.keep(1, score(0.5))
    (tmp_path / "validation.jsonl").write_text("{")
    with pytest.raises(ModelError, match="cannot read the validation of the run"):
        validation.resume(3)


def test_chance_is_put_back_after_an_error() -> None:
    torch.manual_seed(1)
    np.random.seed(1)
    expected = torch.rand(1), np.random.rand()
    torch.manual_seed(1)
    np.random.seed(1)

    @untouched_chance()
    def fail():
        torch.rand(3), np.random.rand(3)
        raise InputError("x")

    with pytest.raises(InputError):
        fail()
    assert (torch.rand(1), np.random.rand()) == expected


@pytest.mark.parametrize(("value", "refused"), [("true", True), ("false", False), ("", False)])
def test_deepspeed_is_refused_with_a_remedy(monkeypatch, value, refused) -> None:
    monkeypatch.setenv("ACCELERATE_USE_DEEPSPEED", value)
    if not refused:
        refuse_deepspeed()
        return
    with pytest.raises(InputError, match=r"without DeepSpeed.*shard=true.*FSDP2"):
        refuse_deepspeed()
