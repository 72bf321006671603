"""The corpus of animated Noto emoji: a zip or a folder in, items and their rendered clips out."""

import hashlib
import os
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal

import numpy as np

from emogen.data.noto.codepoints import skin_tones, unicode_name
from emogen.data.noto.labels import Label, label_of
from emogen.data.noto.lottie import Lottie, sample_times
from emogen.errors import CorpusError, InputError, suggest

Split = Literal["train", "val", "test"]

ARCHIVE = "noto_animated_lottie.zip"
_SPLIT_SALT = "noto-655"  # the first that puts each of the eight emotions into every part
_LAST_FRAMES = {"1f601": 124, "2651": 172}
"""Source frames after which a file shows nothing for the rest of its cycle."""


@dataclass(frozen=True, kw_only=True)
class NotoItem:
    """One animation of the corpus.

    Args:
        id: its code points, the file name without ending.
        label: what its picture shows and expresses.
    """

    id: str
    label: Label

    @property
    def base(self) -> str:
        """Code points without skin tone."""
        return self.label.base

    @property
    def name(self) -> str:
        """Unicode name, without skin tone."""
        return unicode_name(self.id)

    @property
    def caption(self) -> str:
        """The plainest noun phrase, without skin tone."""
        return self.label.captions[0]

    @property
    def subject(self) -> str:
        """Class word."""
        return self.label.subject

    @property
    def group(self) -> str:
        """Category of the emoji, for example ``animals``."""
        return self.label.group

    @property
    def clean(self) -> bool:
        """Whether it is a single bold subject that reads well when small."""
        return self.label.clean

    @property
    def family(self) -> str:
        """What it must share a split with."""
        return self.label.family

    @property
    def skin_tones(self) -> tuple[str, ...]:
        """Names of the skin tones, none for the yellow or toneless form."""
        return skin_tones(self.id)

    @property
    def emotion(self) -> Mapping[str, float] | None:
        """Weights of Mikels' categories; empty for a face at rest, None without emotion."""
        return self.label.emotion

    @property
    def vad(self) -> tuple[float, float, float]:
        """Valence, arousal and dominance as displayed, in [-1, 1]."""
        return self.label.vad

    @property
    def intensity(self) -> float:
        """Strength of the display in [0, 1]."""
        return self.label.intensity

    def vector(self) -> np.ndarray:
        """Return the emotion vector, float32 [12]."""
        return self.label.vector()


