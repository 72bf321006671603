"""Fine-tuning on one or many processes: a loss in; checkpoints of what is trained out.

Every process draws the whole batch of a step from (seed, step) and takes its share, so neither the
number of processes nor a stop in between changes the curve. A checkpoint holds the trained
parameters, their average and the optimiser, gathered from all processes: it is small where the base
is frozen, and a run may go on with another number of processes.
"""

import json
import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor

from emogen.errors import InputError, ModelError, ResourceError
from emogen.learning.chance import untouched_chance
from emogen.learning.checkpoint import load_state, save_state
from emogen.learning.loop import LoopConfig
from emogen.learning.rate import trapezoid
from emogen.learning.validation import Validation

Loss = Callable[[int, int], Tensor]
"""From the step and the part of an accumulated batch to the loss of this process's share."""


@dataclass
class FineTuner:
    """Trains the parameters of a model that need gradients.

    Attributes:
        accelerator: Who knows the processes.
        model: The module itself, not what wraps it: its names count.
        optimiser: Over the trained parameters, which may be spread over processes.
        loss: Loss of a step and part.
        config: How long and how fast; checkpoints are counted in seconds.
        folder: Where ``last.pt`` and ``log.jsonl`` go.
        parts: Parts of each batch that are added up before a step.
        on_log: Called with each log record, on the first process.
        on_save: Called with the averaged weights after each checkpoint, on the first process.
        validation: Measures the averaged weights now and then; None measures nothing.
        step: Steps done.
    """

    accelerator: Accelerator
    model: nn.Module
    optimiser: torch.optim.Optimizer
    loss: Loss
    config: LoopConfig
    folder: Path
    parts: int = 1
    on_log: Callable[[dict], None] = print
    on_save: Callable[[Mapping[str, Tensor]], None] = lambda _: None
    validation: Validation | None = None
    step: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.peaks = [group["lr"] for group in self.optimiser.param_groups]
        self.average = {name: p.detach().clone().float() for name, p in self.trained().items()}
        if not self.average:
            raise InputError("expected a model with parameters to train, got none")

    def trained(self) -> dict[str, nn.Parameter]:
        """Return the parameters that are trained, by name, as this process holds them."""
        return {name: p for name, p in self.model.named_parameters() if p.requires_grad}

    def run(self) -> None:
        """Train until a limit is reached; on interruption the last state is saved."""
        begin = saved = time.monotonic()
        try:
            while self.step < self.config.max_steps and not self._late(begin):
                self._step(begin)
                late = time.monotonic() - saved > self.config.checkpoint_every
                if self._validated(ended=False) or self._agreed(late):
                    self.save()
                    saved = time.monotonic()
            self._validated(ended=True)
        finally:
            self.save()

    def save(self) -> None:
        """Write the whole state to ``last.pt``; all processes must call it."""
        average = {name: whole(value) for name, value in self.average.items()}
        state = {
            "step": self.step,
            "model": {name: whole(p.detach()) for name, p in self.trained().items()},
            "average": average,
            "optimiser": _mapped(self.optimiser.state_dict(), whole),
        }
        if self.accelerator.is_main_process:
            save_state(state, self.folder / "last.pt")
            self.on_save({name: value.cpu() for name, value in average.items()})
        self.accelerator.wait_for_everyone()

    def resume(self) -> None:
        """Go on from ``last.pt``.

        Raises:
            ModelError: There is none, it is damaged, or it is of another model.
        """
        path = self.folder / "last.pt"
        state, trained = load_state(path), self.trained()
        if set(state["model"]) != set(trained):
            raise ModelError(
                f"the checkpoint {path} trains other parts; resume with the settings it was begun"
                " with, or start anew"
            )
        with torch.no_grad():
            for name, parameter in trained.items():
                parameter.copy_(spread(state["model"][name], parameter))
                self.average[name].copy_(spread(state["average"][name], self.average[name]))
        order = [p for group in self.optimiser.param_groups for p in group["params"]]
        saved = state["optimiser"]
        for index, values in saved["state"].items():
            saved["state"][index] = {
                name: spread(value, order[index]) if _shaped(value, order[index]) else value
                for name, value in values.items()
            }
        self.optimiser.load_state_dict(saved)
        self.step = state["step"]
        if self.validation is not None:
            self.validation.resume(self.step)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Put the averaged weights into the model; afterwards it is as it was, bit for bit."""
        trained = self.trained()
        kept = {name: p.detach().clone() for name, p in trained.items()}
        try:
            self._put(self.average)
            yield
        finally:
            self._put(kept)

    @torch.no_grad()
    def _put(self, values: Mapping[str, Tensor]) -> None:
        for name, parameter in self.trained().items():
            parameter.copy_(values[name])

    def _validated(self, *, ended: bool) -> bool:
        """Measure the averaged weights where it is time; tell whether it was."""
        validation = self.validation
        if validation is None or not validation.is_due(self.step, ended=ended):
            return False
        with untouched_chance(), self.averaged():
            scores = validation.measure(self.step)
        validation.done = self.step
        better = self.accelerator.is_main_process and validation.keep(self.step, scores)
        if self._agreed(better):
            average = {name: whole(value).cpu() for name, value in self.average.items()}
            if better:
                validation.write_best(average)
        return True

    def _step(self, begin: float) -> None:
        config, progress = self.config, self.step / self.config.max_steps
        factor = trapezoid(self.step, progress, warmup=config.warmup, decay=config.decay)
        for group, peak in zip(self.optimiser.param_groups, self.peaks, strict=True):
            group["lr"] = peak * factor
        total = torch.zeros((), device=self.accelerator.device)
        for part in range(self.parts):
            loss = self.loss(self.step, part) / self.parts
            self.accelerator.backward(loss)
            total += loss.detach().float()
        norm = whole(self.accelerator.clip_grad_norm_(list(self.trained().values()), config.clip))
        if math.isfinite(float(norm)):
            self.optimiser.step()
            self._follow()
        self.optimiser.zero_grad()
        done, self.step = self.step, self.step + 1
        if done % config.log_every == 0:
            total = self.accelerator.reduce(total, "mean")
            self._log(done, float(total), float(norm), factor, begin)

    @torch.no_grad()
    def _follow(self) -> None:
        decay = min(self.config.ema, (2 + self.step) / (11 + self.step))
        for name, parameter in self.trained().items():
            self.average[name].lerp_(parameter.detach().float(), 1 - decay)

    def _late(self, begin: float) -> bool:
        limit = self.config.time_limit
        return bool(limit) and self._agreed(time.monotonic() - begin > limit)

    def _agreed(self, mine: bool) -> bool:  # noqa: FBT001 - a vote
        """Return what the first process says: clocks differ, collectives must not."""
        vote = torch.tensor(float(mine and self.accelerator.is_main_process))
        return bool(self.accelerator.reduce(vote.to(self.accelerator.device), "sum") > 0)

    def _log(self, step: int, loss: float, norm: float, factor: float, begin: float) -> None:
        if not self.accelerator.is_main_process:
            return
        record = {
            "step": step, "seconds": round(time.monotonic() - begin, 1), "loss": loss,
            "gradient_norm": round(norm, 4), "rate": factor * self.peaks[0],
        }
        with (self.folder / "log.jsonl").open("a") as file:
            file.write(json.dumps(record) + "\n")
        self.on_log(record)


def make_optimiser(
    parameters: list[nn.Parameter], *, kind: str, lr: float, weight_decay: float
) -> torch.optim.Optimizer:
    """Return AdamW, its state in float32 or, by ``adamw8bit``, in eight bits.

    Raises:
        InputError: An unknown kind.
        ResourceError: bitsandbytes is missing.
    """
    if kind == "adamw":
        return torch.optim.AdamW(parameters, lr=lr, weight_decay=weight_decay, betas=(0.9, 0.99))
    if kind != "adamw8bit":
        raise InputError(f"unknown optimiser {kind!r}; known: adamw, adamw8bit")
    try:
        from bitsandbytes.optim import AdamW8bit
    except ImportError as error:
        raise ResourceError(
            "adamw8bit needs bitsandbytes: pip install bitsandbytes, or take adamw"
        ) from error
    return AdamW8bit(parameters, lr=lr, weight_decay=weight_decay, betas=(0.9, 0.99))


def shard(model: nn.Module, blocks: Iterable[nn.Module], device: torch.device) -> None:
    """Spread a model's weights over all processes (FSDP2); each block is gathered when it runs.

    Args:
        model: The model, on any device.
        blocks: Parts of it that are gathered one at a time.
        device: Of this process.
    """
    if not torch.distributed.is_initialized():
        raise InputError(
            "expected several processes to spread weights over, got one; start with accelerate"
            " launch --num_processes 2 or more, or leave out shard"
        )
    mesh = init_device_mesh(device.type, (torch.distributed.get_world_size(),))
    model.to(device)
    for block in blocks:
        fully_shard(block, mesh=mesh)
    fully_shard(model, mesh=mesh)


@contextmanager
def gathered(model: nn.Module) -> Iterator[None]:
    """Hold what a spread model keeps outside its blocks in one piece, so that parts of it can run.

    Blocks gather themselves; a model that is not spread is left as it is.
    """
    if not isinstance(model, FSDPModule):
        yield
        return
    model.unshard()
    try:
        yield
    finally:
        model.reshard()


def refuse_deepspeed() -> None:
    """Raise an InputError where the process was started for DeepSpeed.

    DeepSpeed takes optimiser, gradients and averages over; here they are the run's own, so that a
    checkpoint holds what is trained and may go on with another number of processes.
    """
    if os.environ.get("ACCELERATE_USE_DEEPSPEED", "false").lower() in ("1", "true", "yes"):
        raise InputError(
            "expected processes without DeepSpeed, got a DeepSpeed configuration: it would replace"
            " the optimiser that checkpoints and averages rest on; use training/accelerate/"
            "gpus.yaml with --set shard=true, which spreads weights, gradients and optimiser over"
            " the GPUs (FSDP2)"
        )


def whole(tensor: Tensor) -> Tensor:
    """Return a tensor that is spread over processes in one piece; all of them must ask."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def spread(tensor: Tensor, like: Tensor) -> Tensor:
    """Return a tensor spread over processes as another one is."""
    tensor = tensor.to(like.device)
    if isinstance(like, DTensor):
        return distribute_tensor(tensor, like.device_mesh, like.placements)
    return tensor


def _shaped(value: Any, like: Tensor) -> bool:  # noqa: ANN401 - what optimisers keep
    return isinstance(value, Tensor) and value.shape == like.shape and value.ndim > 0


def _mapped(state: Any, change: Callable[[Tensor], Tensor]) -> Any:  # noqa: ANN401
    """Return nested dicts and lists with every tensor changed."""
    if isinstance(state, Tensor):
        return change(state)
    if isinstance(state, dict):
        return {key: _mapped(value, change) for key, value in state.items()}
    if isinstance(state, (list, tuple)):
        return type(state)(_mapped(value, change) for value in state)
    return state
