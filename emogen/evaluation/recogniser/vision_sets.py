"""Clips that no judge has seen: seeds in, samples and what an encoder reads in them out.

Everything comes from the test split: identities of the rig, animations of Noto.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

import numpy as np
import torch

from emogen.data.corpus import EmbeddedCorpus
from emogen.data.noto import NotoCorpus
from emogen.data.noto import split as noto_split
from emogen.data.rig.face import ACTION_UNITS
from emogen.data.synthetic import split as rig_split
from emogen.evaluation.recogniser import vision_augment as augment
from emogen.evaluation.recogniser.shots import (
    CONDITIONS,
    FIRST_SEED,
    FPS,
    Condition,
    Feelings,
    blended,
    category_shares,
    noto_cutout,
    on_ground,
    rig_shot,
    sample_feelings,
)
from emogen.evaluation.recogniser.vision import VisionEncoder, sampled

TEST_SEEDS = FIRST_SEED + (1 << 48)
CORPUS_OFFSET = 1 << 30
FRAMES = 9
WITH_FACE = frozenset({"smileys", "animals", "sky"})
"""Groups of Noto animations whose emotion is in a face; hearts and hands show it by convention."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A clip and its truth: frames [T, H, W, 3], seconds [T], vectors [T, 12], units or None."""

    frames: np.ndarray
    seconds: np.ndarray
    face: np.ndarray
    staging: np.ndarray
    units: np.ndarray | None
    identity: str

    @property
    def vectors(self) -> np.ndarray:
        """What the whole expresses."""
        return blended(self.face, self.staging)


@dataclass(frozen=True, kw_only=True)
class Rows:
    """What was read and what is true, a row a window."""

    emotion: np.ndarray
    shares: np.ndarray
    vad: np.ndarray
    vectors: np.ndarray
    intensity: np.ndarray
    confidence: np.ndarray
    presence: np.ndarray
    identity: np.ndarray
    clip: np.ndarray
    units: np.ndarray
    drawn_units: np.ndarray
    face: np.ndarray
    staging: np.ndarray

    @property
    def truth(self) -> np.ndarray:
        """The likeliest category of each row."""
        return self.shares.argmax(1)

    def where(self, chosen: np.ndarray) -> "Rows":
        """Return some rows."""
        return Rows(**{f.name: getattr(self, f.name)[chosen] for f in fields(self)})


def corpus_samples(noto: NotoCorpus, count: int) -> Iterable[Sample]:
    """Draw clips of the generator's corpus, test split."""
    corpus = EmbeddedCorpus(noto, split="test")
    for index in range(count):
        example = corpus.example(CORPUS_OFFSET + index)
        yield Sample(
            frames=example.frames, seconds=np.arange(len(example.frames)) / example.fps,
            face=example.vectors, staging=example.vectors, units=example.aus,
            identity=example.identity,
        )  # fmt: skip


def rig_samples(condition: Condition, count: int) -> Iterable[Sample]:
    """Draw rig clips of the test split in which face and staging are told apart."""
    rng = np.random.default_rng([TEST_SEEDS, CONDITIONS.index(condition)])
    nothing = np.zeros((1, 12), np.float32)
    while count:
        seed = TEST_SEEDS + int(rng.integers(2**46))
        feelings = sample_feelings(rng, FRAMES, condition=condition)
        first = rig_shot(seed, Feelings(face=nothing, staging=nothing, body=nothing), size=16)
        if rig_split(first.identity) != "test":
            continue
        shot = rig_shot(seed, feelings)
        yield Sample(
            frames=shot.frames, seconds=np.arange(FRAMES) / FPS, face=shot.face,
            staging=shot.staging, units=shot.units, identity=shot.identity,
        )  # fmt: skip
        count -= 1


def noto_samples(noto: NotoCorpus, parts: tuple[str, ...]) -> Iterable[Sample]:
    """Draw the labelled animations of some parts as they are, on white."""
    for item in noto:
        if item.emotion is None or noto_split(item) not in parts:
            continue
        shot = noto_cutout(noto, item, num_frames=FRAMES)
        name = f"{'face' if item.group in WITH_FACE else 'sign'} {shot.identity}"
        yield Sample(
            frames=on_ground(shot.frames), seconds=np.arange(FRAMES) / FPS, face=shot.face,
            staging=shot.staging, units=None, identity=name,
        )  # fmt: skip


def worn(samples: Iterable[Sample]) -> Iterable[Sample]:
    """Move, blur, compress and spoil clips, all frames of one alike."""
    for index, sample in enumerate(samples):
        x = torch.from_numpy(sample.frames).permute(0, 3, 1, 2).float() / 127.5 - 1
        rng = torch.Generator().manual_seed(index)
        chance = augment.Chance(rng, group=len(x))
        x, _ = augment.moved(x, torch.full((len(x), 3), 0.5), chance)
        x = augment.worn(x, chance).permute(0, 2, 3, 1)
        yield replace(sample, frames=((x + 1) * 127.5).round().to(torch.uint8).numpy())


def read(
    encoder: VisionEncoder, samples: Iterable[Sample], *, domain: str, stills: bool = False
) -> Rows:
    """Read clips as video, or only their middle pictures, each alone."""
    table: dict[str, list[np.ndarray]] = {f.name: [] for f in fields(Rows)}
    for clip, sample in enumerate(samples):
        if stills:
            picks, windows = np.array([len(sample.frames) // 2]), np.array([0])
            reading = encoder(sample.frames[picks], domain=domain)
        else:
            picks, windows, _ = sampled(sample.seconds)
            reading = encoder(sample.frames, seconds=sample.seconds, domain=domain)
        count = reading.num_windows

        def pooled(rows: np.ndarray, at: tuple = (picks, windows, count)) -> np.ndarray:
            picks, windows, count = at
            return np.stack([rows[picks[windows == n]].mean(0) for n in range(count)])

        vectors, blank = pooled(sample.vectors), np.full((count, len(ACTION_UNITS)), np.nan)
        row = {
            "emotion": reading.emotion, "vad": reading.vad, "presence": reading.presence,
            "confidence": reading.confidence, "vectors": vectors,
            "intensity": reading.native["intensity"][:, 0], "shares": category_shares(vectors),
            "identity": np.repeat(sample.identity, count), "clip": np.repeat(clip, count),
            "units": reading.native["action_units"],
            "drawn_units": blank if sample.units is None else pooled(sample.units),
            "face": category_shares(pooled(sample.face)),
            "staging": category_shares(pooled(sample.staging)),
        }  # fmt: skip
        for name, value in row.items():
            table[name].append(value)
    return Rows(**{name: np.concatenate(parts) for name, parts in table.items()})
