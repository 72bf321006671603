"""Adapters on disk: an emotion adapter in, a safetensors file with a manifest out, and back."""

import json
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from emogen.conditioning.emotion_adapter import EMOTION_WIDTH, EmotionAdapter, EmotionAdapterConfig
from emogen.emotion import MIKELS
from emogen.errors import ModelError

FORMAT = "emogen-emotion-adapter"
VERSION = 1
WEIGHTS = "emotion_adapter.safetensors"
MANIFEST = "emotion_adapter.json"


def save_adapter(
    adapter: EmotionAdapter, folder: Path, *, base_model: str, dtype: torch.dtype = torch.bfloat16
) -> None:
    """Write weights and manifest into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        name: value.detach().to(dtype).contiguous() for name, value in adapter.state_dict().items()
    }
    save_file(tensors, folder / WEIGHTS)
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "base_model": base_model,
        "config": adapter.config.to_dict(),
        "vector": [*MIKELS, "valence", "arousal", "dominance", "intensity"],
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")


def load_adapter(folder: Path) -> EmotionAdapter:
    """Read what :func:`save_adapter` wrote.

    Raises:
        ModelError: There is no adapter, or it is not one of ours, or it is damaged.
    """
    manifest_path = folder / MANIFEST
    if not manifest_path.is_file():
        raise ModelError(f"no emotion adapter in {folder}; expected {MANIFEST} and {WEIGHTS}")
    try:
        manifest = json.loads(manifest_path.read_text())
        adapter = EmotionAdapter(EmotionAdapterConfig(**manifest["config"]))
        width = len(manifest["vector"])
        tensors = load_file(folder / WEIGHTS)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"cannot read the emotion adapter in {folder}: {error}") from error
    found = manifest.get("format"), manifest.get("version"), width
    if found != (FORMAT, VERSION, EMOTION_WIDTH):
        raise ModelError(
            f"expected {FORMAT} version {VERSION} with {EMOTION_WIDTH} values in {manifest_path}, "
            f"got {found[0]} version {found[1]} with {width} values; "
            "write it again with this emogen"
        )
    try:
        adapter.load_state_dict(tensors)
    except RuntimeError as error:
        raise ModelError(
            f"the weights in {folder} do not fit their manifest; copy the folder again"
        ) from error
    return adapter.float().eval()
