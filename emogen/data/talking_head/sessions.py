"""Cached sessions of a talking face: encoded stretches in, sharded safetensors out, and back.

A session is 4 G + 1 frames of one speaking face. Its latents come in two kinds: a group for each
four frames, and a single for frames 0, 4, 8 ... coded alone, as the first frame of a clip is. So
every clip that starts at a multiple of four is a cut: one single and the groups after it. That
holds for autoencoders whose code of four frames does not look further back, as nano's; others
encode their clips one by one (`starts` 1).

Shapes: N sessions, C latent channels, G groups, J starts, R references, F frames, h/w latent
pixels, Y mel frames, K motion channels.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from emogen.errors import CorpusError

SHARD = 32
"""Sessions a shard."""
STRIDE = 4
"""Frames of a group."""
TENSORS = (
    "groups", "singles", "sketch_groups", "sketch_singles", "references", "motion", "emotion",
    "sound", "boxes",
)  # fmt: skip
"""What a shard holds of every session."""


@dataclass(frozen=True, kw_only=True)
class SessionTable:
    """All cached sessions of a split.

    Attributes:
        groups: bf16 [N, C, G, h, w], normalised latents of the frames.
        singles: bf16 [N, C, J, h, w], of frame 4j alone.
        sketch_groups: bf16 [N, C, G, h, w], of the sketch.
        sketch_singles: bf16 [N, C, J, h, w].
        references: bf16 [N, C, R, h, w], portraits of other moments, each frame alone.
        motion: fp32 [N, F, K], in [-1, 1].
        emotion: fp32 [N, F, 12].
        sound: what the audio features are made of or the features themselves, first axis N.
        boxes: int16 [N, F, 2, 4], left, top, right, bottom of lips and face in pixels.
        captions: what is seen, one a session.
        people: who is seen, one a session.
    """

    groups: Tensor
    singles: Tensor
    sketch_groups: Tensor
    sketch_singles: Tensor
    references: Tensor
    motion: Tensor
    emotion: Tensor
    sound: Tensor
    boxes: Tensor
    captions: list[str]
    people: list[str]

    def __len__(self) -> int:
        return len(self.captions)

    @property
    def starts(self) -> int:
        """At how many places a clip may start."""
        return self.singles.shape[2]

    @property
    def clip_frames(self) -> int:
        """Latent frames of the longest clip that fits everywhere."""
        return self.groups.shape[2] - self.starts + 2

    def clip(self, session: int, start: int, frames: int) -> tuple[Tensor, Tensor]:
        """Return the latents of a clip and of its sketch, fp32 [C, L, h, w] each.

        Args:
            session: which.
            start: first frame over four.
            frames: latent frames L.
        """
        rest = slice(start, start + frames - 1)
        return tuple(
            torch.cat([singles[session, :, start : start + 1], groups[session, :, rest]], dim=1)
            .float()
            for singles, groups in (
                (self.singles, self.groups), (self.sketch_singles, self.sketch_groups),
            )
        )  # fmt: skip

    def frames(self, start: int, frames: int) -> slice:
        """Return which frames a clip covers."""
        return slice(STRIDE * start, STRIDE * (start + frames - 1) + 1)


def write_sessions(
    folder: Path, shard: int, tensors: Mapping[str, Tensor], words: list[dict[str, str]]
) -> Path:
    """Write a shard so that it is either whole or absent; return its path.

    Args:
        folder: where shards lie.
        shard: its number.
        tensors: by the names of `TENSORS`, each with one row a session.
        words: "caption" and "person" of each session.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{shard:05d}.safetensors"
    parts = path.with_suffix(".json.part"), path.with_suffix(".part")
    parts[0].write_text(json.dumps(words), "utf-8")
    save_file({name: tensors[name].contiguous() for name in TENSORS}, parts[1])
    parts[0].replace(path.with_suffix(".json"))
    parts[1].replace(path)
    return path


def read_sessions(folder: Path) -> SessionTable:
    """Read every shard of a folder, in order.

    Raises:
        CorpusError: there is none, or one is damaged.
    """
    paths = sorted(folder.glob("*.safetensors"))
    if not paths:
        raise CorpusError(
            f"expected cached talking heads, found none in {folder}; write them with"
            " training/cache_talking_head.py"
        )
    shards = [_read(path) for path in paths]
    words = [row for _, rows in shards for row in rows]
    columns = {}
    for name in TENSORS:  # one after the other: a table fills most of the memory
        columns[name] = torch.cat([tensors.pop(name) for tensors, _ in shards])
    return SessionTable(
        **columns,
        captions=[row["caption"] for row in words],
        people=[row["person"] for row in words],
    )


def read_people(folder: Path) -> list[str]:
    """Return who is seen in each session of a folder, without reading its tensors."""
    rows = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]
    return [row["person"] for shard in rows for row in shard]


def by_latent(vectors: Tensor) -> Tensor:
    """Average emotion vectors [B, F, 12] over the frames of each latent, [B, L, 12]."""
    later = vectors[:, 1:].unflatten(1, (-1, STRIDE)).mean(dim=2)
    return torch.cat([vectors[:, :1], later], dim=1)


def _read(path: Path) -> tuple[dict[str, Tensor], list[dict[str, str]]]:
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in TENSORS}
        return tensors, json.loads(path.with_suffix(".json").read_text("utf-8"))
    except (OSError, ValueError, SafetensorError) as error:
        reason = str(error).splitlines()[0]
        raise CorpusError(
            f"cannot read the talking heads {path}: {reason}; delete the shard and write it again"
            " with training/cache_talking_head.py"
        ) from error
