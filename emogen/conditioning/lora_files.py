"""LoRA files of all dialects: a .safetensors in, matrices by diffusers' names out, and back.

Diffusers, PEFT, ComfyUI and kohya name the layers of Wan, the two matrices and their scale each in
its own way. Read, all are the same: ``MODULE.lora_A.weight`` [R, in] and ``MODULE.lora_B.weight``
[out, R] with diffusers' module names and the scale alpha / rank multiplied into B.
"""

import json
import re
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import torch
from diffusers import WanTransformer3DModel
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from emogen.conditioning.lora import merge_lora
from emogen.errors import ModelError

Dialect = Literal["diffusers", "comfyui", "kohya"]
DOWN, UP, BIAS = ".lora_A.weight", ".lora_B.weight", ".lora_B.bias"
_ENDINGS = {
    ".lora_A.weight": DOWN, ".lora_down.weight": DOWN, ".lora_A.default.weight": DOWN,
    ".lora_B.weight": UP, ".lora_up.weight": UP, ".lora_B.default.weight": UP,
    ".lora_B.bias": BIAS, ".diff_b": BIAS, ".alpha": ".alpha",
}  # fmt: skip
_IN_BLOCK = {
    **{f"{theirs}_attn.{short}": f"{ours}.{long}"
       for theirs, ours in (("self", "attn1"), ("cross", "attn2"))
       for short, long in (("q", "to_q"), ("k", "to_k"), ("v", "to_v"), ("o", "to_out.0"))},
    "cross_attn.k_img": "attn2.add_k_proj", "cross_attn.v_img": "attn2.add_v_proj",
    "ffn.0": "ffn.net.0.proj", "ffn.2": "ffn.net.2",
}  # fmt: skip
_OUTSIDE = {
    "text_embedding.0": "condition_embedder.text_embedder.linear_1",
    "text_embedding.2": "condition_embedder.text_embedder.linear_2",
    "time_embedding.0": "condition_embedder.time_embedder.linear_1",
    "time_embedding.2": "condition_embedder.time_embedder.linear_2",
    "time_projection.1": "condition_embedder.time_proj",
    "img_emb.proj.1": "condition_embedder.image_embedder.ff.net.0.proj",
    "img_emb.proj.3": "condition_embedder.image_embedder.ff.net.2",
    "head.head": "proj_out",
}
_FLAT = {name.replace(".", "_"): ours for name, ours in (_IN_BLOCK | _OUTSIDE).items()}


def read_lora(path: Path) -> dict[str, Tensor]:
    """Read a LoRA of any dialect, its scale multiplied in.

    Raises:
        ModelError: There is no such file, it is damaged, or it is no LoRA of a Wan transformer.
    """
    if not path.is_file():
        raise ModelError(f"no LoRA at {path}; expected a .safetensors file")
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            metadata = file.metadata() or {}
    except (OSError, ValueError, SafetensorError) as error:
        reason = str(error).splitlines()[0]
        raise ModelError(f"cannot read the LoRA {path}: {reason}; copy it again") from error
    parts, left = _sorted_out(tensors)
    pairs = {name for name, part in parts.items() if {DOWN, UP} <= set(part)}
    if not pairs:
        raise ModelError(
            f"{path} holds no LoRA of a Wan transformer; expected keys such as"
            f" transformer.blocks.0.attn1.to_q{DOWN}, got {next(iter(tensors), 'none')}"
        )
    left += [name for name in parts if name not in pairs]
    if left:
        warnings.warn(
            f"{len(left)} tensors of {path.name} are no low-rank matrices and were left out, such"
            f" as {left[0]}", stacklevel=2,
        )
    stated = _stated_scale(metadata, path)
    state: dict[str, Tensor] = {}
    for name in sorted(pairs):
        part = parts[name]
        down, up = part[DOWN].float(), part[UP].float()
        scale = float(part[".alpha"]) / len(down) if ".alpha" in part else stated(name, len(down))
        state[name + DOWN], state[name + UP] = down, up * scale
        if BIAS in part:
            state[name + BIAS] = part[BIAS].float()
    return state


