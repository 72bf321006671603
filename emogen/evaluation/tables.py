"""Results on disk and on screen: figures in, one JSON file and a markdown table out."""

import hashlib
import json
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from emogen.media.atomic import write_bytes_atomic

_HASHED = (".safetensors", ".json", ".npz")


def folder_hash(folder: str | Path) -> str:
    """Return the SHA-256 of a model folder: names and bytes of its weights and settings."""
    digest = hashlib.sha256()
    for path in sorted(Path(folder).rglob("*")):
        if path.suffix in _HASHED and path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def machine() -> dict[str, str | int]:
    """Return what a measured time depends on: processor, cores, threads, torch."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.processor() or platform.machine(),
        "cores": os.cpu_count() or 1,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a markdown table.

    >>> print(markdown_table(["clip", "dB"], [["cat", 31.5]]))
    | clip | dB |
    |---|---|
    | cat | 31.5 |
    """
    lines = [head, *rows]
    text = ["| " + " | ".join(str(cell) for cell in line) + " |" for line in lines]
    text.insert(1, "|" + "---|" * len(head))
    return "\n".join(text)


def write_result(path: str | Path, result: Mapping[str, Any]) -> Path:
    """Write a result as JSON, whole or not at all; the folder is made if it is missing."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return write_bytes_atomic(path, text.encode())
