"""The shipped audio-to-motion model: a folder in, its ear, its flow and its settings out.

The folder holds `a2m.safetensors` (matrices in eight bits), `config.json`,
`pronunciations.txt.xz` and a model card.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from emogen.assets import model_dir
from emogen.errors import ModelError
from emogen.motion import schema
from emogen.motion.ear import Ear, EarShape
from emogen.motion.flow import CHANNELS, Flow, FlowShape
from emogen.motion.phones import PHONES
from emogen.packing import packed, unpacked

WEIGHTS, CONFIG = "a2m.safetensors", "config.json"
FORMAT = "emogen-a2m-1"


@dataclass(frozen=True, kw_only=True)
class Speaker:
    """The networks that turn sound into motion.

    Attributes:
        ear: reads phones.
        flow: moves the face.
        mean: of each moved channel in the training, [N].
        spread: standard deviation of each, [N].
        config: settings that the folder states.
    """

    ear: Ear
    flow: Flow
    mean: Tensor
    spread: Tensor
    config: dict[str, Any]


def save_speaker(speaker: Speaker, folder: Path) -> Path:
    """Write the networks, packed, and their settings; return the weights' path."""
    folder.mkdir(parents=True, exist_ok=True)
    state = {f"ear.{name}": value for name, value in speaker.ear.state_dict().items()}
    state |= {f"flow.{name}": value for name, value in speaker.flow.state_dict().items()}
    state |= {"mean": speaker.mean, "spread": speaker.spread}
    save_file(packed(state), folder / WEIGHTS)
    (folder / WEIGHTS).chmod(0o644)  # safetensors leaves it to its owner alone
    config = {
        "format": FORMAT,
        "phones": list(PHONES),
        "channels": [schema.NAMES[column] for column in CHANNELS],
        "ear": asdict(speaker.ear.shape),
        "flow": asdict(speaker.flow.shape),
        **speaker.config,
    }
    (folder / CONFIG).write_text(json.dumps(config, indent=1) + "\n", "utf-8")
    return folder / WEIGHTS


def load_speaker(folder: str | Path | None = None) -> Speaker:
    """Read the shipped networks, or those of another folder.

    Raises:
        ModelError: the folder is no such model, of another version, or damaged.
    """
    folder = model_dir("a2m") if folder is None else Path(folder)
    try:
        config = json.loads((folder / CONFIG).read_text("utf-8"))
        state = unpacked(load_file(folder / WEIGHTS))
        channels = [schema.NAMES[column] for column in CHANNELS]
        if config["format"] != FORMAT or config["channels"] != channels:
            raise ModelError(
                f"expected an audio-to-motion model of format {FORMAT}, got {folder};"
                " train it anew with training/train_a2m.py"
            )
        ear = Ear(EarShape(**{**config["ear"], "dilations": tuple(config["ear"]["dilations"])}))
        flow = Flow(FlowShape(**config["flow"]))
        for name, network in (("ear", ear), ("flow", flow)):
            network.load_state_dict(_part(state, f"{name}."))
            network.eval().requires_grad_(requires_grad=False)
        return Speaker(ear=ear, flow=flow, mean=state["mean"], spread=state["spread"],
                       config=config)  # fmt: skip
    except (OSError, KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        if isinstance(error, ModelError):
            raise
        reason = (str(error) or repr(error)).splitlines()[0]
        raise ModelError(
            f"expected an audio-to-motion model in {folder}, got: {reason}; reinstall emogen or"
            " name another folder"
        ) from error


def _part(state: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): value
        for name, value in state.items()
        if name.startswith(prefix)
    }


def as_tensor(array: object) -> Tensor:
    """Return a numpy array as a float32 tensor."""
    return torch.from_numpy(array).float()