class NotoCorpus:
    """The animations of a zip or an unpacked folder, in the order of their names.

    Args:
        path: the zip or folder; by default ``noto_animated_lottie.zip`` in the folder that the
            environment variable EMOGEN_DATA names.

    Raises:
        CorpusError: if there is no such corpus.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self.path = _default_path() if path is None else Path(path)
        self._archive = None if self.path.is_dir() else _open_archive(self.path)
        self.items = tuple(NotoItem(id=stem, label=label_of(stem)) for stem in self._stems())
        self._by_id = {item.id: item for item in self.items}
        if not self.items:
            raise CorpusError(
                f"expected Lottie files named like 1f600.json, got none in {self.path}; {_REMEDY}"
            )

    def __reduce__(self) -> tuple[type["NotoCorpus"], tuple[Path]]:
        return NotoCorpus, (self.path,)

    def __repr__(self) -> str:
        return f"NotoCorpus({len(self)} animations in {self.path.name!r})"

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[NotoItem]:
        return iter(self.items)

    def __getitem__(self, identifier: str) -> NotoItem:
        try:
            return self._by_id[identifier]
        except KeyError:
            raise CorpusError(
                f"no animation {identifier!r} in {self.path.name}"
                f"{suggest(identifier, tuple(self._by_id))}; names are code points like 1f600"
            ) from None

    def duration(self, item: NotoItem) -> float:
        """Return the length of one cycle in seconds."""
        with self._open(item) as lottie:
            return _period(item, lottie) / lottie.fps

    def loop_tempo(self, item: NotoItem, *, num_frames: int = 33, fps: float = 16) -> float:
        """Return the tempo nearest to 1 at which the last frame of a clip equals its first.

        The clip then loops without a jump once its last frame is dropped. Where half a cycle is
        longer than the clip, one cycle is squeezed into it.
        """
        cycles = (num_frames - 1) / fps / self.duration(item)
        return max(round(cycles), 1) / cycles

    def render(
        self, item: NotoItem, *, num_frames: int = 33, fps: float = 16, size: int = 128,
        tempo: float = 1.0, phase: float = 0.0,
    ) -> np.ndarray:  # fmt: skip
        """Render a clip of the endlessly looping animation on a transparent ground.

        Args:
            item: which animation.
            num_frames: length T of the clip.
            fps: frames a second of the clip; the source is resampled in time to it.
            size: side of the square picture in pixels.
            tempo: speed; 1 is as drawn.
            phase: where in the cycle to start, in cycles; ``item.label.apex`` starts at the apex.

        Returns:
            uint8 [T, size, size, 4], RGB with straight alpha.

        Raises:
            ResourceError: without rlottie-python.
            InputError: for a number out of range.
        """
        _check(num_frames=num_frames, fps=fps, size=size, tempo=tempo)
        with self._open(item) as lottie:
            indices = sample_times(
                num_frames, period=_period(item, lottie), source_fps=lottie.fps, fps=fps,
                tempo=tempo, phase=phase,
            )  # fmt: skip
            return lottie.frames(indices, size=size)

    def _open(self, item: NotoItem) -> Lottie:
        name = f"{item.id}.json"
        text = self._archive.read(name) if self._archive else (self.path / name).read_bytes()
        return Lottie(text.decode("utf-8"), name=name)

    def _stems(self) -> list[str]:
        if self._archive is None:
            return sorted(file.stem for file in self.path.glob("*.json"))
        return sorted(name[:-5] for name in self._archive.namelist() if name.endswith(".json"))


def split(item: NotoItem) -> Split:
    """Return the part of the corpus an item belongs to: 85, 7.5 and 7.5 percent of the families.

    It hangs on a hash of the family, so variants of one animation never part and a larger corpus
    does not move the items of a smaller one.
    """
    digest = hashlib.sha256(f"{_SPLIT_SALT}:{item.family}".encode()).digest()
    share = int.from_bytes(digest[:8], "big") / 2**64
    return "train" if share < 0.85 else "val" if share < 0.925 else "test"


_REMEDY = (
    "get the Lottie files of Google's animated Noto emoji (CC BY 4.0), named by code point, and "
    f"give their zip or folder, or put {ARCHIVE} into the folder that EMOGEN_DATA names"
)


def _default_path() -> Path:
    folder = os.environ.get("EMOGEN_DATA")
    if not folder:
        raise CorpusError(f"expected a path or the variable EMOGEN_DATA, got neither; {_REMEDY}")
    return Path(folder) / ARCHIVE


def _open_archive(path: Path) -> zipfile.ZipFile:
    """Open a zip from memory, so that forked and threaded loaders do not share a file position."""
    try:
        return zipfile.ZipFile(BytesIO(path.read_bytes()))
    except FileNotFoundError:
        raise CorpusError(
            f"expected the Noto corpus, got no file or folder at {path}; {_REMEDY}"
        ) from None
    except zipfile.BadZipFile:
        raise CorpusError(f"expected a zip, got something else at {path}; {_REMEDY}") from None


def _period(item: NotoItem, lottie: Lottie) -> int:
    return min(_LAST_FRAMES.get(item.base, lottie.num_frames), lottie.num_frames)


def _check(**numbers: float) -> None:
    for name, number in numbers.items():
        if not number > 0:
            raise InputError(f"expected {name} above 0, got {number}; give a positive number")
