"""Training examples of voices: both corpora in, batches of random windows as pictures out.

Pictures of every recording and of disturbed copies of it are made once and kept on disk; a batch
cuts windows out of them, faster or slower than they were. Only training uses this module.

Shapes: B windows, R = 64 rows, T = 150 frames of 20 ms.
"""

import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from emogen.data.speech import ARCHIVES, SpeechCorpus, Utterance
from emogen.data.speech.augment import cut_starts, disturbed, masked, uniform
from emogen.errors import InputError
from emogen.evaluation.recogniser.spectrum import (
    HOP,
    ROWS,
    bands_of,
    lag_matrix,
    mel_matrix,
    pictures_of,
    power_spectrum,
)
from emogen.evaluation.recogniser.voice import WINDOW_FRAMES

CORPORA = ("ravdess", "nemo")
COPIES = 10
"""Pictures kept of each sound: the clean one and nine disturbed."""
WARP = 0.17
"""Voices are made up to 17 % higher or lower, on a scale of 17 steps."""
STRETCH = 0.16
RAVDESS_SHARE = 0.45
STEPS_A_UNIT, LOWEST = 80.0, -1.2
"""Pictures are kept as whole numbers: (value - LOWEST) * STEPS_A_UNIT."""


@dataclass(frozen=True, kw_only=True)
class Sounds:
    """All recordings: samples int16 end to end, where each begins, what each is."""

    samples: np.ndarray
    offsets: np.ndarray
    utterances: tuple[Utterance, ...]

    def __len__(self) -> int:
        return len(self.utterances)

    def __getitem__(self, row: int) -> np.ndarray:
        """Return the samples of one recording, float32 in [-1, 1]."""
        part = self.samples[self.offsets[row] : self.offsets[row + 1]]
        return part.astype(np.float32) / 32767

    def rows_of(self, speakers: set[str], *, inside: bool) -> list[int]:
        """Return the recordings by these speakers, or by all others."""
        return [row for row, item in enumerate(self.utterances)
                if (item.speaker in speakers) == inside]


def read_sounds(cache: Path, data: Path | None) -> Sounds:
    """Decode both corpora, or read what was decoded before."""
    corpora = [SpeechCorpus(name, data and data / ARCHIVES[name]) for name in CORPORA]
    utterances = tuple(item for corpus in corpora for item in corpus)
    path = cache / "wave.npz"
    if not path.is_file():
        parts = [np.round(corpus.samples(item).clip(-1, 1) * 32767).astype(np.int16)
                 for corpus in corpora for item in corpus]
        cache.mkdir(parents=True, exist_ok=True)
        np.savez(path, samples=np.concatenate(parts),
                 offsets=np.cumsum([0, *map(len, parts)]))
    with np.load(path) as file:
        sounds = Sounds(samples=file["samples"], offsets=file["offsets"], utterances=utterances)
    if len(sounds.offsets) != len(utterances) + 1:
        raise InputError(f"expected {len(utterances)} sounds in {path}, got others; delete it")
    return sounds


