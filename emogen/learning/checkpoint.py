"""Checkpoints: training state in, one file that is either whole or absent out."""

import os
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from emogen.errors import ModelError


def save_state(state: dict[str, Any], path: Path) -> None:
    """Write ``state`` to ``path``: temporary name, flushed to disk, renamed over the old file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    try:
        with temporary.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def load_state(path: Path) -> dict[str, Any]:
    """Read what :func:`save_state` wrote; tensors and plain values only, nothing is executed."""
    if not path.is_file():
        raise ModelError(f"no checkpoint at {path}; expected a file written by a training run")
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, EOFError, ValueError, RuntimeError, UnpicklingError) as error:
        reason = (str(error) or repr(error)).splitlines()[0]
        raise ModelError(
            f"cannot read the checkpoint {path}: {reason}; take an earlier one"
        ) from error