def write_lora(
    state: Mapping[str, Tensor],
    path: Path,
    *,
    dialect: Dialect = "diffusers",
    dtype: torch.dtype = torch.bfloat16,
) -> None:
    """Write what :func:`read_lora` returns.

    Args:
        state: Matrices by diffusers' module names.
        path: A .safetensors file.
        dialect: Whose names to use; ComfyUI reads its own and diffusers', trainers kohya's.
        dtype: Type of the matrices.
    """
    tensors: dict[str, Tensor] = {}
    for name, value in state.items():
        module, ending = next(
            (name.removesuffix(e), e) for e in (DOWN, UP, BIAS) if name.endswith(e)
        )
        tensors[_named(module, ending, dialect)] = value.detach().to("cpu", dtype).contiguous()
        if ending == DOWN and dialect != "diffusers":
            tensors[_named(module, ".alpha", dialect)] = torch.tensor(float(len(value)))
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    save_file(tensors, part, metadata={"format": "pt"})
    part.replace(path)


def load_lora(transformer: WanTransformer3DModel, path: Path, *, scale: float = 1.0) -> str:
    """Add a LoRA file to a transformer beside others; returns the name it goes by there.

    Args:
        transformer: Of any device and type; its own weights stay as they are.
        path: A file of any dialect.
        scale: How strongly it counts.

    Raises:
        ModelError: It cannot be read, or belongs to a transformer of another shape.
    """
    state = read_lora(path)
    check_lora(transformer, state, source=str(path))
    name = f"file{len(getattr(transformer, 'peft_config', {}))}"
    scaled = {
        f"transformer.{key}": value if key.endswith(DOWN) else value * scale
        for key, value in state.items()
    }
    transformer.load_lora_adapter(scaled, adapter_name=name)
    transformer.set_adapters(list(transformer.peft_config))
    return name


def check_lora(
    transformer: WanTransformer3DModel, state: Mapping[str, Tensor], *, source: str
) -> None:
    """Raise a ModelError if matrices do not fit a transformer."""
    modules = dict(transformer.named_modules())
    for key, down in state.items():
        if not key.endswith(DOWN):
            continue
        name = key.removesuffix(DOWN)
        module = modules.get(name)
        layer = getattr(module, "base_layer", module)
        wanted = None if layer is None else (layer.in_features, layer.out_features)
        got = (down.shape[1], state[name + UP].shape[0])
        if wanted != got:
            expected = "no such layer" if wanted is None else f"{wanted[0]} to {wanted[1]}"
            raise ModelError(
                f"{source} is for another model: its {name} maps {got[0]} to {got[1]}, this"
                f" transformer has {expected}; use the model it was trained on"
            )


@torch.no_grad()
def merge(
    transformer: WanTransformer3DModel, state: Mapping[str, Tensor], *, scale: float = 1.0
) -> None:
    """Add a LoRA to the weights themselves; a second time with ``-scale`` takes it off again.

    In float32 what is merged and taken off is the old weight to rounding; in bfloat16 it is not:
    keep the old folder.

    Raises:
        ModelError: It belongs to a transformer of another shape.
    """
    check_lora(transformer, state, source="the LoRA")
    modules = dict(transformer.named_modules())
    for key, bias in state.items():
        if key.endswith(BIAS):
            modules[key.removesuffix(BIAS)].bias.add_(scale * bias)
    pairs = {key: value for key, value in state.items() if not key.endswith(BIAS)}
    merge_lora(
        transformer,
        {key: value * scale if key.endswith(UP) else value for key, value in pairs.items()},
    )


def describe_lora(path: Path) -> dict[str, object]:
    """Return what a LoRA file holds: dialect, rank, layers, kinds of layers, parameters."""
    state = read_lora(path)
    with safe_open(path, framework="pt") as file:
        first = next(iter(file.keys()))
    downs = {key.removesuffix(DOWN): value for key, value in state.items() if key.endswith(DOWN)}
    blocks = {int(found[1]) for name in downs if (found := re.match(r"blocks\.(\d+)\.", name))}
    kinds = {re.sub(r"^blocks\.\d+\.", "", name) for name in downs}
    return {
        "dialect": next((d for d, start in _STARTS.items() if first.startswith(start)), "peft"),
        "ranks": sorted({len(value) for value in downs.values()}),
        "layers": len(downs),
        "blocks": len(blocks),
        "width": next(iter(downs.values())).shape[1],
        "kinds": sorted(kinds),
        "parameters": sum(value.numel() for value in state.values()),
    }


