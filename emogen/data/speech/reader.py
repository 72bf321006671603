"""Reading a corpus of acted speech: a zip of sound files with labels.csv in, samples out."""

import csv
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Literal

import av
import numpy as np

from emogen.emotion import RAVDESS
from emogen.errors import CorpusError

SpeechCorpusName = Literal["ravdess", "nemo"]

SAMPLE_RATE = 16_000
SPEECH_LABELS: dict[str, tuple[str, ...]] = {
    "ravdess": RAVDESS,
    "nemo": ("anger", "fear", "happiness", "neutral", "sadness", "surprised"),
}
"""Labels of each corpus, in the order of a network's outputs; all are `emogen.emotion` labels."""

ARCHIVES = {"ravdess": "ravdess_speech_16k.zip", "nemo": "nemo_16k.zip"}
_COLUMNS = {"ravdess": ("actor", "sex", "statement"), "nemo": ("speaker", "gender", "text")}
_REMEDY = "name the zip, or the folder that holds it in the environment variable EMOGEN_DATA"


@dataclass(frozen=True, kw_only=True)
class Utterance:
    """One recording.

    Attributes:
        corpus: ``ravdess`` or ``nemo``.
        file: name inside the zip.
        label: one of the corpus's labels.
        strong: whether RAVDESS calls its intensity strong; None where nothing is said of it
            (nEMO) or there is nothing to be strong (RAVDESS's neutral).
        speaker: who speaks, unique over both corpora, for example ``ravdess-01``.
        sex: ``female`` or ``male``.
        text: what is said.
    """

    corpus: str
    file: str
    label: str
    strong: bool | None
    speaker: str
    sex: str
    text: str

    def __post_init__(self) -> None:
        """Refuse a label that the corpus does not have."""
        if self.label not in SPEECH_LABELS[self.corpus]:
            raise CorpusError(
                f"expected a label of {', '.join(SPEECH_LABELS[self.corpus])}, got {self.label!r}"
                f" for {self.file}; the archive is another version"
            )

    @property
    def label_index(self) -> int:
        """Row of the label in `SPEECH_LABELS`."""
        return SPEECH_LABELS[self.corpus].index(self.label)


class SpeechCorpus:
    """The recordings of one corpus in the order of their file names.

    Args:
        name: ``ravdess`` or ``nemo``.
        path: the zip; by default the usual name in the folder of EMOGEN_DATA.

    Raises:
        CorpusError: there is no such corpus, or it is damaged.
    """

    def __init__(self, name: SpeechCorpusName, path: str | Path | None = None) -> None:
        if name not in ARCHIVES:
            raise CorpusError(f"expected a corpus of {', '.join(ARCHIVES)}, got {name!r}")
        self.name = name
        self.path = _default_path(ARCHIVES[name]) if path is None else Path(path)
        self._archive = _open_archive(self.path)
        rows = sorted(_rows(self._archive, self.path), key=lambda row: row["file"])
        try:
            self.utterances = tuple(_utterance(name, row) for row in rows)
        except KeyError as error:
            raise CorpusError(
                f"expected a column {error} in labels.csv of {self.path}, got none; {_REMEDY}"
            ) from error

    def __repr__(self) -> str:
        return f"SpeechCorpus({self.name}: {len(self)} utterances in {self.path.name!r})"

    def __len__(self) -> int:
        return len(self.utterances)

    def __iter__(self) -> Iterator[Utterance]:
        return iter(self.utterances)

    def samples(self, utterance: Utterance) -> np.ndarray:
        """Return the sound of an utterance, float32 [S], mono, 16 kHz, nominally in [-1, 1].

        Raises:
            CorpusError: the file is missing from the zip or cannot be decoded.
        """
        try:
            return decode_samples(self._archive.read(utterance.file))
        except (KeyError, OSError, zipfile.BadZipFile, av.FFmpegError) as error:
            raise CorpusError(
                f"expected the recording {utterance.file} in {self.path}, got: {error}; copy the"
                " archive again"
            ) from error


def decode_samples(content: bytes) -> np.ndarray:
    """Return the samples of a sound file's bytes, float32 [S], the mean of channels, 16 kHz."""
    resampler = av.AudioResampler(format="fltp", rate=SAMPLE_RATE)
    with av.open(BytesIO(content)) as container:
        frames = [*container.decode(audio=0), None]
        blocks = [block.to_ndarray() for frame in frames for block in resampler.resample(frame)]
    return np.concatenate(blocks, axis=1).mean(0) if blocks else np.zeros(0, np.float32)


def _default_path(archive: str) -> Path:
    folder = os.environ.get("EMOGEN_DATA")
    if not folder:
        raise CorpusError(f"expected the corpus {archive}, got no place to look; {_REMEDY}")
    return Path(folder) / archive


def _open_archive(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise CorpusError(f"expected a zip of speech at {path}, got: {error}; {_REMEDY}") from error


def _rows(archive: zipfile.ZipFile, path: Path) -> list[dict[str, str]]:
    try:
        with archive.open("labels.csv") as file:
            return list(csv.DictReader(TextIOWrapper(file, "utf-8")))
    except (KeyError, UnicodeDecodeError, csv.Error) as error:
        raise CorpusError(f"expected labels.csv in {path}, got: {error}; {_REMEDY}") from error


def _utterance(corpus: str, row: dict[str, str]) -> Utterance:
    speaker, sex, text = (row[column] for column in _COLUMNS[corpus])
    graded = corpus == "ravdess" and row["emotion"] != "neutral"
    return Utterance(
        corpus=corpus,
        file=row["file"],
        label=row["emotion"],
        strong=row["intensity"] == "strong" if graded else None,
        speaker=f"{corpus}-{speaker}",
        sex=sex,
        text=text,
    )
