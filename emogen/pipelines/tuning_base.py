"""What a base model demands of its fine-tuning: a folder in, what it predicts and when out."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from emogen.diffusion.backbones import INDEX
from emogen.errors import InputError
from emogen.pipelines.loading import find_folder, read_defaults


@dataclass(frozen=True, kw_only=True)
class TuningBase:
    """What the base model demands of training.

    Attributes:
        folder: Where it lies.
        part: Which transformer of the folder is trained.
        kind: What it predicts.
        expand: Whether each latent frame has a time step of its own.
        shift: Of its noise schedule.
        low: Smallest noise level that is trained.
        high: Largest.
    """

    folder: Path
    part: str
    kind: str
    expand: bool
    shift: float
    low: float
    high: float


def read_base(name: str | Path, *, expert: str = "only", shift: float = 0.0) -> TuningBase:
    """Return what a model says about how it is trained.

    Args:
        name: A diffusers Wan folder or the name of a model.
        expert: Of two: ``high`` or ``low`` noise levels; ``only`` where there is one.
        shift: Of the noise schedule; 0 takes the model's own.

    Raises:
        InputError: The model has another number of experts.
        ModelError: There is no such model.
    """
    folder = find_folder(name)
    index = json.loads((folder / INDEX).read_text())
    scheduler = json.loads((folder / "scheduler" / "scheduler_config.json").read_text())
    boundary = index.get("boundary_ratio")
    if (boundary is None) != (expert == "only") or expert not in RANGES:
        raise InputError(
            f"expected expert={'only' if boundary is None else 'high or low'} for"
            f" {name}, got {expert!r}"
        )
    low, high = RANGES[expert](boundary)
    return TuningBase(
        folder=folder, low=low, high=high,
        part="transformer_2" if expert == "low" else "transformer",
        kind="sample" if scheduler.get("prediction_type") == "sample" else "velocity",
        expand=bool(index.get("expand_timesteps")),
        shift=shift or read_defaults(folder).flow_shift,
    )


RANGES: dict[str, Callable[[float | None], tuple[float, float]]] = {
    "only": lambda _: (0.0, 1.0),
    "high": lambda boundary: (boundary, 1.0),
    "low": lambda boundary: (0.0, boundary),
}
"""Noise levels that each expert works at."""
