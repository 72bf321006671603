"""The summary of a campaign: a folder of rows in, every figure of a report out, as plain JSON."""

import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from emogen.emotion import MIKELS
from emogen.errors import InputError
from emogen.evaluation.campaign.card import RunCard, read_card
from emogen.evaluation.campaign.figures import (
    emotions,
    hits,
    judge_figures,
    top_confusion,
)
from emogen.evaluation.campaign.rows import ROWS, Row, read_rows
from emogen.evaluation.campaign.run import read_features
from emogen.evaluation.comparison import effective_count, smallest_difference
from emogen.evaluation.metrics import cohen_kappa, frechet_distance, reliability_bins
from emogen.evaluation.statistics import RESAMPLES, Estimate, bootstrap_mean, wilson

CEILING, REFERENCE = "ceiling", "reference"
FEW_PROMPTS = 20


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """A campaign on disk.

    Attributes:
        folder: where it lies.
        card: how it was run, None for one without a card.
        rows: its clips.
        ceiling: clips of the same kind that show what was asked for certain; may be empty.
        reference: rows of real clips for the Frechet distance; may be empty.
        notes: what a reader should know about the files.
    """

    folder: Path
    card: RunCard | None
    rows: list[Row]
    ceiling: list[Row] = field(default_factory=list)
    reference: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def finished(self) -> list[Row]:
        """Rows that were made and judged."""
        return [row for row in self.rows if row.is_finished]

    @property
    def judges(self) -> list[str]:
        """Names of the judges that read every finished clip, main first."""
        names = dict.fromkeys(name for row in self.finished for name in row.judges)
        every = [name for name in names if all(name in row.judges for row in self.finished)]
        return sorted(every, key=lambda name: (name != "main", name != "second", name))


def read_campaign(folder: str | Path) -> Campaign:
    """Read a campaign with its ceiling and reference.

    Raises:
        InputError: there is none, or no clip of it is finished.
    """
    place = Path(folder)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        parts = {
            name: read_rows(place / name) if (place / name / ROWS).is_file() else []
            for name in (CEILING, REFERENCE)
        }
        campaign = Campaign(
            folder=place, card=read_card(place), rows=read_rows(place), **parts,
            notes=[str(entry.message) for entry in caught],
        )
    if not campaign.finished or not campaign.judges:
        reasons = {row.error for row in campaign.rows if row.error}
        hint = f", the first says: {min(reasons)}" if reasons else ""
        raise InputError(f"no finished clip in {str(folder)!r}{hint}; run the campaign again")
    return campaign


