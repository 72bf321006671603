"""What the judge of pictures learns from: a cache of rendered frames in, batches out.

``training/cache_judge_vision.py`` writes the cache. A batch mixes staged frames, cut-outs laid on
any ground, pictures on which there is nothing and, where they are given, heads; all of them worn.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from emogen.errors import CorpusError
from emogen.evaluation.recogniser import vision_augment as augment
from emogen.evaluation.recogniser.vision_networks import ACTION_UNITS

BATCH = {"staged": 84, "cutouts": 36, "blanks": 8}
WITH_HEADS = {"staged": 50, "cutouts": 28, "blanks": 6, "heads": 44}
HEADS = ("heads", "heads-clips")
"""Sets of heads, as stills are drawn from them."""
FOLDS = 5


def fold_of(identity: str) -> int | None:
    """Return which fifth of the Noto families an identity belongs to, None for the rig's."""
    if identity.startswith(("rig ", "empty ", "head ")):
        return None
    return hashlib.sha256(f"fold:{identity}".encode()).digest()[0] % FOLDS


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows of a cached set; pictures stay on disk until they are asked for."""

    pictures: np.ndarray
    index: np.ndarray
    """Which pictures are used, int64 [N]."""
    face: Tensor
    staging: Tensor
    units: Tensor
    boxes: Tensor

    def __len__(self) -> int:
        return len(self.index)

    @classmethod
    def read(cls, folder: Path, name: str, *, fold: int | None = None) -> "Rows":
        """Open ``FOLDER/NAME.npy`` and its labels, without the Noto families of a fold."""
        path = folder / f"{name}.npy"
        if not path.is_file():
            raise CorpusError(f"no {path}; render it with training/cache_judge_vision.py")
        labels = np.load(path.with_suffix(".npz"))
        kept = [fold is None or fold_of(name) != fold for name in labels["identity"]]
        index = np.flatnonzero(kept)
        columns = ("face", "staging", "units", "boxes")
        return cls(
            pictures=np.load(path, mmap_mode="r"), index=index,
            **{key: torch.from_numpy(labels[key][index]) for key in columns},
        )  # fmt: skip

    def floats(self, rows: Tensor) -> Tensor:
        """Return pictures [N, C, S, S] in [-1, 1]; with alpha, colours are multiplied by it."""
        pictures = torch.from_numpy(self.pictures[self.index[rows.numpy()]])
        x = pictures.permute(0, 3, 1, 2).float() / 127.5 - 1
        if x.shape[1] == 3:
            return x
        alpha = (x[:, 3:] + 1) / 2
        return torch.cat([x[:, :3] * alpha, alpha], dim=1)


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Pictures [N, 3, S, S] and what they show; nan where that is unknown or nothing."""

    x: Tensor
    face: Tensor
    staging: Tensor
    units: Tensor
    boxes: Tensor
    blank: Tensor
    scene_known: Tensor


def draw_batch(
    staged: list[Rows], cutouts: Rows, rng: torch.Generator, *, heads: list[Rows] | None = None
) -> Batch:
    """Draw pictures of all sorts and wear them; a third are heads if there are any."""
    chance = augment.Chance(rng)
    sizes = WITH_HEADS if heads else BATCH
    parts = _spread(staged, sizes["staged"], chance)
    if heads:
        parts += _spread(heads, sizes["heads"], chance)
    parts.append(_laid(cutouts, sizes["cutouts"], chance))
    parts.append(_blank(sizes["blanks"], chance))
    joined = {
        name: torch.cat([getattr(part, name) for part in parts]) for name in Batch.__annotations__
    }
    joined["x"] = augment.worn(joined["x"], chance)
    return Batch(**joined)


def _spread(sets: list[Rows], count: int, chance: augment.Chance) -> list[Batch]:
    """Draw pictures from sets in proportion to their sizes."""
    sizes = torch.tensor([len(rows) for rows in sets], dtype=torch.float)
    drawn = torch.multinomial(sizes, count, True, generator=chance.rng).bincount(minlength=2)
    return [
        _staged(rows, torch.randint(len(rows), (some,), generator=chance.rng), chance)
        for rows, some in zip(sets, drawn.tolist(), strict=True) if some
    ]  # fmt: skip


def _staged(rows: Rows, picks: Tensor, chance: augment.Chance) -> Batch:
    face, staging = rows.face[picks], rows.staging[picks]
    x, boxes = augment.moved(rows.floats(picks), rows.boxes[picks], chance)
    allowed = (staging[:, 11] < 0.05) | (face - staging).abs().sum(1).lt(1e-4)
    x, lost = augment.recoloured(x, chance, allowed=allowed)
    return Batch(
        x=x, face=face, staging=staging, units=rows.units[picks], boxes=boxes,
        blank=torch.zeros(len(x), dtype=torch.bool), scene_known=~lost,
    )  # fmt: skip


def _laid(rows: Rows, count: int, chance: augment.Chance) -> Batch:
    picks = torch.randint(len(rows), (count,), generator=chance.rng)
    x, boxes = augment.moved(
        rows.floats(picks), rows.boxes[picks], chance, zoom=(0.5, 1.15), shift=0.3, padding="zeros"
    )
    ground, white = augment.grounds(len(x), chance)
    x, lost = augment.recoloured(augment.laid(x, ground), chance, allowed=white | True, share=0.2)
    return Batch(
        x=x, face=rows.face[picks], staging=rows.staging[picks], units=rows.units[picks],
        boxes=boxes, blank=torch.zeros(len(x), dtype=torch.bool), scene_known=white & ~lost,
    )  # fmt: skip


def _blank(count: int, chance: augment.Chance) -> Batch:
    nothing = torch.zeros(count, 12)
    return Batch(
        x=augment.blanks(count, chance), face=nothing, staging=nothing,
        units=torch.full((count, len(ACTION_UNITS)), torch.nan),
        boxes=torch.full((count, 3), torch.nan),
        blank=torch.ones(count, dtype=torch.bool), scene_known=torch.zeros(count, dtype=torch.bool),
    )  # fmt: skip


def open_part(folder: Path, part: str, *, fold: int | None = None) -> tuple[list[Rows], Rows]:
    """Open the staged sets and the cut-outs of a part, without the Noto families of a fold."""
    staged = [Rows.read(folder, f"{part}-{name}", fold=fold) for name in ("moments", "clips")]
    return staged, Rows.read(folder, f"{part}-cutouts", fold=fold)


def open_heads(folder: Path, part: str) -> list[Rows]:
    """Open the sets of heads of a part."""
    return [Rows.read(folder, f"{part}-{name}") for name in HEADS]
