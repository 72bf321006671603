"""Tracking: log records, scores and pictures of a run in; TensorBoard or Weights & Biases out.

The trackers are accelerate's own. Files of TensorBoard lie in ``RUN/tracking``.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, is_dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from accelerate import Accelerator
from accelerate.utils import ProjectConfiguration

from emogen.errors import InputError, ResourceError, suggest

TRACKERS = ("none", "tensorboard", "wandb")
PROJECT, FOLDER = "emogen", "tracking"
NOT_PLOTTED = frozenset({"step"})


def check_tracker(name: str) -> None:
    """Raise unless a tracker is known and installed.

    Raises:
        InputError: An unknown name.
        ResourceError: Its package is missing.
    """
    if name not in TRACKERS:
        raise InputError(
            f"unknown tracker {name!r}{suggest(name, TRACKERS)}; known: {', '.join(TRACKERS)}"
        )
    if name != "none" and find_spec(name) is None:
        raise ResourceError(
            f"expected the package {name} to track with, got none; pip install {name}, or leave"
            " tracking out"
        )


def accelerator_options(name: str, run: Path) -> dict[str, Any]:
    """Return what an Accelerator must know to track a run.

    Raises:
        InputError: An unknown name.
        ResourceError: Its package is missing.
    """
    check_tracker(name)
    if name == "none":
        return {}
    folder = str(run / FOLDER)
    return {
        "log_with": name,
        "project_config": ProjectConfiguration(project_dir=str(run), logging_dir=folder),
    }


@dataclass
class Tracking:
    """What is said of a run while it goes on; says nothing where no tracker was chosen.

    Attributes:
        accelerator: Made with :func:`accelerator_options`.
        name: The tracker.
        run: The folder of the run, which names it.
    """

    accelerator: Accelerator
    name: str
    run: Path

    def start(self, settings: object, *, step: int = 0) -> None:
        """Begin, or go on after ``step`` steps: later points of an earlier attempt are dropped."""
        if self.name == "none":
            return
        kwargs = {
            "tensorboard": {"purge_step": step},
            "wandb": {"name": self.run.name, "dir": str(self.run), "resume": "allow",
                      "id": run_id(self.run)},
        }  # fmt: skip
        if self.accelerator.is_main_process:
            (self.run / FOLDER).mkdir(parents=True, exist_ok=True)
        flat = flattened(asdict(settings) if is_dataclass(settings) else settings)
        known = flat if self.name == "wandb" else None  # TensorBoard's is a text below
        self.accelerator.init_trackers(PROJECT, config=known, init_kwargs=kwargs)
        if self.name == "tensorboard":
            lines = [f"    {key} = {value!r}" for key, value in flat.items()]
            self.accelerator.log({"settings": "\n".join(lines)}, step=step)

    def log(self, record: Mapping[str, float]) -> None:
        """Plot a log record at its step."""
        if self.name != "none":
            values = {f"training/{key}": value for key, value in record.items()
                      if key not in NOT_PLOTTED}  # fmt: skip
            self.accelerator.log(values, step=record["step"])

    def validated(
        self, step: int, scores: Mapping[str, Mapping[str, float]], sheet: np.ndarray | None
    ) -> None:
        """Plot scores with the ends of their intervals, and show a sheet of clips.

        Args:
            step: Steps done.
            scores: Each with ``value``, ``low`` and ``high``.
            sheet: uint8 [H, W, 3], or None.
        """
        if self.name == "none":
            return
        values = {
            f"validation/{name}{end}": score[part]
            for name, score in scores.items()
            for part, end in (("value", ""), ("low", " low"), ("high", " high")) if part in score
        }
        self.accelerator.log(values, step=step)
        if sheet is None:
            return
        shape = {"dataformats": "NHWC"} if self.name == "tensorboard" else {}
        for tracker in self.accelerator.trackers:
            tracker.log_images({"validation/clips": sheet[None]}, step=step, **shape)


def flattened(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested settings under dotted names.

    >>> flattened({"a": 1, "loop": {"lr": 0.1, "limit": None}})
    {'a': 1, 'loop.lr': 0.1, 'loop.limit': 'None'}
    """
    found: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            found |= flattened(value, f"{prefix}{key}.")
        else:
            plain = isinstance(value, (bool, int, float, str))
            found[prefix + key] = value if plain else str(value)
    return found


def run_id(run: Path) -> str:
    """Return a name for a run folder that stays the same when it is resumed.

    >>> run_id(Path("/runs/wan lora"))
    'runs-wan-lora'
    """
    words = "".join(letter if letter.isalnum() else "-" for letter in run.as_posix())
    return words.strip("-")[-64:].strip("-")
