"""Is B better than A: two campaigns in, paired differences, tests and one plain claim out.

Clips are paired by prompt, emotion and seed, so that what differs is the system alone. What both
judges must agree on before anything is claimed is in `emogen.evaluation.campaign.claims`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from emogen.errors import InputError
from emogen.evaluation.campaign.claims import JITTER, Difference, verdict
from emogen.evaluation.campaign.figures import curve_pair, hits, series_of
from emogen.evaluation.campaign.rows import Row
from emogen.evaluation.campaign.summary import Campaign
from emogen.evaluation.comparison import (
    effective_count,
    holm,
    mcnemar,
    paired_bootstrap,
    permutation_test,
    smallest_paired_difference,
)
from emogen.evaluation.metrics import curve_correlation
from emogen.evaluation.statistics import RESAMPLES, spearman


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """Two campaigns side by side.

    Attributes:
        pairs: clips that both have.
        left_out: clips that only one has, or that failed in one.
        judges: differences by judge, main first.
        claims: what may be said, in plain sentences.
    """

    pairs: int
    left_out: int
    judges: dict[str, list[Difference]]
    claims: list[str]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "pairs": self.pairs, "left_out": self.left_out, "claims": self.claims,
            "judges": {
                name: [difference.to_dict() for difference in found]
                for name, found in self.judges.items()
            },
        }


def compare(first: Campaign, second: Campaign, *, resamples: int = RESAMPLES) -> Contrast:
    """Compare two campaigns clip by clip.

    Args:
        first: A.
        second: B.
        resamples: of each bootstrap; permutations are five times as many.

    Raises:
        InputError: they share no clips, or were judged by different weights.
    """
    ours, theirs, left_out = _paired(first, second)
    names = [name for name in first.judges if name in second.judges]
    _check_judges(ours, theirs, names)
    judges = {name: _adjusted(_differences(ours, theirs, name, resamples)) for name in names}
    return Contrast(
        pairs=len(ours), left_out=left_out, judges=judges, claims=verdict(judges, len(ours)),
    )


def _paired(first: Campaign, second: Campaign) -> tuple[list[Row], list[Row], int]:
    one, other = ({row.request.pair: row for row in c.finished} for c in (first, second))
    shared = [key for key in one if key in other]
    if len(shared) < 2:
        raise InputError(
            f"expected clips with the same prompt, emotion and seed in both, got {len(shared)} of"
            f" {len(one)} and {len(other)}; run both on one protocol"
        )
    left_out = len(first.rows) + len(second.rows) - 2 * len(shared)
    return [one[key] for key in shared], [other[key] for key in shared], left_out


def _check_judges(ours: list[Row], theirs: list[Row], names: list[str]) -> None:
    if not names:
        raise InputError("expected a judge that read both, got none; run both with --rejudge")
    for name in names:
        models = {row.judges[name].model for row in (*ours, *theirs)}
        if len(models) > 1:
            raise InputError(
                f"expected one {name} judge, got {' and '.join(sorted(models)[:2])}; run both with"
                " --rejudge"
            )


def _differences(
    ours: list[Row], theirs: list[Row], judge: str, resamples: int
) -> list[Difference]:
    found = []
    chosen = [index for index, row in enumerate(ours) if row.measures == "category"]
    if chosen:
        a, b = ([rows[index] for index in chosen] for rows in (ours, theirs))
        prompts = [row.prompt for row in a]
        for metric, classes in (("ea8", 8), ("ea2", 2)):
            right = [hits(rows, judge, classes=classes) for rows in (a, b)]
            found.append(_of_hits(metric, *right, prompts, resamples))
        weights = [[row.judges[judge].weight(row.asked) for row in rows] for rows in (a, b)]
        found.append(_of_values("asked_weight", *weights, prompts, resamples))
    for metric, read in (("intensity_rank", _ranks), ("curve", _curves)):
        one, other = read(ours, judge), read(theirs, judge)
        keys = [key for key in one if key in other]
        if len(keys) > 1:
            values = [one[key] for key in keys], [other[key] for key in keys]
            prompts = [key[0] for key in keys]
            found.append(_of_values(metric, *values, prompts, resamples))
    restless = [[row.picture.jitter for row in rows] for rows in (ours, theirs)]
    found.append(_of_values(JITTER, *restless, [row.prompt for row in ours], resamples))
    return found


def _ranks(rows: Sequence[Row], judge: str) -> dict[tuple[str, str | None, int | None], float]:
    """Return Spearman's correlation of each series."""
    return {
        (series[0].prompt, series[0].asked, series[0].seed): spearman(
            [row.intensity for row in series], [row.judges[judge].intensity for row in series]
        )
        for series in series_of(rows) if len({row.intensity for row in series}) > 1
    }


def _curves(rows: Sequence[Row], judge: str) -> dict[tuple[str, str, int | None], float]:
    """Return the correlation of each curve."""
    found = {}
    for row in rows:
        if row.measures == "curve" and len(row.judges[judge].curve_seconds) > 1:
            pair = curve_pair(row, judge)
            found[row.prompt, row.emotion, row.seed] = curve_correlation(pair.asked, pair.read)
    return found


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values))


def _of_hits(
    metric: str, first: np.ndarray, second: np.ndarray, prompts: Sequence[str], resamples: int
) -> Difference:
    """McNemar's exact test; where prompts have several clips, no less than the clustered test."""
    exact = mcnemar(first, second)
    difference = _of_values(metric, first.astype(float), second.astype(float), prompts, resamples)
    clustered = len(set(prompts)) < len(prompts)
    gains = second.astype(float) - first.astype(float)
    count = effective_count(gains, prompts) if len(set(prompts)) > 1 else float(len(gains))
    return Difference(
        metric=metric, first=difference.first, second=difference.second,
        difference=difference.difference,
        test="McNemar, exact; permutation of prompts" if clustered else "McNemar, exact",
        p_value=max(exact.p_value, difference.p_value) if clustered else exact.p_value,
        only_first=exact.only_first, only_second=exact.only_second,
        smallest=smallest_paired_difference(count, discordance=exact.discordance),
    )


def _of_values(
    metric: str, first: Sequence[float] | np.ndarray, second: Sequence[float] | np.ndarray,
    prompts: Sequence[str], resamples: int,
) -> Difference:
    one, other = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    return Difference(
        metric=metric, first=_mean(one), second=_mean(other),
        difference=paired_bootstrap(
            _mean, [one], [other], clusters=prompts, resamples=resamples
        ),
        test="permutation of prompts",
        p_value=permutation_test(
            _mean, [one], [other], clusters=prompts, permutations=5 * resamples - 1
        ),
    )


def _adjusted(differences: list[Difference]) -> list[Difference]:
    adjusted = holm({found.metric: found.p_value for found in differences})
    return [replace(found, adjusted=adjusted[found.metric]) for found in differences]
