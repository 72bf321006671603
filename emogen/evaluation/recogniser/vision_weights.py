"""Training states and finished weights on disk: modules in, files out, and back.

States are written whole or not at all, so that a training that is stopped can go on.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import nn

from emogen.evaluation.recogniser.vision import CONFIG, WEIGHTS
from emogen.packing import packed


def keep_state(path: Path, parts: dict[str, Any], step: int) -> None:
    """Write the states of network, optimiser and schedule after a step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    state = {name: part.state_dict() for name, part in parts.items()} | {"step": step}
    torch.save(state, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def resume_state(path: Path, parts: dict[str, Any]) -> int:
    """Read what `keep_state` wrote, if anything; return the steps that are done."""
    if not path.is_file():
        return 0
    state = torch.load(path, weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(state[name])
    return state["step"]


def save_weights(network: nn.Module, folder: Path, config: dict[str, Any]) -> None:
    """Write weights, large matrices in eight bits, and the settings beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(packed(network.state_dict(), whole=("familiar_scale",)), folder / WEIGHTS)
    (folder / WEIGHTS).chmod(0o644)  # safetensors leaves it to its owner alone
    (folder / CONFIG).write_text(json.dumps(config, indent=1) + "\n", "utf-8")
