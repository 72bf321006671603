"""Model folders: a name or a path in, components ready to sample out."""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKLWan, UniPCMultistepScheduler, WanTransformer3DModel
from safetensors import SafetensorError
from transformers import AutoTokenizer, UMT5EncoderModel

from emogen.assets import model_dir
from emogen.conditioning import EmotionAdapter, load_adapter
from emogen.conditioning.attach import check_fit
from emogen.errors import ModelError
from emogen.pipelines.negative import WAN_NEGATIVE

EMBEDDED = ("nano",)
DEFAULTS_FILE = "emogen.json"


@dataclass(frozen=True, kw_only=True)
class Defaults:
    """What a model is asked for when nothing is said.

    Attributes:
        width: Pixels, a multiple of 16.
        height: Pixels, a multiple of 16.
        num_frames: 4k + 1.
        fps: Frames a second.
        steps: Denoising steps.
        guidance_scale: Text guidance.
        emotion_guidance_scale: Emotion guidance.
        flow_shift: Shift of the noise schedule.
        negative_prompt: What guidance moves away from, before the emotion is heeded.
    """

    width: int = 832
    height: int = 480
    num_frames: int = 81
    fps: float = 16.0
    steps: int = 50
    guidance_scale: float = 5.0
    emotion_guidance_scale: float = 5.0
    flow_shift: float = 5.0
    negative_prompt: str = WAN_NEGATIVE


@dataclass(frozen=True, kw_only=True)
class Components:
    """A loaded model.

    Attributes:
        name: What was asked for.
        folder: Where it was found.
        adapter: Emotion adapter, None if the folder has none.
        device: Where the weights lie.
        dtype: Type of the transformer's weights.
    """

    name: str
    folder: Path
    transformer: WanTransformer3DModel
    vae: AutoencoderKLWan
    text_encoder: UMT5EncoderModel
    tokenizer: Any
    scheduler: UniPCMultistepScheduler
    adapter: EmotionAdapter | None
    defaults: Defaults
    device: torch.device
    dtype: torch.dtype


def find_folder(name: str | Path) -> Path:
    """Return the folder of an embedded model or of a diffusers Wan model on disk."""
    if str(name) in EMBEDDED:
        return model_dir(str(name))
    folder = Path(name).expanduser()
    if not folder.is_dir():
        raise ModelError(
            f"no model folder {name}; "
            f"expected one of {', '.join(EMBEDDED)} or a diffusers Wan folder"
        )
    if not (folder / "model_index.json").is_file():
        raise ModelError(f"{name} is not a diffusers model folder: model_index.json is missing")
    return folder


def best_dtype(device: torch.device) -> torch.dtype:
    """Return bfloat16 where the device multiplies it natively, else float32."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    native = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.bfloat16 if native else torch.float32


def read_defaults(folder: Path) -> Defaults:
    """Return the defaults a folder states in ``emogen.json``, or those of Wan2.1."""
    path = folder / DEFAULTS_FILE
    if not path.is_file():
        return Defaults()
    kinds = {field.name: type(field.default) for field in fields(Defaults)}
    try:
        stated = json.loads(path.read_text()).items()
        return Defaults(**{name: kinds[name](value) for name, value in stated})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"cannot read {path}: {error!r}; expected numbers for some of {', '.join(kinds)}"
        ) from error


def load_components(
    name: str | Path = "nano",
    *,
    adapter: str | Path | None = None,
    device: str | None = None,
    dtype: torch.dtype | None = None,
) -> Components:
    """Load a Wan2.1-style text-to-video folder and the emotion adapter that belongs to it.

    Args:
        name: ``nano`` or a diffusers folder.
        adapter: Folder of an emotion adapter; default: the model folder itself, if it holds one.
        device: Torch device; default: CUDA if there is one, else the CPU.
        dtype: Type of the weights; default: bfloat16 where it is native.
    """
    folder = find_folder(name)
    where = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    kind = dtype or best_dtype(where)
    try:
        parts = _read_parts(folder, kind)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        reason = (str(error) or repr(error)).splitlines()[0]
        raise ModelError(
            f"cannot load the model in {folder}: {reason}; copy or download it again"
        ) from error
    transformer = parts["transformer"]
    if transformer.config.in_channels != parts["vae"].config.z_dim:
        raise ModelError(
            f"{folder} is an image-to-video model with {transformer.config.in_channels} input "
            "channels; expected a text-to-video Wan model (image conditioning by clean first frame "
            "is built in)"
        )
    emotion = _find_adapter(folder, adapter)
    if emotion is not None:
        check_fit(transformer, emotion)
        emotion = emotion.to(where)
    for part in ("transformer", "vae", "text_encoder"):
        parts[part] = parts[part].to(where).eval()
    return Components(
        name=str(name),
        folder=folder,
        adapter=emotion,
        defaults=read_defaults(folder),
        device=where,
        dtype=kind,
        **parts,
    )


def _read_parts(folder: Path, dtype: torch.dtype) -> dict[str, Any]:
    local = {"local_files_only": True}
    return {
        "transformer": WanTransformer3DModel.from_pretrained(
            folder, subfolder="transformer", dtype=dtype, **local
        ),
        "vae": AutoencoderKLWan.from_pretrained(
            folder, subfolder="vae", dtype=dtype, **local
        ),
        "text_encoder": UMT5EncoderModel.from_pretrained(
            folder, subfolder="text_encoder", dtype=torch.float32, **local
        ),
        "tokenizer": AutoTokenizer.from_pretrained(folder / "tokenizer", **local),
        "scheduler": UniPCMultistepScheduler.from_pretrained(
            folder, subfolder="scheduler", **local
        ),
    }


def _find_adapter(folder: Path, adapter: str | Path | None) -> EmotionAdapter | None:
    if adapter is not None:
        return load_adapter(Path(adapter))
    own = folder / "emotion_adapter"
    return load_adapter(own) if own.is_dir() else None
