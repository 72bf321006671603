"""A checked request and a place in; the video on disk, its sidecar and what was heard out."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from emogen.cli.destination import Destination
from emogen.cli.progress import Stages
from emogen.cli.talking.request import TalkRequest
from emogen.media import write_sidecar
from emogen.motion.track import save_track
from emogen.rendering.talking import Performed, perform, prepare


@dataclass(frozen=True, kw_only=True, eq=False)
class Made:
    """A talking head with everything that lies beside it.

    Attributes:
        place: where.
        performed: the video and how it came about.
        motion: the file of the motion, if it was asked for.
        seconds: how long each stage took.
        notes: what a person should know.
    """

    place: Destination
    performed: Performed
    motion: Path | None
    seconds: dict[str, float]
    notes: list[str]


def make(request: TalkRequest, place: Destination) -> Made:
    """Make a talking head and write it with its sidecar.

    Raises:
        EmogenError: something does not fit, cannot be read or cannot be written.
    """
    notes: list[str] = []
    with Stages() as stages, _own_warnings(notes):
        performed = perform(
            prepare(request, tell=stages), place.video, tell=stages,
            keep_motion=request.motion_out is not None,
        )  # fmt: skip
        stages("writing")
        write_sidecar(place.video, performed.record.parameters())
        if request.motion_out is not None:
            save_track(performed.track, request.motion_out)
    return Made(place=place, performed=performed, motion=request.motion_out,
                seconds=stages.seconds,
                notes=list(dict.fromkeys([*notes, *performed.notes])))  # fmt: skip


@contextmanager
def _own_warnings(notes: list[str]) -> Iterator[None]:
    """Collect emogen's own warnings; what libraries say to programmers is dropped."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    package = str(Path(__file__).parents[2])
    notes += [str(entry.message) for entry in caught if entry.filename.startswith(package)]
