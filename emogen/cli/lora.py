"""`emogen lora`: LoRA files in; what they hold, other dialects and merged models out."""

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    import torch

Name = Literal["diffusers", "comfyui", "kohya"]
File = Annotated[Path, typer.Argument(metavar="FILE", help="A .safetensors file of any trainer.")]
Json = Annotated[bool, typer.Option("--json", help="Answer with a JSON object.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", "-y", help="Replace what lies there.")]

lora = typer.Typer(name="lora", help="LoRA files: look into them, convert them, merge them.")


@lora.command()
def inspect(file: File, *, as_json: Json = False) -> None:
    """Show a LoRA's dialect, rank and layers, and which published models it fits."""
    from emogen.cli.answer import print_json
    from emogen.conditioning.lora_files import describe_lora

    found = describe_lora(file) | {"path": str(file)}
    found["fits"] = fitting(found["width"], found["blocks"])
    if as_json:
        print_json(found)
        return
    for name, value in found.items():
        print(f"{name:<12} {', '.join(map(str, value)) if isinstance(value, list) else value}")


@lora.command()
def export(
    file: File,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where to.")],
    to: Annotated[Name, typer.Option(help="Whose keys to use.")] = "comfyui",
    overwrite: Overwrite = False,
) -> None:
    """Write a LoRA in the keys of diffusers, ComfyUI or kohya."""
    from emogen.conditioning.lora_files import read_lora, write_lora

    _check_free(output, overwrite=overwrite, suffix=".safetensors")
    write_lora(read_lora(file), output, dialect=to)
    print(output)


@lora.command()
def merge(
    model: Annotated[str, typer.Argument(metavar="NAME|DIR", help="The model to change.")],
    files: Annotated[list[str], typer.Argument(metavar="FILE[:SCALE]...", help="The LoRA files.")],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="A new folder.")],
) -> None:
    """Write a model with LoRA files added to its weights; other parts are linked or copied."""
    from emogen.cli.checks import check_lora, locate_model
    from emogen.errors import InputError

    folder, loras = locate_model(model), [check_lora(text) for text in files]
    if output.exists():
        raise InputError(f"{output} exists; name a new folder with --output")
    _check_disk(folder, output)
    changed = {"transformer_2" if each.second else "transformer" for each in loras}
    missing = [name for name in changed if not (folder / name).is_dir()]
    if missing:
        raise InputError(f"the model {model!r} has no {missing[0]}; leave out ':2'")
    part = output.with_name(output.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        shutil.copytree(
            folder, part, copy_function=_linked, ignore=lambda at, names: [
                name for name in names if Path(at) == folder and name in changed
            ],
        )  # fmt: skip
        for name in sorted(changed):
            chosen = [each for each in loras if each.second == (name == "transformer_2")]
            _write_merged(folder / name, part / name, chosen)
        part.replace(output)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    print(output)


def _write_merged(source: Path, target: Path, loras: list) -> None:
    from diffusers import WanTransformer3DModel

    from emogen.conditioning.lora_files import merge as merge_into
    from emogen.conditioning.lora_files import read_lora

    transformer = WanTransformer3DModel.from_pretrained(
        source, dtype=_stored_dtype(source), local_files_only=True
    )
    for each in loras:
        merge_into(transformer, read_lora(each.path), scale=each.scale)
    transformer.save_pretrained(target)


def _stored_dtype(folder: Path) -> "torch.dtype":
    """Return the type of most of a folder's weights: large models keep a few norms in float32."""
    from collections import Counter

    import torch
    from safetensors import safe_open

    known = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16}
    counts: Counter = Counter()
    for path in folder.glob("*.safetensors"):
        with safe_open(path, framework="pt") as file:
            counts.update(file.get_slice(name).get_dtype() for name in file.keys())  # noqa: SIM118
    most = counts.most_common(1)
    return known.get(most[0][0], torch.float32) if most else torch.float32


def fitting(width: int, blocks: int) -> list[str]:
    """Return the published models whose width and depth a LoRA has.

    >>> fitting(1536, 30)
    ['wan2.1-t2v-1.3b']
    """
    from emogen.diffusion.backbones import BACKBONES

    return [
        each.name for each in BACKBONES.values()
        if 128 * each.heads == width and blocks <= each.layers
    ]  # fmt: skip


def _linked(source: str, target: str) -> None:
    """Link a file, or copy it where the disk cannot."""
    try:
        os.link(os.path.realpath(source), target)
    except OSError:
        shutil.copy2(source, target)


def _check_free(path: Path, *, overwrite: bool, suffix: str) -> None:
    from emogen.errors import InputError

    if path.suffix != suffix:
        raise InputError(f"expected an --output that ends in {suffix}, got {path}")
    if path.exists() and not overwrite:
        raise InputError(f"{path} exists; --overwrite replaces it")


def _check_disk(folder: Path, output: Path) -> None:
    from emogen.errors import ResourceError

    need = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    there = next(place for place in output.absolute().parents if place.exists())
    free = shutil.disk_usage(there).free
    if free < need:
        raise ResourceError(
            f"a merged model takes up to {need / 1e9:.1f} GB, {free / 1e9:.1f} GB are free in"
            f" {there}; write it elsewhere"
        )