def summarise(campaign: Campaign, *, resamples: int = RESAMPLES) -> dict[str, Any]:
    """Return every figure of a campaign as plain JSON values.

    Args:
        campaign: what to summarise.
        resamples: of each bootstrap; slow figures take half of them.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = _summarised(campaign, resamples)
    found["notes"] += [str(entry.message) for entry in caught]
    found["notes"] = list(dict.fromkeys(found["notes"]))
    return found


def _summarised(campaign: Campaign, resamples: int) -> dict[str, Any]:
    rows, ceiling = campaign.finished, [row for row in campaign.ceiling if row.is_finished]
    notes = list(campaign.notes)
    judges: dict[str, Any] = {}
    for name in campaign.judges:
        judges[name] = _judge(campaign, rows, name, notes, resamples)
        known = [row for row in ceiling if name in row.judges]
        judges[name]["ceiling"] = (
            _judge(campaign, known, name, notes, resamples) if known else None
        )
    prompts = {row.prompt for row in rows if row.measures == "category"}
    if 0 < len(prompts) < FEW_PROMPTS:
        few = "one prompt" if len(prompts) == 1 else f"{len(prompts)} prompts"
        notes.append(f"{few} only: intervals say little about prompts of another kind")
    return {
        "schema": 1,
        "counts": {
            "asked": len(campaign.rows), "finished": len(rows),
            "failed": len(campaign.rows) - len(rows), "prompts": len({row.prompt for row in rows}),
            "ceiling": len(ceiling),
        },
        "judges": judges,
        "agreement": _agreement(rows, campaign.judges),
        "picture": _picture(rows),
        "colour": _colour(rows),
        "power": _power(rows, campaign.judges),
        "notes": notes,
    }


def _judge(
    campaign: Campaign, rows: Sequence[Row], name: str, notes: list[str], resamples: int
) -> dict[str, Any]:
    figures, found = judge_figures(rows, name, resamples=resamples)
    notes += [f"{name}: {note}" for note in found]
    category = [row for row in rows if row.measures == "category"]
    return {
        "model": rows[0].judges[name].model,
        "tier": rows[0].judges[name].tier,
        "figures": {key: estimate.to_dict() for key, estimate in figures.items()},
        "confusion": top_confusion(rows, name),
        "by_emotion": _shares(category, name, lambda row: row.asked),
        "by_type": _shares(category, name, lambda row: row.type),
        "reliability": _reliability(category, name),
        "frechet": _frechet(campaign, name) if rows and rows[0] in campaign.rows else None,
    }


def _shares(rows: Sequence[Row], judge: str, group: Any) -> dict[str, dict[str, float]]:  # noqa: ANN401
    """Return EA-8 of each group with its Wilson interval."""
    right = hits(rows, judge) if rows else np.zeros(0, bool)
    groups: dict[str, list[bool]] = {}
    for row, hit in zip(rows, right, strict=True):
        if group(row) is not None:
            groups.setdefault(group(row), []).append(bool(hit))
    order = [*MIKELS, *groups]
    return {
        name: wilson(sum(groups[name]), len(groups[name])).to_dict()
        for name in sorted(groups, key=order.index)
    }


def _reliability(rows: Sequence[Row], judge: str) -> list[dict[str, float]]:
    if not rows:
        return []
    sure = [row.judges[judge].confidence for row in rows]
    right = [row.judges[judge].top == row.asked for row in rows]
    return [asdict(bar) for bar in reliability_bins(sure, right, bins=10)]


def _frechet(campaign: Campaign, judge: str) -> dict[str, Any] | None:
    """Return the distance to real clips where there are some, else to those of the ceiling."""
    for name, rows in ((REFERENCE, campaign.reference), (CEILING, campaign.ceiling)):
        real = read_features(campaign.folder / name, rows, judge)
        made = read_features(campaign.folder, campaign.finished, judge)
        if min(len(real), len(made)) >= 2 and real.shape[1] == made.shape[1]:
            return {
                "to": name, "value": round(frechet_distance(made, real), 4),
                "clips": len(made), "real": len(real), "width": made.shape[1],
            }
    return None


def _agreement(rows: Sequence[Row], judges: Sequence[str]) -> dict[str, Any] | None:
    """Return how often the first two judges name the same emotion of the eight."""
    if len(judges) < 2:
        return None
    first, second = (emotions(rows, name)[:, : len(MIKELS)].argmax(axis=1) for name in judges[:2])
    prompts = [row.prompt for row in rows]
    return {
        "same": bootstrap_mean((first == second).astype(float), prompts).to_dict(),
        "kappa": round(cohen_kappa(first, second, num_classes=len(MIKELS)), 4),
    }


def _picture(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    prompts = [row.prompt for row in rows]
    return {
        name: _fine(bootstrap_mean([getattr(row.picture, name) for row in rows], prompts))
        for name in ("change", "jitter", "pumping")
    }


def _fine(estimate: Estimate) -> dict[str, float]:
    return {name: round(value, 6) for name, value in asdict(estimate).items()}


def _colour(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """Return the mean colour of the clips of each emotion asked for; hue is a circular mean."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        if row.measures in {"category", "neutral"}:
            groups.setdefault(row.asked or "neutral", []).append(row)
    found = {}
    for name, members in groups.items():
        angles = np.array([row.picture.hue for row in members]) * 2 * np.pi
        hue = float(np.arctan2(np.sin(angles).mean(), np.cos(angles).mean()) / (2 * np.pi) % 1)
        found[name] = {
            "hue": round(hue, 4), "count": len(members),
            **{key: round(float(np.mean([getattr(row.picture, key) for row in members])), 4)
               for key in ("colourfulness", "brightness")},
        }
    return found


def _power(rows: Sequence[Row], judges: Sequence[str]) -> dict[str, float | int | None]:
    """Return what another system would have to gain in EA-8 to be told apart from this one."""
    rows = [row for row in rows if row.measures == "category"]
    prompts = [row.prompt for row in rows]
    if len(set(prompts)) < 2 or not judges:
        return {}
    right = hits(rows, judges[0])
    count = effective_count(right.astype(float), prompts)
    value = float(right.mean())
    needed = smallest_difference(count, share=value)
    return {
        "clips": len(rows), "effective": round(count, 1), "ea8": round(value, 4),
        "smallest_rise": None if needed is None else round(needed, 4),
    }
