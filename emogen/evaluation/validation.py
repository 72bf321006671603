"""Is training going well: a protocol and a way to make its clips in, a few scores out.

The main judge and the probe read the clips, which stay as files to look at. The second judge is not
asked, so it remains one that no state was chosen by.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np

from emogen.errors import EmogenError, InputError
from emogen.evaluation.campaign import ClipRequest, Judge, Row, load_protocol, run_campaign
from emogen.evaluation.campaign.figures import hits, share
from emogen.evaluation.campaign.run import Source
from emogen.evaluation.campaign.shipped import ShippedJudge
from emogen.evaluation.probe import Probe
from emogen.evaluation.recogniser.recogniser import Recogniser
from emogen.evaluation.statistics import Estimate, bootstrap_mean
from emogen.media import contact_sheet, read_video

JUDGE = "main"
SHEET_CLIPS, SHEET_COLUMNS = 16, 6
Gather = Callable[[list[Any]], list[Any]]
"""Joins the lists of all processes, on each of them."""


def validation_requests(protocol: str) -> list[ClipRequest]:
    """Return the clips of a protocol that ask for one emotion each: what every score is made of.

    Raises:
        InputError: no such protocol, or none of its clips asks for one emotion.
    """
    found = [one for one in load_protocol(protocol).requests() if one.measures == "category"]
    if not found:
        raise InputError(
            f"expected clips that measure a category in the protocol {protocol!r}, got none;"
            " take quick or add such a part"
        )
    return found


@dataclass(kw_only=True, eq=False)
class Validator:
    """Makes, keeps and judges the clips of a protocol, again and again.

    Attributes:
        requests: what is asked for, always the same.
        source: makes the clip of a request with the present weights.
        folder: where each measurement gets a folder.
        process: which of the processes this is; the first one answers.
        processes: how many share the work.
        together: whether all must make every clip, since the weights are spread over them.
        gather: joins what the processes found.
        rows: what the last measurement found, on the first process.
    """

    requests: Sequence[ClipRequest]
    source: Source
    folder: Path
    process: int = 0
    processes: int = 1
    together: bool = False
    gather: Gather = lambda found: found
    rows: list[Row] = field(default_factory=list, init=False)
    _readers: tuple[Judge, Probe] | None = field(default=None, init=False)

    def __call__(self, step: int) -> dict[str, Estimate] | None:
        """Return the scores of the present weights on the first process, None on the others.

        Raises:
            EmogenError: no clip could be made and judged.
        """
        place = self.place(step)
        if self.together and self.process:
            self._accompany()
            return None
        mine = self.requests if self.together else self.requests[self.process :: self.processes]
        if self.processes > 1 and not self.together:
            place = place / f"process-{self.process}"
        if self.together:  # a clip that lies there would not be made here, but by the others
            rmtree(place, ignore_errors=True)
        if self._readers is None:
            self._readers = ShippedJudge(Recogniser.load(judge=JUDGE)), Probe.load()
        judge, probe = self._readers
        rows = run_campaign(mine, source=self.source, judges={JUDGE: judge}, folder=place)
        found = [(row, place, _subject_shown(row, place, probe)) for row in rows]
        if not self.together:
            found = self.gather(found)
        if self.process:
            return None
        failed = [row for row, _, _ in found if not row.is_finished]
        if len(failed) == len(found):
            raise EmogenError(f"all {len(found)} clips failed, the first: {failed[0].error}")
        self.rows = [row for row, _, _ in found]
        self._places = {row.key: at for row, at, _ in found}
        return scores_of([(row, shown) for row, _, shown in found if row.is_finished])

    def place(self, step: int) -> Path:
        """Return the folder of a measurement."""
        return self.folder / f"step-{step:07d}"

    def sheet(self) -> np.ndarray:
        """Return a picture of clips of the last measurement, uint8 [H, W, 3]."""
        rows = [row for row in self.rows if row.is_finished]
        chosen = rows[:: max(1, -(-len(rows) // SHEET_CLIPS))]
        return contact_sheet(
            [read_video(self._places[row.key] / row.clip) for row in chosen],
            prompts=[row.prompt for row in chosen], emotions=[row.emotion for row in chosen],
            columns=SHEET_COLUMNS, tile_height=96,
        )

    def _accompany(self) -> None:
        """Make every clip for the first process, which keeps it."""
        for request in self.requests:
            try:
                self.source(request)
            except EmogenError:  # the first process meets the same one and keeps it as a row
                continue


def scores_of(found: Sequence[tuple[Row, bool | None]]) -> dict[str, Estimate]:
    """Return the scores of finished rows, each with whether the asked subject is seen, if known.

    ``ea8`` and ``ea2`` are EmoVid's, ``asked_weight`` the mean weight of the emotion asked for,
    ``va_distance`` the mean distance of asked and read in the plane of valence and arousal, in
    [0, 2.83], ``text`` the share of clips in which the probe sees the subject asked for, of prompts
    that name one it knows.
    """
    rows = [row for row, _ in found]
    prompts = [row.prompt for row in rows]
    scores = {
        "ea8": share(hits(rows, JUDGE), prompts),
        "ea2": share(hits(rows, JUDGE, classes=2), prompts),
        "asked_weight": bootstrap_mean(
            [row.judges[JUDGE].weight(row.asked) for row in rows], prompts
        ),
        "va_distance": bootstrap_mean([va_distance(row) for row in rows], prompts),
    }
    known = [(row.prompt, shown) for row, shown in found if shown is not None]
    if known:
        names, shown = zip(*known, strict=True)
        scores["text"] = share(np.array(shown), names)
    return scores


def va_distance(row: Row) -> float:
    """Return how far what is read lies from what was asked in valence and arousal, in [0, 2.83]."""
    seconds = max(row.picture.seconds, 1e-3)
    asked = row.request.trajectory(seconds).sample(2, 1 / seconds)[:, 8:10].mean(axis=0)
    return float(np.linalg.norm(np.asarray(row.judges[JUDGE].vad[:2]) - asked))


def _subject_shown(row: Row, place: Path, probe: Probe) -> bool | None:
    if not row.is_finished or row.draw not in probe.subjects:
        return None
    return probe(read_video(place / row.clip).frames).top_subject == row.draw
