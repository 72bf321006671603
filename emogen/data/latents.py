"""Cached latents: encoded examples in, sharded safetensors and captions out, and back as one table.

A shard holds a fixed range of example indices, so a cache can be written by any number of
processes, stopped, extended and read in the same order.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from emogen.errors import CorpusError

SHARD = 128
"""Examples a shard."""


@dataclass(frozen=True, kw_only=True)
class LatentTable:
    """All cached clips of a split.

    Attributes:
        latents: bf16 [N, C, L, h, w], normalised.
        emotion: fp32 [N, L, 12].
        captions: What is seen, one a clip.
        emotion_phrases: The emotion in words, one a clip; empty if neutral.
        subjects: Class word, one a clip.
    """

    latents: Tensor
    emotion: Tensor
    captions: list[str]
    emotion_phrases: list[str]
    subjects: list[str]

    def __len__(self) -> int:
        return len(self.captions)


def shard_path(folder: Path, shard: int) -> Path:
    """Return the path of one shard's tensors; its words lie beside it as JSON."""
    return folder / f"{shard:05d}.safetensors"


def write_shard(
    folder: Path, shard: int, latents: Tensor, emotion: Tensor, words: list[dict]
) -> None:
    """Write a shard so that it is either whole or absent."""
    folder.mkdir(parents=True, exist_ok=True)
    path = shard_path(folder, shard)
    words_part, tensors_part = path.with_suffix(".json.part"), path.with_suffix(".part")
    words_part.write_text(json.dumps(words))
    save_file(
        {"latents": latents.bfloat16().contiguous(), "emotion": emotion.float()}, tensors_part
    )
    words_part.replace(path.with_suffix(".json"))
    tensors_part.replace(path)


def read_table(
    folder: Path, *, subjects: Collection[str] = (), without: Collection[str] = ()
) -> LatentTable:
    """Read every shard of a folder, in order.

    Args:
        folder: What :func:`write_shard` wrote to.
        subjects: Class words to keep; none keeps all.
        without: Clips whose caption holds one of these phrases are left out.
    """
    paths = sorted(folder.glob("*.safetensors"))
    if not paths:
        raise CorpusError(
            f"no latents in {folder}; write them with training/cache_latents.py first"
        )
    shards = [_keep(_read_shard(path), subjects, without) for path in paths]
    words = [row for _, _, rows in shards for row in rows]
    if not words:
        raise CorpusError(f"no clip in {folder} shows any of {', '.join(sorted(subjects))}")
    return LatentTable(
        latents=torch.cat([latents for latents, _, _ in shards]),
        emotion=torch.cat([emotion for _, emotion, _ in shards]),
        captions=[row["caption"] for row in words],
        emotion_phrases=[row["emotion_phrase"] for row in words],
        subjects=[row["subject"] for row in words],
    )


def _keep(
    shard: tuple[Tensor, Tensor, list[dict]], subjects: Collection[str], without: Collection[str]
) -> tuple[Tensor, Tensor, list[dict]]:
    latents, emotion, words = shard
    rows = [
        index
        for index, row in enumerate(words)
        if (not subjects or row["subject"] in subjects)
        and not any(phrase in row["caption"] for phrase in without)
    ]
    return latents[rows], emotion[rows], [words[row] for row in rows]


def _read_shard(path: Path) -> tuple[Tensor, Tensor, list[dict]]:
    try:
        with safe_open(path, framework="pt") as file:
            tensors = file.get_tensor("latents"), file.get_tensor("emotion")
        return *tensors, json.loads(path.with_suffix(".json").read_text())
    except (OSError, ValueError, SafetensorError) as error:
        reason = str(error).splitlines()[0]
        raise CorpusError(
            f"cannot read the latents {path}: {reason}; delete the shard and write it again with "
            "training/cache_latents.py"
        ) from error


def latent_emotion(vectors: np.ndarray, *, stride: int = 4) -> np.ndarray:
    """Average frame vectors (T, 12) over the frames of each latent frame: (L, 12)."""
    return np.concatenate(
        [vectors[:1], vectors[1:].reshape(-1, stride, vectors.shape[1]).mean(axis=1)]
    )
