"""How the face moves: options and a transcript in, settings and phone times out; and who spoke."""

from collections.abc import Sequence
from pathlib import Path

from emogen.errors import InputError
from emogen.motion.a2m import AudioToMotion, MotionSettings
from emogen.motion.idle import IdleSettings
from emogen.motion.phones import PhoneSpan
from emogen.motion.rig.pose import speaking
from emogen.motion.track import MotionTrack, join


class MotionWatch:
    """Looks at motion as it comes: how much of it is speech; keeps it if asked to.

    Args:
        keep: whether to hold the motion.
    """

    def __init__(self, *, keep: bool = False) -> None:
        self._tracks: list[MotionTrack] = []
        self._keep, self._spoken, self._frames = keep, 0.0, 0

    def __call__(self, track: MotionTrack) -> None:
        """Look at the next stretch."""
        self._spoken += float(speaking(track).sum())
        self._frames += len(track)
        if self._keep:
            self._tracks.append(track)

    @property
    def speech(self) -> float:
        """Share of the time in which the mouth speaks, in [0, 1]."""
        return self._spoken / max(1, self._frames)

    @property
    def track(self) -> MotionTrack | None:
        """What was kept, None where nothing was."""
        return join(self._tracks) if self._tracks else None


def motion_settings(
    *, seed: int, head: float, mouth: float, blinks: float, gaze: float
) -> MotionSettings:
    """Return how a face moves.

    Raises:
        InputError: a factor is out of range.
    """
    idle = IdleSettings(blinks=blinks, gaze=gaze)
    return MotionSettings(seed=seed, head=head, mouth=mouth, idle=idle)


def spans_of(
    a2m: AudioToMotion, sound: Path, text: str
) -> tuple[Sequence[PhoneSpan], str | None]:
    """Return when the phones of a transcript sound, and a note where it is of no use.

    Raises:
        MediaError: the sound cannot be read.
    """
    try:
        found = a2m.align(sound, text)
    except InputError as error:
        return (), f"the transcript does not guide the mouth: {error}"
    if not found.plausible:
        score = f"{found.score:.1f}"
        note = f"the transcript does not fit the sound (score {score}); it does not guide the mouth"
        return (), note
    return found.spans, None
