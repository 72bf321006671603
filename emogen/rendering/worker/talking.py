"""Talking heads: a claim with a portrait and a sound in, a video written while it is drawn out.

Nothing is drafted: an hour of frames is too much to be held, so drawing waits until there is a name
to write to.
"""

from collections.abc import Sequence
from pathlib import Path

from emogen.media import probe
from emogen.media.container import check_file
from emogen.rendering.store import Claim
from emogen.rendering.talk_settings import TalkSettings
from emogen.rendering.talking import Performance, perform, prepare
from emogen.rendering.worker.engine import EngineOptions, Product, Tell


class TalkingEngine:
    """Makes talk jobs.

    Args:
        options: unused; what is drawn is drawn on the CPU.
    """

    def __init__(self, options: EngineOptions) -> None:
        del options

    def read(self, claim: Claim, tell: Tell) -> TalkSettings:
        """Look whether there is sound to talk to."""
        tell("reading", 0, 1)
        settings = settings_of(claim)
        probe(check_file(settings.audio))
        return settings

    def draft(self, readings: Sequence[TalkSettings], tell: Tell) -> list[Performance]:
        """Listen to the sounds: what each face is to show, and when its phones sound."""
        return [prepare(settings, tell=tell) for settings in readings]

    def develop(self, draft: Performance, tell: Tell) -> Product:
        """Return what draws and writes the video."""
        def film(part: Path) -> Sequence[str]:
            return perform(draft, part, tell=tell).notes

        return Product(film=film, parameters=draft.record.parameters())


def settings_of(claim: Claim) -> TalkSettings:
    """Return the settings of a job; what a job cannot say takes its default."""
    job = claim.job
    width, height = (None, None) if job.size is None else claim.measures.size(*job.pixels)
    return TalkSettings(
        audio=Path(job.audio), portrait=job.portrait, transcript=job.transcript,
        emotion=job.emotion or "auto", engine=job.engine or "rig", scene=job.prompt, width=width,
        height=height, fps=job.fps or 25.0, seed=job.seed, label=job.label,
    )  # fmt: skip
