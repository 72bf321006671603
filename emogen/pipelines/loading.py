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
from emogen.diffusion.backbones import INDEX, Backbone, find_backbone, read_json, recognise
from emogen.diffusion.hub import fetch
from emogen.errors import EmogenError, ModelError, ResourceError
from emogen.pipelines.negative import WAN_NEGATIVE
from emogen.pipelines.options import LoadOptions
from emogen.pipelines.plain import PlainModel, load_plain

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
        guidance_scale_2: Text guidance of the second of two experts; None takes the first one's.
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
    guidance_scale_2: float | None = None


@dataclass(frozen=True, kw_only=True)
class Components:
    """A loaded model.

    Attributes:
        name: What was asked for.
        folder: Where it was found.
        adapter: Emotion adapter, None if the folder has none.
        device: Where the weights lie, or are fetched to.
        dtype: Type of the transformer's weights.
        backbone: The published model that it is, None if it is of other sizes.
        plain: diffusers' own pipelines over the same parts, where its passes are run; else None.
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
    backbone: Backbone | None = None
    plain: PlainModel | None = None


def find_folder(name: str | Path) -> Path:
    """Return the folder of an embedded model, a diffusers Wan folder, or a published Wan by name.

    Raises:
        ModelError: It is none of them.
        ResourceError: A published model that is not here and cannot be got.
    """
    if str(name) in EMBEDDED:
        return model_dir(str(name))
    folder = Path(name).expanduser()
    if not folder.is_dir():
        published = find_backbone(str(name))
        if published is not None:
            return fetch(published.hub, backbone=published)
        raise ModelError(
            f"no model folder {name}; "
            f"expected one of {', '.join(EMBEDDED)}, a diffusers Wan folder or a name that"
            " 'emogen models' lists"
        )
    if not (folder / INDEX).is_file():
        raise ModelError(f"{name} is not a diffusers model folder: model_index.json is missing")
    return folder


def best_dtype(device: torch.device) -> torch.dtype:
    """Return bfloat16 where the device multiplies it natively, else float32."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    native = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.bfloat16 if native else torch.float32


def read_defaults(folder: Path) -> Defaults:
    """Return the defaults a folder states in ``emogen.json``, else those of the Wan that it is."""
    path = folder / DEFAULTS_FILE
    if not path.is_file():
        return _published_defaults(recognise(folder))
    kinds = {field.name: type(field.default) for field in fields(Defaults)}
    kinds["guidance_scale_2"] = float
    try:
        stated = json.loads(path.read_text()).items()
        return Defaults(**{name: kinds[name](value) for name, value in stated})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"cannot read {path}: {error!r}; expected numbers for some of {', '.join(kinds)}"
        ) from error


def _published_defaults(backbone: Backbone | None) -> Defaults:
    if backbone is None:
        return Defaults()
    names = ("width", "height", "num_frames", "fps", "steps", "guidance_scale", "flow_shift",
             "guidance_scale_2")  # fmt: skip
    return Defaults(
        **{name: getattr(backbone, name) for name in names},
        emotion_guidance_scale=backbone.guidance_scale,
    )


def load_components(
    name: str | Path = "nano",
    *,
    adapter: str | Path | None = None,
    device: str | None = None,
    dtype: torch.dtype | None = None,
    options: LoadOptions | None = None,
) -> Components:
    """Load a Wan model and the emotion adapter that belongs to it.

    Small models run emogen's own, faster passes; published ones, those with two experts or a
    picture input and those with options that need it run diffusers' own.

    Args:
        name: ``nano``, a diffusers folder, or the name of a published Wan.
        adapter: Folder of an emotion adapter; default: the model folder itself, if it holds one.
        device: Torch device; default: CUDA if there is one, else the CPU.
        dtype: Type of the weights; default: bfloat16 where it is native.
        options: How to load and run it.

    Raises:
        ModelError: There is no such model, or it is damaged.
        ResourceError: The machine lacks what the options need.
    """
    folder, options = find_folder(name), options or LoadOptions()
    where = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    options.check_device(where)
    kind = dtype or best_dtype(where)
    backbone = recognise(folder)
    try:
        if _runs_plain(folder, backbone, options):
            plain = load_plain(folder, backbone, options, device=where, dtype=kind)
            parts = plain.parts()
        else:
            plain, parts = None, _read_fast(folder, kind, where)
    except EmogenError:
        raise
    except torch.OutOfMemoryError as error:
        raise ResourceError(
            f"the model {name} does not fit the memory of {where}; take --offload model, --fp8 or"
            " both, see emogen doctor"
        ) from error
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        reason = (str(error) or repr(error)).splitlines()[0]
        raise ModelError(
            f"cannot load the model in {folder}: {reason}; copy or download it again"
        ) from error
    emotion = _find_adapter(folder, adapter)
    if emotion is not None:
        check_fit(parts["transformer"], emotion)
        emotion = emotion.to(where)
    if plain is not None and emotion is not None:
        plain.attach(emotion)
    return Components(
        name=str(name), folder=folder, adapter=emotion, defaults=read_defaults(folder),
        device=where, dtype=kind, backbone=backbone, plain=plain, **parts,
    )


def _runs_plain(folder: Path, backbone: Backbone | None, options: LoadOptions) -> bool:
    """Tell whether diffusers' own passes are to be run."""
    if options.engine != "auto":
        return options.engine == "plain"
    index, vae = read_json(folder / INDEX), read_json(folder / "vae" / "config.json")
    two = (index.get("transformer_2") or [None])[0] is not None
    pictured = index.get("_class_name") == "WanImageToVideoPipeline"
    needed = two or pictured or bool(vae.get("is_residual"))  # Wan2.2's own autoencoder
    return bool(backbone or needed or options.needs_plain or options.loras)


def _read_fast(folder: Path, dtype: torch.dtype, device: torch.device) -> dict[str, Any]:
    """Return the parts of a model that emogen's own passes can run."""
    parts = _read_parts(folder, dtype)
    channels, expected = parts["transformer"].config.in_channels, parts["vae"].config.z_dim
    if channels != expected:
        raise ModelError(
            f"{folder} has a transformer of {channels} input channels and an autoencoder of"
            f" {expected}; expected a text-to-video Wan model for emogen's own passes (image"
            " conditioning by clean first frame is built in), or a WanImageToVideoPipeline"
        )
    for name in ("transformer", "vae", "text_encoder"):
        parts[name] = parts[name].to(device).eval()
    return parts


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
