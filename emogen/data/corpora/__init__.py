"""Corpora that people hold: a kind and a place in, entries out.

Each reader takes a place and a layout and returns entries. EmoVid's file layout is not published,
so its layout here is a default that reads what is likely and that a file can correct.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from emogen.data.corpora.annotated import read_annotated
from emogen.data.corpora.emoset import read_emoset
from emogen.data.corpora.entry import Entry
from emogen.data.corpora.layout import Layout, read_layout
from emogen.data.corpora.place import Place
from emogen.errors import CorpusError, suggest

__all__ = ["CORPORA", "Corpus", "Entry", "Layout", "Place", "read_corpus"]


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """A kind of corpus.

    Attributes:
        holds: what is in it.
        expects: how it has to lie on disk.
        terms: what its makers allow.
        layout: what is assumed where no layout file is given.
        read: place and layout in, entries out.
    """

    holds: str
    expects: str
    terms: str
    layout: Layout
    read: Callable[[Place, Layout], list[Entry]]


CORPORA: dict[str, Corpus] = {
    "emovid": Corpus(
        holds="22,758 clips of animation, film and stickers, one of Mikels' eight each, captions",
        expects="tables anywhere (CSV, TSV, JSON, JSONL) with path and emotion, or folders "
        "KIND/EMOTION/; not published, see --layout",
        terms="academic, non-commercial, no redistribution (arXiv 2511.11002)",
        layout=replace(
            Layout(), tables=("*.csv", "*.tsv", "*.jsonl", "*.json"),
            kinds=("animation", "movie", "sticker"),
        ),
        read=read_annotated,
    ),
    "folder": Corpus(
        holds="your own clips and pictures",
        expects="files with a CSV, TSV or JSONL table; or folders named after emotions, captions "
        "in NAME.txt",
        terms="yours",
        layout=Layout(),
        read=read_annotated,
    ),
    "emoset": Corpus(
        holds="118,102 pictures with Mikels' eight and attributes, for co-training",
        expects="train.json, val.json, test.json; image/EMOTION/; annotation/EMOTION/NAME.json",
        terms="academic, non-commercial (arXiv 2307.07961)",
        layout=Layout(),
        read=read_emoset,
    ),
}
"""By the name that the command line takes."""


def read_corpus(
    kind: str, root: str | Path | Place, *, layout: str | Path | None = None
) -> list[Entry]:
    """Return the entries of a corpus.

    Args:
        kind: a key of `CORPORA`.
        root: its folder, or an fsspec URL.
        layout: a TOML or JSON file, see `emogen.data.corpora.layout`.

    Raises:
        CorpusError: an unknown kind, or a corpus that cannot be read.
    """
    if kind not in CORPORA:
        hint = suggest(kind, list(CORPORA)) or "."
        raise CorpusError(f"no corpus {kind!r}{hint} Known: {', '.join(CORPORA)}")
    corpus = CORPORA[kind]
    chosen = corpus.layout if layout is None else read_layout(layout, corpus.layout)
    place = root if isinstance(root, Place) else Place(root)
    return corpus.read(place, chosen)
