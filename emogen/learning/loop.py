"""The training loop: a loss of (step) in, trained parameters and checkpoints out.

All randomness of a step is derived from (seed, step), so that a run that was stopped and resumed
sees the same batches and noise as one that was not.
"""

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from emogen.errors import ModelError
from emogen.learning.average import WeightAverage
from emogen.learning.checkpoint import load_state, save_state
from emogen.learning.optimiser import JointOptimiser, OptimiserPair
from emogen.learning.rate import trapezoid


@dataclass(frozen=True, kw_only=True)
class LoopConfig:
    """How long and how fast to train.

    Attributes:
        max_steps: Stop after this many steps.
        time_limit: Stop after this many seconds of this call; None for no limit.
        lr: Peak learning rate.
        warmup: Steps of linear rise.
        decay: Last part of the run, over which the rate falls.
        weight_decay: Decoupled decay of the hidden matrices.
        clip: Largest gradient norm.
        ema: Largest decay of the weight average.
        checkpoint_every: Seconds between checkpoints.
        log_every: Steps between log lines.
    """

    max_steps: int = 1000
    time_limit: float | None = None
    lr: float = 1e-3
    warmup: int = 100
    decay: float = 0.4
    weight_decay: float = 0.01
    clip: float = 1.0
    ema: float = 0.999
    checkpoint_every: float = 300.0
    log_every: int = 20


@dataclass
class Trainer:
    """Trains a module by a loss of the step number.

    Attributes:
        model: Module whose parameters with gradients are trained.
        loss: Given the step, returns the loss; draws its batch and noise from (seed, step) alone.
        config: How long and how fast.
        folder: Where ``last.pt`` and ``log.jsonl`` go.
        on_log: Called with each log record.
        on_save: Called after each checkpoint.
        optimiser: Default: Muon for the hidden matrices, AdamW for the rest.
        step: Steps done.
        skipped: Steps of this call whose gradient was not finite, so that nothing was learned.
    """

    model: nn.Module
    loss: Callable[[int], Tensor]
    config: LoopConfig
    folder: Path
    on_log: Callable[[dict], None] = print
    on_save: Callable[[], None] = lambda: None
    optimiser: JointOptimiser | None = None
    step: int = field(default=0, init=False)
    skipped: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.optimiser = self.optimiser or OptimiserPair(
            self.model.named_parameters(), lr=self.config.lr, weight_decay=self.config.weight_decay
        )
        self.average = WeightAverage(self._trained(), limit=self.config.ema)
        self.folder.mkdir(parents=True, exist_ok=True)

    def run(self) -> None:
        """Train until a limit is reached; on interruption the last state is saved."""
        self._begin = self._saved = time.monotonic()
        try:
            while self._progress() < 1:
                self._step()
                if time.monotonic() - self._saved > self.config.checkpoint_every:
                    self.save()
        finally:
            self.save()

    def save(self) -> None:
        """Write the whole state to ``last.pt``."""
        self._saved = time.monotonic()
        save_state(
            {
                "step": self.step,
                "model": self.model.state_dict(),
                "average": self.average.state_dict(),
                "optimiser": self.optimiser.state_dict(),
            },
            self.folder / "last.pt",
        )
        self.on_save()

    def resume(self, path: Path | None = None) -> None:
        """Go on from a state that :meth:`save` wrote.

        Raises:
            ModelError: there is none, it is damaged, or it is of another model.
        """
        path = path or self.folder / "last.pt"
        state = load_state(path)
        try:
            self.step = state["step"]
            self.model.load_state_dict(state["model"])
            self.average.load_state_dict(state["average"])
            self.optimiser.load_state_dict(state["optimiser"])
        except (KeyError, RuntimeError, ValueError) as error:
            raise ModelError(
                f"the checkpoint {path} is of another model: {str(error).splitlines()[0]}; "
                "train with the settings it was begun with, or start anew"
            ) from error

    def _trained(self) -> Iterator[tuple[str, nn.Parameter]]:
        return ((name, p) for name, p in self.model.named_parameters() if p.requires_grad)

    def _progress(self) -> float:
        limit = self.config.time_limit
        elapsed = (time.monotonic() - self._begin) / limit if limit else 0.0
        return max(self.step / self.config.max_steps, elapsed)

    def _step(self) -> None:
        config = self.config
        factor = trapezoid(
            self.step, min(self._progress(), 1.0), warmup=config.warmup, decay=config.decay
        )
        self.optimiser.set_factor(factor)
        loss = self.loss(self.step)
        loss.backward()
        norm = nn.utils.clip_grad_norm_([p for _, p in self._trained()], config.clip)
        if math.isfinite(float(norm)):
            self.optimiser.step()
            self.average.update(self._trained())
        else:
            self.skipped += 1
            self.model.zero_grad(set_to_none=True)
        done, self.step = self.step, self.step + 1  # counted first: a log that fails undoes no step
        if done % config.log_every == 0:
            self._log(done, loss, norm, factor)

    def _log(self, step: int, loss: Tensor, norm: Tensor, factor: float) -> None:
        record = {
            "step": step,
            "seconds": round(time.monotonic() - self._begin, 1),
            "loss": round(loss.item(), 5),
            "gradient_norm": round(float(norm), 4),
            "rate": round(factor * self.config.lr, 7),
        }
        if self.skipped:
            record["skipped"] = self.skipped
        with (self.folder / "log.jsonl").open("a") as file:
            file.write(json.dumps(record) + "\n")
        self.on_log(record)


def step_generator(seed: int, step: int) -> torch.Generator:
    """Return the random generator of one step of one run."""
    return torch.Generator().manual_seed((seed * 1_000_003 + step) % 2**63)
