"""What every engine offers: claims in; something read, then drafted, then developed out.

Three steps, so that jobs can overlap. `read` looks at one job's inputs and encodes its words,
`draft` does the heavy part for several jobs at once, and `develop` turns one draft into frames or a
document. The first two run in the worker's main thread, the last beside the next job's draft.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from emogen.media import Clip
from emogen.rendering.store import Claim

Tell = Callable[[str, int, int], None]
"""Called with a stage, the steps done and the steps in all."""


@dataclass(frozen=True, kw_only=True)
class EngineOptions:
    """How an engine is to work.

    Attributes:
        device: where models lie, such as "cpu" or "cuda:0"; None for the best there is.
        batch: most clips in one forward; 0 leaves it to the size of the clips.
        show: called now and then with the token of a claim and a small JPEG of its unfinished clip;
            None where nobody looks.
    """

    device: str | None = None
    batch: int = 0
    show: Callable[[str, bytes], None] | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Product:
    """What a job came to, in memory.

    Attributes:
        clip: the clip, or None where a document was asked for.
        film: writes the video under the name it is given while it is made, and returns more
            warnings; for what is too long to be held. None where ``clip`` is there.
        document: the document, or None.
        parameters: how it was made, plain JSON values.
        scores: what the judge or the probe read in it, or None.
        warnings: what a person should know.
    """

    parameters: Mapping[str, Any]
    clip: Clip | None = None
    film: Callable[[Path], Sequence[str]] | None = None
    document: Mapping[str, Any] | None = None
    scores: Mapping[str, Any] | None = None
    warnings: Sequence[str] = field(default_factory=tuple)

    @property
    def is_video(self) -> bool:
        """Whether a video is written, with a sidecar beside it."""
        return self.clip is not None or self.film is not None


class Engine(Protocol):
    """Makes jobs of some kinds and keeps what it loaded for the next ones."""

    def read(self, claim: Claim, tell: Tell) -> Any:  # noqa: ANN401 - the engine's own
        """Read the inputs of one job and encode its words."""
        ...

    def draft(self, readings: Sequence[Any], tell: Tell) -> list[Any]:
        """Do the heavy part of jobs that share a bin; one draft a reading, in order."""
        ...

    def develop(self, draft: Any, tell: Tell) -> Product:  # noqa: ANN401 - the engine's own
        """Turn a draft into what will be written."""
        ...
