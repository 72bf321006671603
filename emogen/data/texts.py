"""Texts with measured emotion: GoEmotions and EmoBank zips in, sentences with their targets out.

GoEmotions (Demszky et al. 2020, Apache-2.0): Reddit comments with one or more of 28 labels.
EmoBank (Buechel and Hahn 2017, CC BY-SA 4.0): sentences with valence, arousal and dominance from 1
to 5, as their writer felt, as a reader feels, and over both. The splits are those that come with
each corpus.

Shapes: N texts.
"""

import csv
import io
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from emogen.emotion import GOEMOTIONS
from emogen.errors import CorpusError

Split = Literal["train", "dev", "test"]
View = Literal["emobank", "reader", "writer"]

_REMEDY = "give the folder of the zip files, or name it in the environment variable EMOGEN_DATA"


@dataclass(frozen=True, kw_only=True)
class Texts:
    """Texts and what was measured of them.

    Attributes:
        names: N identifiers of the corpus.
        texts: N texts.
        targets: float32, [N, 28] zeros and ones for GoEmotions, or [N, 3] valence, arousal and
            dominance from 1 to 5 for EmoBank.
    """

    names: list[str]
    texts: list[str]
    targets: np.ndarray

    def __post_init__(self) -> None:
        """Refuse columns of different lengths."""
        if not len(self.names) == len(self.texts) == len(self.targets):
            raise CorpusError(
                f"expected a name and targets for each text, got {len(self.names)} names and "
                f"{len(self.targets)} targets for {len(self.texts)} texts"
            )

    def __len__(self) -> int:
        """Return N."""
        return len(self.texts)

    def __repr__(self) -> str:
        """Show the size only."""
        return f"Texts({len(self)} texts, {self.targets.shape[1]} targets)"

    def pick(self, rows: np.ndarray) -> "Texts":
        """Return some of the texts by their rows."""
        return Texts(
            names=[self.names[row] for row in rows], texts=[self.texts[row] for row in rows],
            targets=self.targets[rows],
        )


def read_goemotions(split: Split, *, data: str | Path | None = None) -> Texts:
    """Return one given split of GoEmotions, from ``goemotions.zip``.

    Args:
        split: train, dev or test.
        data: folder of the zip; by default that of EMOGEN_DATA.

    Raises:
        CorpusError: the zip is missing or of another version.
    """
    lines = _member(data, "goemotions.zip", f"{split}.tsv")
    rows = list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    targets = np.zeros((len(rows), len(GOEMOTIONS)), dtype=np.float32)
    try:
        for index, (_, labels, _) in enumerate(rows):
            targets[index, [int(label) for label in labels.split(",")]] = 1
    except (ValueError, IndexError) as error:
        raise CorpusError(
            f"expected text, labels, name in {split}.tsv, got {rows[index]!r}; "
            "the archive is another version"
        ) from error
    return Texts(names=[row[2] for row in rows], texts=[row[0] for row in rows], targets=targets)


def read_emobank(
    split: Split, *, view: View = "emobank", data: str | Path | None = None
) -> Texts:
    """Return one given split of EmoBank, from ``emobank.zip``.

    Args:
        split: train, dev or test.
        view: whose ratings: ``writer``, ``reader`` or over both (``emobank``). The views of one
            split hold the same sentences in the same order, as far as all of them rate it.
        data: folder of the zip; by default that of EMOGEN_DATA.

    Raises:
        CorpusError: the zip is missing or of another version.
    """
    tables = {
        name: {row["id"]: row for row in csv.DictReader(_member(data, "emobank.zip", name))}
        for name in ("emobank.csv", "reader.csv", "writer.csv")
    }
    whole = tables["emobank.csv"]
    try:
        names = [
            name for name, row in whole.items()
            if row["split"] == split and all(name in table for table in tables.values())
        ]
        ratings = [
            [float(tables[f"{view}.csv"][name][axis]) for axis in "VAD"] for name in names
        ]
        texts = [whole[name]["text"] for name in names]
    except (KeyError, ValueError) as error:
        raise CorpusError(
            f"expected the columns id, split, V, A, D and text in EmoBank, got: {error}; "
            "the archive is another version"
        ) from error
    return Texts(names=names, texts=texts, targets=np.array(ratings, dtype=np.float32))


def _member(data: str | Path | None, archive: str, member: str) -> io.StringIO:
    """Return a file of a zip as text."""
    folder = data or os.environ.get("EMOGEN_DATA")
    if not folder:
        raise CorpusError(f"expected a folder or EMOGEN_DATA, got neither; {_REMEDY}")
    path = Path(folder) / archive
    try:
        with zipfile.ZipFile(path) as file:
            return io.StringIO(file.read(member).decode("utf-8"), newline="")
    except FileNotFoundError as error:
        raise CorpusError(f"expected {path}, there is none; {_REMEDY}") from error
    except (OSError, KeyError, zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise CorpusError(f"expected {member} in {path}, got: {error}; copy it again") from error
