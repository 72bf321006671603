"""Talking heads on disk: a head and its LoRA in, a small folder out, and back.

The folder holds `talking_head.safetensors` (large matrices in eight bits) and `config.json`: the
sizes, the base model, how it is sampled best, and what else the one who trained it noted.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from emogen.conditioning.talking_head import TalkingHead, TalkingHeadConfig
from emogen.errors import ModelError
from emogen.packing import packed, unpacked

FORMAT = "emogen-talking-head-1"
WEIGHTS, CONFIG = "talking_head.safetensors", "config.json"
_EMOTION = "head.emotion."


@dataclass(frozen=True, kw_only=True)
class SavedHead:
    """What a folder holds.

    Attributes:
        head: The conditioning modules; without an emotion adapter of its own, that part is fresh.
        own_emotion: Whether the emotion adapter was trained with it and saved.
        lora: Low-rank changes of the transformer, by module; empty without any.
        parts: Weights of other parts by name, such as ``ear`` or ``decoder``.
        base_model: Model that it belongs to, a name or the folder's name.
        settings: What was noted: size, fps, steps, scales, ear, caption.
    """

    head: TalkingHead
    own_emotion: bool
    lora: Mapping[str, Tensor]
    parts: Mapping[str, Mapping[str, Tensor]]
    base_model: str
    settings: Mapping[str, Any] = field(default_factory=dict)


def save_head(saved: SavedHead, folder: Path) -> Path:
    """Write a head and return the path of its weights.

    ``settings`` are plain JSON values; see `emogen.pipelines.talking_head.HeadDefaults` for those
    that sampling heeds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    state = {f"head.{name}": value for name, value in saved.head.state_dict().items()}
    if not saved.own_emotion:
        state = {name: value for name, value in state.items() if not name.startswith(_EMOTION)}
    state |= {f"lora.{name}": value for name, value in saved.lora.items()}
    for part, tensors in saved.parts.items():
        state |= {f"parts.{part}.{name}": value for name, value in tensors.items()}
    path = folder / WEIGHTS
    save_file(packed({name: value.detach().cpu() for name, value in state.items()}), path)
    path.chmod(0o644)  # safetensors leaves it to its owner alone
    manifest = {
        "format": FORMAT, "base_model": saved.base_model, "own_emotion": saved.own_emotion,
        "sizes": saved.head.config.to_dict(), "settings": dict(saved.settings),
    }  # fmt: skip
    (folder / CONFIG).write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")
    return path


def load_head(folder: Path) -> SavedHead:
    """Read what :func:`save_head` wrote, in float32.

    Raises:
        ModelError: There is no head, or of another format, or it is damaged.
    """
    if not (folder / CONFIG).is_file():
        raise ModelError(
            f"no talking head in {folder.name}; expected {CONFIG} and {WEIGHTS},"
            " as training/export_talking_head.py writes them; or take --engine rig"
        )
    try:
        manifest = json.loads((folder / CONFIG).read_text("utf-8"))
        if manifest["format"] != FORMAT:
            raise ModelError(
                f"expected a talking head of format {FORMAT} in {folder}, got"
                f" {manifest['format']!r}; export it again with this emogen"
            )
        head = TalkingHead(TalkingHeadConfig(**manifest["sizes"]))
        state = unpacked(load_file(folder / WEIGHTS))
        missing, unexpected = head.load_state_dict(_part(state, "head."), strict=False)
        own = bool(manifest["own_emotion"])
        lost = [name for name in missing if own or not name.startswith("emotion.")]
        if lost or unexpected:
            raise ModelError(
                f"the weights in {folder} do not fit their config: {(lost + unexpected)[0]};"
                " copy the folder again"
            )
        return SavedHead(
            head=head.eval(), own_emotion=own, lora=_part(state, "lora."), parts=_parts(state),
            base_model=str(manifest["base_model"]), settings=dict(manifest["settings"]),
        )  # fmt: skip
    except (OSError, KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        if isinstance(error, ModelError):
            raise
        reason = (str(error) or repr(error)).splitlines()[0]
        raise ModelError(f"cannot read the talking head in {folder}: {reason}") from error


def _part(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): value
        for name, value in state.items()
        if name.startswith(prefix)
    }


def _parts(state: Mapping[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    rest = _part(state, "parts.")
    return {name: _part(rest, f"{name}.") for name in {key.partition(".")[0] for key in rest}}
