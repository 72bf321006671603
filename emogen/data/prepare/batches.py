"""Batches of a prepared folder: latents in buckets and cached texts in, samples by number out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from emogen.data.corpora.place import Place
from emogen.data.prepare.caches import LATENTS, TextTable, read_shard, read_texts
from emogen.errors import CorpusError


@dataclass(frozen=True, kw_only=True, eq=False)
class Bucket:
    """All clips of one size and length.

    Attributes:
        name: Such as ``832x480x81``.
        latents: bf16 [N, C, L, h, w], normalised.
        emotion: fp32 [N, L, 12].
        condition: What image-to-video models are shown, bf16 [N, C, L, h, w], or None.
        rows: What is known of each clip.
        picture: CLIP states of each first frame, [N, 257, D], or None.
    """

    name: str
    latents: Tensor
    emotion: Tensor
    condition: Tensor | None
    rows: Sequence[dict[str, Any]]
    picture: Tensor | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def with_pictures(self, picture: Tensor) -> "Bucket":
        """Return the bucket with the CLIP states of its first frames."""
        return replace(self, picture=picture)


@dataclass(frozen=True, kw_only=True, eq=False)
class PreparedSet:
    """A split of a prepared folder.

    Attributes:
        buckets: In the order of their names.
        texts: States of all captions.
    """

    buckets: Sequence[Bucket]
    texts: TextTable

    def __len__(self) -> int:
        return sum(map(len, self.buckets))

    def draw(self, batch: int, generator: torch.Generator) -> tuple[Bucket, list[int]]:
        """Draw a bucket as often as it has clips, and clips of it, each as likely.

        Args:
            batch: Clips to draw, some perhaps twice.
            generator: Source of chance.
        """
        first = int(torch.randint(len(self), (1,), generator=generator))
        for bucket in self.buckets:
            if first < len(bucket):
                break
            first -= len(bucket)
        return bucket, torch.randint(len(bucket), (batch,), generator=generator).tolist()


def read_prepared(folder: Path, *, split: str = "train") -> PreparedSet:
    """Read the caches that ``emogen data prepare --model`` wrote.

    Args:
        folder: The prepared folder.
        split: Which part of it.

    Raises:
        CorpusError: There are none of this split, or a shard is damaged.
    """
    place, start = Place(str(folder)), f"{LATENTS}/{split}/"
    names: dict[str, list[str]] = {}
    for name in sorted(place.sizes()):
        if name.startswith(start) and name.endswith(".safetensors"):
            bucket = name.removeprefix(start).split("/")[0]
            names.setdefault(bucket, []).append(name.removesuffix(".safetensors"))
    if not names:
        raise CorpusError(
            f"no latents of the split {split!r} in {folder}; make them with emogen data prepare"
        )
    buckets = [_read_bucket(place, bucket, shards) for bucket, shards in sorted(names.items())]
    return PreparedSet(buckets=buckets, texts=read_texts(place))


def _read_bucket(place: Place, name: str, shards: Sequence[str]) -> Bucket:
    read = [read_shard(place, shard) for shard in shards]
    joined = {key: torch.cat([tensors[key] for tensors, _ in read]) for key in read[0][0]}
    return Bucket(
        name=name, latents=joined["latents"], emotion=joined["emotion"],
        condition=joined.get("condition"), rows=[row for _, rows in read for row in rows],
    )
