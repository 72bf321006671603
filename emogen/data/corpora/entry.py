"""One line of a corpus: a file and what people wrote about it, checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from emogen.emotion import Trajectory, parse
from emogen.errors import CorpusError, NotationError

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")
_SPLIT_NAMES = {
    "train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val",
    "dev": "val", "test": "test", "testing": "test", "": "",
}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A file and its annotations.

    Attributes:
        id: unique in its corpus: the path, with the seconds where only a part is meant.
        path: relative to the corpus, or absolute.
        emotion: what it evokes or shows, in emogen's notation; empty where nobody said.
        caption: what is seen, without the emotion; may be empty.
        kind: such as animation, movie, sticker, image.
        group: what must share a split, such as a film; its own id where it stands alone.
        order: place in the group, for transitions between neighbours; None where there is none.
        split: train, val, test, or empty where the corpus gives none.
        start: seconds into the file at which it begins.
        end: seconds at which it ends, None for the end of the file.
        attributes: everything else the corpus says, by name.
    """

    id: str
    path: str
    emotion: str = ""
    caption: str = ""
    kind: str = ""
    group: str = ""
    order: float | None = None
    split: str = ""
    start: float = 0.0
    end: float | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the emotion, the split and the times."""
        if not self.path.strip() or "\0" in self.path or not _is_text(self.path):
            raise CorpusError(f"expected a path in UTF-8, got {self.path!r}; rename the file")
        if self.emotion:
            try:
                read_emotion(self.emotion)
            except NotationError as error:
                raise CorpusError(f"{self.id}: {error}; name it in [labels] of a layout") from error
        if self.split.lower() not in _SPLIT_NAMES:
            raise CorpusError(
                f"expected a split of train, val or test, got {self.split!r} for {self.id}"
            )
        object.__setattr__(self, "split", _SPLIT_NAMES[self.split.lower()])
        object.__setattr__(self, "group", self.group or self.id)
        if not 0 <= self.start < (float("inf") if self.end is None else self.end):
            raise CorpusError(
                f"expected 0 <= start < end, got {self.start} and {self.end} for {self.id}"
            )

    @property
    def category(self) -> str:
        """The category that is felt most over time, empty where the emotion is unknown.

        >>> Entry(id="a", path="a.mp4", emotion="joy:0.8").category
        'amusement'
        """
        return dominant(self.emotion)


def _is_text(path: str) -> bool:
    """Tell a name that can be written down from one of bytes that are no UTF-8."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


@lru_cache(maxsize=65536)
def read_emotion(text: str, seconds: float | None = None) -> Trajectory:
    """Return the trajectory of a notation; labels and synonyms only, no free words."""
    return parse(text, seconds=seconds, free_words=False)


@lru_cache(maxsize=65536)
def dominant(emotion: str) -> str:
    """Return the largest category of a notation, that of most keyframes for a curve."""
    if not emotion:
        return ""
    names = [keyframe.point.dominant for keyframe in read_emotion(emotion, 1e6).keyframes]
    return max(names, key=names.count)