def _sorted_out(tensors: Mapping[str, Tensor]) -> tuple[dict[str, dict[str, Tensor]], list[str]]:
    """Return tensors by diffusers' module name and part, and the names that are no LoRA's."""
    parts: dict[str, dict[str, Tensor]] = {}
    left = []
    for key, value in tensors.items():
        ending = next((end for end in _ENDINGS if key.endswith(end)), None)
        module = None if ending is None else _module(key.removesuffix(ending))
        if "dora_scale" in key:
            raise ModelError(f"expected a LoRA, got a DoRA ({key}); merge it where it was trained")
        if module is None:
            left.append(key)
        else:
            parts.setdefault(module, {})[_ENDINGS[ending]] = value
    return parts, left


def _module(name: str) -> str | None:
    """Return diffusers' name of a module in any dialect, None if it is none of Wan's.

    >>> _module("diffusion_model.blocks.3.self_attn.q")
    'blocks.3.attn1.to_q'
    >>> _module("lora_unet_blocks_3_cross_attn_k_img")
    'blocks.3.attn2.add_k_proj'
    >>> _module("lora_te_layers_0")
    """
    if name.startswith("lora_unet_"):
        flat = name.removeprefix("lora_unet_")
        found = re.fullmatch(r"blocks_(\d+)_(.+)", flat)
        inner = _FLAT.get(found[2] if found else flat)
        return None if inner is None else f"blocks.{found[1]}.{inner}" if found else inner
    if name.startswith("diffusion_model."):
        name = name.removeprefix("diffusion_model.")
        found = re.fullmatch(r"(blocks\.\d+)\.(.+)", name)
        if found:
            inner = _IN_BLOCK.get(found[2])
            return None if inner is None else f"{found[1]}.{inner}"
        return _OUTSIDE.get(name)
    for start in ("base_model.model.", "transformer."):
        name = name.removeprefix(start)
    return name if name.split(".")[0] in ("blocks", "condition_embedder", "proj_out") else None


def _named(module: str, ending: str, dialect: Dialect) -> str:
    """Return the key of a part of a module in a dialect."""
    if dialect == "diffusers":
        return f"transformer.{module}{ending}"
    found = re.fullmatch(r"(blocks\.\d+)\.(.+)", module)
    table = {ours: theirs for theirs, ours in (_IN_BLOCK if found else _OUTSIDE).items()}
    inner = table.get(found[2] if found else module)
    if inner is None:
        raise ModelError(f"{module} has no name in {dialect}; write it for diffusers")
    whole = f"{found[1]}.{inner}" if found else inner
    if dialect == "kohya":
        whole = whole.replace(".", "_")
    theirs = {DOWN: ".lora_down.weight", UP: ".lora_up.weight", BIAS: ".diff_b"}
    return f"{_STARTS[dialect]}{whole}{theirs.get(ending, ending)}"


def _stated_scale(metadata: Mapping[str, str], path: Path) -> Callable[[str, int], float]:
    """Return a function from module and rank to the scale that PEFT's configuration states.

    It stands in the file itself, as diffusers writes it, or beside it, as PEFT does.
    """
    config: dict = {}
    beside = path.with_name("adapter_config.json")
    try:
        if "lora_adapter_metadata" in metadata:
            found = json.loads(metadata["lora_adapter_metadata"])
            config = {key.removeprefix("transformer."): value for key, value in found.items()}
        elif path.name == "adapter_model.safetensors" and beside.is_file():
            config = json.loads(beside.read_text())
    except ValueError as error:
        raise ModelError(f"cannot read the configuration of {path}: {error}") from error

    def scale(module: str, rank: int) -> float:
        patterns = config.get("alpha_pattern") or {}
        alpha = next(
            (value for name, value in patterns.items() if re.search(rf"(^|\.){name}$", module)),
            config.get("lora_alpha", rank),
        )
        return float(alpha) / (rank**0.5 if config.get("use_rslora") else rank)

    return scale


_STARTS = {"comfyui": "diffusion_model.", "kohya": "lora_unet_", "diffusers": "transformer."}
DIALECTS: tuple[Dialect, ...] = ("diffusers", "comfyui", "kohya")
