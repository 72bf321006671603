"""Speech on disk for the training: one .npz a corpus in, windows of mel frames with phones out.

`training/make_speech.py` writes the files. Synthetic speech knows its phones' times; those of real
speech are found by alignment and put on the shelf.

Shapes: F mel frames (100 a second), J = F / 2 phone frames, M = 64 bands.
"""

import json
import zipfile
from pathlib import Path

import numpy as np

from emogen.errors import CorpusError
from emogen.motion.alignment import align
from emogen.motion.lexicon import transcribed
from emogen.motion.phones import INDEX, PHONES, PhoneSpan, phone_frames

UNKNOWN = -100
"""The label of a frame that nothing is learned from (`torch.nn.functional.cross_entropy`)."""


class SpeechShelf:
    """The utterances of one corpus.

    Args:
        path: what `training/make_speech.py` wrote.
        held_out: voices that are left out of the training, see `rows`.

    Raises:
        CorpusError: the file is missing or no such file.
    """

    def __init__(self, path: Path, *, held_out: tuple[str, ...] = ()) -> None:
        try:
            archive = np.load(path)
            self.mel, self.pitch, self.level = (archive[n] for n in ("mel", "pitch", "level"))
            self.bounds = archive["bounds"]
            self.about = json.loads(str(archive["about"]))
            spans = archive["spans"]
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise CorpusError(
                f"expected speech at {path}, got: {error}; run training/make_speech.py first"
            ) from error
        self.name = path.stem
        self.spans: list[tuple[PhoneSpan, ...]] = [() for _ in self.about]
        self.labels = np.full(len(self.mel) // 2, UNKNOWN, np.int64)
        self._read(spans)
        voices = [about["voice"] for about in self.about]
        self.training = np.array([v for v, voice in enumerate(voices) if voice not in held_out])
        self.testing = np.array([v for v, voice in enumerate(voices) if voice in held_out])

    def __len__(self) -> int:
        return len(self.about)

    def _read(self, rows: np.ndarray) -> None:
        """Put the given phones on the shelf; rows are (utterance, phone, start, end)."""
        starts = np.searchsorted(rows[:, 0], np.arange(len(self) + 1))
        for utterance in range(len(self)):
            own = rows[starts[utterance] : starts[utterance + 1]]
            if len(own):
                self.place(utterance, tuple(
                    PhoneSpan(phone=PHONES[int(phone)], start=float(start), end=float(end))
                    for _, phone, start, end in own
                ))  # fmt: skip

    def frames(self, utterance: int) -> slice:
        """Return where an utterance's mel frames lie."""
        return slice(int(self.bounds[utterance]), int(self.bounds[utterance + 1]))

    def place(self, utterance: int, spans: tuple[PhoneSpan, ...]) -> None:
        """Say when the phones of an utterance sound; without any, nothing is learned from it."""
        where = self.frames(utterance)
        self.spans[utterance] = spans
        count = (where.stop - where.start) // 2
        known = phone_frames(spans, num_frames=count) if spans else UNKNOWN
        self.labels[where.start // 2 : where.stop // 2] = known

    def words(self, utterance: int) -> list[list[str]]:
        """Return the phones of each word of an utterance."""
        about = self.about[utterance]
        return about["words"] if "words" in about else transcribed(about["text"])

    def align(self, utterance: int, posteriors: np.ndarray, *, worst: float) -> float:
        """Place an utterance's phones by what the ear hears [J, P]; return the score.

        One that scores worse than ``worst`` is not learned from.
        """
        found = align(posteriors, self.words(utterance))
        self.place(utterance, found.spans if found.score > worst else ())
        return found.score

    def window(
        self, utterance: int, size: int, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return a stretch of an utterance: mel [size, M] and labels [size / 2].

        A shorter utterance lies somewhere inside; around it there is quiet noise, labelled silence.
        """
        where = self.frames(utterance)
        slack = (where.stop - where.start - size) // 2
        offset = 2 * int(rng.integers(min(slack, 0) - 10, max(slack, 0) + 11))
        quiet = np.quantile(self.mel[where], 0.05).astype(np.float32)
        mel = quiet + rng.normal(0, 2, (size, self.mel.shape[1])).astype(np.float32)
        labels = np.full(size // 2, INDEX["SIL"])
        first, last = max(0, offset), min(where.stop - where.start, offset + size)
        inside = slice(first - offset, last - offset)
        mel[inside] = self.mel[where.start + first : where.start + last]
        half = slice(inside.start // 2, inside.stop // 2)
        labels[half] = self.labels[(where.start + first) // 2 : (where.start + last) // 2]
        return mel, labels