@torch.inference_mode()
def read_pictures(cache: Path, sounds: Sounds, seed: int) -> tuple[Tensor, Tensor]:
    """Return pictures uint8 [COPIES, frames, 2 * R] and where each sound begins in them."""
    lengths = -(-np.diff(sounds.offsets) // HOP)
    begins = torch.from_numpy(np.cumsum([0, *lengths]))
    path, shape = cache / f"pictures-{seed}.npy", (COPIES, int(begins[-1]), 2 * ROWS)
    if not path.is_file():
        rng = torch.Generator().manual_seed(seed)
        partial = path.with_suffix(".partial")
        out = np.lib.format.open_memmap(partial, "w+", np.uint8, shape)
        for row in range(len(sounds)):
            out[:, begins[row] : begins[row + 1]] = copies_of(sounds[row], rng).numpy()
        out.flush()
        partial.rename(path)
    return torch.from_numpy(np.load(path)), begins


def copies_of(samples: np.ndarray, rng: torch.Generator) -> Tensor:
    """Return the clean and the disturbed pictures of one sound, uint8 [COPIES, T, 2 * R]."""
    power = power_spectrum(torch.from_numpy(samples)[None])
    spoilt = disturbed(power.expand(COPIES - 1, -1, -1), rng)
    steps = torch.randint(-8, 9, (COPIES - 1,), generator=rng)
    warps = [round(math.exp(WARP * step / 8), 6) for step in steps.tolist()]
    bands = bands_of(
        torch.cat([power, spoilt]),
        mel=torch.stack([mel_matrix(warp) for warp in [1.0, *warps]]),
        lags=torch.stack([lag_matrix(warp) for warp in [1.0, *warps]]),
    )
    rows = pictures_of(bands).flatten(1, 2).transpose(1, 2)  # (COPIES, T, 2 * R)
    return ((rows - LOWEST) * STEPS_A_UNIT).round().clamp(0, 255).byte()


class Batches:
    """Random windows of the recordings of some rows.

    Args:
        pictures: as of `read_pictures`.
        begins: likewise.
        sounds: what each recording is.
        rows: which to draw from; both corpora, and their labels, come up evenly.
        seed: decides the draw.
    """

    def __init__(
        self, pictures: Tensor, begins: Tensor, sounds: Sounds, *, rows: list[int], seed: int
    ) -> None:
        self.pictures, self.begins = pictures, begins
        self.rng = torch.Generator().manual_seed(seed)
        items = [sounds.utterances[row] for row in rows]
        counts = Counter((item.corpus, item.label) for item in items)
        share = {"ravdess": RAVDESS_SHARE / 8, "nemo": (1 - RAVDESS_SHARE) / 6}
        self.odds = torch.tensor(
            [share[item.corpus] / counts[item.corpus, item.label] for item in items]
        )
        self.rows = torch.tensor(rows)
        self.labels = torch.tensor([item.label_index for item in items])
        self.ravdess = torch.tensor([item.corpus == "ravdess" for item in items])
        grades = {None: -1.0, False: 0.0, True: 1.0}
        self.strong = torch.tensor([grades[item.strong] for item in items])

    def draw(self, count: int) -> tuple[Tensor, Tensor]:
        """Return pictures [B, 2, R, T] and which of the rows they are, [B]."""
        picks = torch.multinomial(self.odds, count, replacement=True, generator=self.rng)
        begin = self.begins[self.rows[picks]]
        length = self.begins[self.rows[picks] + 1] - begin
        pace = torch.exp(uniform(count, -STRETCH, STRETCH, self.rng))[:, 0]  # (B, 1)
        lasting = torch.floor(length / pace[:, 0]).long()
        start = cut_starts(lasting, WINDOW_FRAMES, self.rng)
        place = start[:, None] + torch.arange(WINDOW_FRAMES)
        inside = (place >= 0) & (place < lasting[:, None])
        source = torch.minimum((place * pace).long().clamp_min(0), length[:, None] - 1)
        copy = torch.randint(-2, COPIES, (count, 1), generator=self.rng).clamp_min(0)
        kept = self.pictures[copy, begin[:, None] + source]  # (B, T, 2 * R)
        energy, periodic = (kept / STEPS_A_UNIT + LOWEST).unflatten(2, (2, ROWS)).unbind(2)
        energy = at_level(energy.masked_fill(~inside[..., None], -1))
        periodic = periodic.masked_fill(~inside[..., None], 0)
        return torch.stack([energy, periodic], dim=1).transpose(2, 3), picks

    def harder(self, x: Tensor) -> Tensor:
        """Blank parts of pictures [B, 2, R, T] and move the melody up or down."""
        moves = torch.randint(-4, 5, (len(x),), generator=self.rng).tolist()
        rolled = torch.stack([picture.roll(move, 0) for picture, move in
                              zip(x[:, 1], moves, strict=True)])
        energy = masked(x[:, 0], self.rng, fill=-0.5)
        return torch.stack([energy, masked(rolled, self.rng, fill=0.0, rows=6)], dim=1)


def at_level(energy: Tensor) -> Tensor:
    """Set the loud parts of windows [B, T, R] to 1 again, as `pictures_of` does; silence stays."""
    power = torch.quantile((10 ** (3 * energy - 3)).mean(-1), 0.9, dim=1).clamp_min(1e-6)
    levelled = (energy - power.log10()[:, None, None] / 3).clamp_min(-1)
    return torch.where(energy > -0.99, levelled, -1)
