"""Judgements of files that exist: a claim with a clip in, the judge's answer as a document out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emogen.emotion import Trajectory
from emogen.media import probe, read_parameters
from emogen.rendering.record import EmotionRecord, file_record
from emogen.rendering.store import Claim
from emogen.rendering.values import read_emotion
from emogen.rendering.worker.engine import EngineOptions, Product, Tell
from emogen.rendering.worker.scoring import Readers, along, scores_of


@dataclass(frozen=True, kw_only=True, eq=False)
class Question:
    """A file and what it should show: a curve with its notation, or neither."""

    claim: Claim
    path: Path
    asked: Trajectory | None
    notation: str | None


class JudgingEngine:
    """Makes evaluate jobs.

    Args:
        options: unused; the judge runs on the CPU.
    """

    def __init__(self, options: EngineOptions) -> None:
        del options
        self._readers = Readers()

    def read(self, claim: Claim, tell: Tell) -> Question:
        """Look whether the file is one that can be judged, and what it should show."""
        tell("reading", 0, 1)
        path = Path(claim.job.clip)
        info = probe(path)
        if claim.job.asked is not None:
            asked = read_emotion(claim.job.asked, info.duration)
            return Question(claim=claim, path=path, asked=asked, notation=claim.job.asked)
        found = (read_parameters(path) or {}).get("emotion")
        if found is None:
            return Question(claim=claim, path=path, asked=None, notation=None)
        record = EmotionRecord.model_validate(found)
        return Question(
            claim=claim, path=path, asked=record.trajectory(), notation=record.asked
        )

    def draft(self, readings: Sequence[Question], tell: Tell) -> list[Question]:
        """Pass on: nothing here is done for several files at once."""
        del tell
        return list(readings)

    def develop(self, draft: Question, tell: Tell) -> Product:
        """Judge the file."""
        def seconds_read(done: int, total: int) -> None:
            tell("judging", done, total)

        seconds_read(0, 1)
        found = self._readers.judge.recognise(draft.path, progress=seconds_read)
        asked = None if draft.asked is None else along([(0.0, draft.asked)])
        scores = scores_of(found, asked)
        parameters: dict[str, Any] = {
            "kind": "evaluate", "clip": file_record(draft.path).model_dump(mode="json"),
            "asked": draft.notation,
        }
        return Product(
            parameters=parameters, scores=scores, warnings=tuple(found.notes),
            document={"scores": scores, "recognition": found.as_dict()},
        )
