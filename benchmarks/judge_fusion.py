"""Launch: python benchmarks/judge_fusion.py [--cache cache/judge_fusion] [--out FILE] [--quick].

Does fusion know what senses say together, when they contradict each other, and how sure it is? On
test parts that neither encoders nor fusion learned from (`training/cache_judge_fusion.py` makes the
readings): lines of GoEmotions test, voices of folds that had not heard the speaker, drawn clips of
the test split. (a) Every subset of senses: accuracy, cross-entropy, calibration, accuracy by
confidence; (b) conflict: matched clips against crossed ones, AUROC per pair of senses, of the
learned conflict, Bayes' rule untrained and plain Jensen-Shannon divergence, among emotional
examples and with neutral ones and blends; (c) each corpus alone;
(d) what abstaining costs. Intervals
are bootstrapped, 95 %, over clusters (speaker, character, line) of the first sense.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from emogen.emotion import CATEGORIES
from emogen.errors import EmogenError
from emogen.evaluation import Estimate, wilson
from emogen.evaluation.metrics import (
    accuracy_by_confidence,
    auroc,
    brier_score,
    expected_calibration_error,
    modality_conflict,
)
from emogen.evaluation.recogniser.calibration import cross_entropy
from emogen.evaluation.recogniser.fusion import Evidence, Fusion, subset_name
from emogen.evaluation.recogniser.pairing import Clips, Labelled, assemble
from emogen.evaluation.recogniser.reading import MODALITIES, Modality
from emogen.evaluation.tables import folder_hash, machine, markdown_table, write_result

RESAMPLES = 400
GROUPS = np.array([0, 0, 0, 0, 1, 1, 1, 1, 2])
"""Pleasant, unpleasant and neutral categories."""
NEUTRAL = CATEGORIES.index("neutral")

Tables = Mapping[Modality, Labelled]


def subset_figures(fusion: Fusion, tables: Tables, count: int, seed: int) -> dict[str, Any]:
    """Return accuracy and calibration on matched clips of the given senses."""
    clips = assemble(tables, count, np.random.default_rng(seed))
    fused, rule = fusion(clips.evidence), Fusion.rule()(clips.evidence)
    right, plain = clips.right(fused.emotion), clips.right(rule.emotion)
    levels = accuracy_by_confidence(fused.confidence, right, thresholds=[0, 0.3, 0.5, 0.7, 0.9])
    answered = fused.confidence >= fusion.config.get("abstain_below", 0.0)
    return {
        "clips": len(clips),
        "accuracy": wilson(int(right.sum()), len(right)).to_dict(),
        "accuracy_rule": round(float(plain.mean()), 4),
        "cross_entropy": round(cross_entropy(fused.emotion, clips.target()), 4),
        "cross_entropy_rule": round(cross_entropy(rule.emotion, clips.target()), 4),
        "brier": round(brier_score(fused.emotion, clips.category), 4),
        "ece": round(expected_calibration_error(fused.confidence, right), 4),
        "ece_rule": round(expected_calibration_error(rule.confidence, plain), 4),
        "confidence_auroc": rounded(auroc(fused.confidence, right)),
        "vad_correlation": correlations(fused.vad, clips.target_vad()),
        "accuracy_by_confidence": [
            {"from": level.threshold, "coverage": round(level.coverage, 4),
             "accuracy": None if level.accuracy is None else round(level.accuracy.value, 4)}
            for level in levels
        ],
        "answered": round(float(answered.mean()), 4),
        "accuracy_answered": rounded(right[answered].mean()) if answered.any() else None,
    }


def emotional(tables: Tables) -> Tables:
    """Return the examples whose label is an emotion for the most part, not neutral or a blend."""
    return {
        name: table.only(np.flatnonzero(
            (table.truth[:, NEUTRAL] <= 0.3) & (table.truth.max(1) >= 0.4)
        ))
        for name, table in tables.items()
    }


def correlations(read: np.ndarray, truth: np.ndarray) -> list[float]:
    """Return Pearson's correlation of valence, arousal and dominance."""
    return [round(float(np.corrcoef(read[:, i], truth[:, i])[0, 1]), 4) for i in range(3)]


def conflict_figures(fusion: Fusion, tables: Tables, count: int, seed: int) -> dict[str, Any]:
    """Return how well conflict tells crossed clips from matched ones, for two or three senses."""
    rng = np.random.default_rng(seed)
    matched, crossed = (assemble(tables, count, rng, crossed=side) for side in (False, True))
    truth = np.repeat([False, True], count)
    scores = {
        name: np.concatenate([score(clips.evidence) for clips in (matched, crossed)])
        for name, score in (
            ("learned", lambda evidence: fusion(evidence).conflict),
            ("rule", lambda evidence: Fusion.rule()(evidence).conflict),
            ("jensen_shannon", jensen_shannon),
        )
    }
    clusters = np.concatenate([clusters_of(tables, clips) for clips in (matched, crossed)])
    across = np.concatenate([np.ones(count, bool), valence_differs(crossed)])
    within = np.concatenate([np.ones(count, bool), ~valence_differs(crossed)])
    said = scores["learned"] >= 0.5
    return {
        "clips": 2 * count,
        **{f"auroc_{name}": interval(values, truth, clusters).to_dict()
           for name, values in scores.items()},
        "auroc_other_valence": rounded(auroc(scores["learned"][across], truth[across])),
        "auroc_same_valence": rounded(auroc(scores["learned"][within], truth[within])),
        "called_conflict_matched": round(float(said[~truth].mean()), 4),
        "called_conflict_crossed": round(float(said[truth].mean()), 4),
    }


def jensen_shannon(evidence: Evidence) -> np.ndarray:
    """Return the plain generalised divergence of what the senses say, [N]."""
    return modality_conflict(evidence.emotion.transpose(1, 0, 2), evidence.presence.T)


def valence_differs(clips: Clips) -> np.ndarray:
    """Tell for each clip whether two of its senses show emotions of different valence, bool [N]."""
    groups = GROUPS[clips.truth.argmax(-1)]
    present = clips.evidence.presence
    first = groups[np.arange(len(groups)), present.argmax(1)]
    return ((groups != first[:, None]) & present).any(1)


def clusters_of(tables: Tables, clips: Clips) -> np.ndarray:
    """Return what the first present sense of each clip belongs to, str [N]."""
    sense = clips.evidence.presence.argmax(1)
    return np.array([tables[MODALITIES[s]].cluster[row[s]]
                     for s, row in zip(sense, clips.rows, strict=True)])


def interval(score: np.ndarray, truth: np.ndarray, clusters: np.ndarray) -> Estimate:
    """Return an AUROC with its interval over whole clusters."""
    rng = np.random.default_rng(0)
    _, inverse = np.unique(clusters, return_inverse=True)
    members = np.split(np.argsort(inverse, kind="stable"), np.cumsum(np.bincount(inverse))[:-1])
    drawn = []
    for _ in range(RESAMPLES):
        picks = np.concatenate([members[i] for i in rng.integers(len(members), size=len(members))])
        drawn.append(auroc(score[picks], truth[picks]))
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return Estimate(value=auroc(score, truth), low=float(low), high=float(high), count=len(score))


def rounded(value: float) -> float | None:
    """Return four decimals, or None where a figure is not defined."""
    return round(float(value), 4) if np.isfinite(value) else None


def by_corpus(fusion: Fusion, tables: Tables, seed: int) -> dict[str, Any]:
    """Return the figures of each corpus alone."""
    found = {}
    for name, table in tables.items():
        for corpus in np.unique(table.corpus):
            part = {name: table.only(np.flatnonzero(table.corpus == corpus))}
            found[str(corpus)] = subset_figures(fusion, part, 2000, seed)
    return found


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path("cache/judge_fusion"))
    parser.add_argument("--weights", type=Path, default=Path("assets/models/judge/fusion"))
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/judge_fusion.json"))
    parser.add_argument("--clips", type=int, default=2000)
    parser.add_argument("--quick", action="store_true", help="a fifth of the clips")
    args = parser.parse_args()
    count = args.clips // 5 if args.quick else args.clips
    fusion = Fusion.load(args.weights)
    tables = {name: Labelled.load(args.cache / f"{name}-test.npz") for name in MODALITIES}
    chosen = {subset_name(i): {name: tables[name] for bit, name in enumerate(MODALITIES)
                               if i >> bit & 1} for i in range(1, 2 ** len(MODALITIES))}
    result: dict[str, Any] = {
        "command": "python benchmarks/judge_fusion.py",
        "machine": machine(),
        "fusion": folder_hash(args.weights),
        "abstain_below": fusion.config.get("abstain_below"),
        "examples": {name: len(table) for name, table in tables.items()},
        "subsets": {name: subset_figures(fusion, part, count, 11)
                    for name, part in chosen.items()},
        "conflict": {name: conflict_figures(fusion, emotional(part), count, 12)
                     for name, part in chosen.items() if "+" in name},
        "conflict_with_neutral": {name: conflict_figures(fusion, part, count, 12)
                                  for name, part in chosen.items() if "+" in name},
        "corpora": by_corpus(fusion, tables, 13),
    }
    write_result(args.out, result)
    if not args.quick:
        card = args.weights / "README.md"
        card.write_text(with_figures(card.read_text("utf-8"), result), "utf-8")
    show(result)


MEASURED = """## Measured

Test parts that neither encoders nor fusion learned from, clips put together by label, 95 %
intervals over clusters. Rule: the same without training. Answered: not below the confidence at
which the judge says "unsure". Made by `python benchmarks/judge_fusion.py`.

{subsets}

By corpus, one sense alone. The voices are those of the last two folds, nine actors of RAVDESS and
three speakers of nEMO, who are harder than those on whom the confidence was fitted; over all five
folds, each by the others, the windows of a voice have an ECE of .02 and .04 (card of `voice`).

{corpora}

Conflict, AUROC of crossed against matched clips, among emotional examples; Jensen-Shannon: plain
divergence of what two senses say.

{conflict}

"""


def with_figures(card: str, result: Mapping[str, Any]) -> str:
    """Return a card with the section of figures, before that of the licence."""
    head, _, rest = card.partition("## Licence")
    head = head.partition("## Measured")[0]
    sets = [["senses", "accuracy", "rule", "ECE", "answered", "right of those"],
            ["corpus", "accuracy", "rule", "ECE", "answered", "right of those"]]
    tables = [
        markdown_table(names, [
            [name, _interval(row["accuracy"]), row["accuracy_rule"], row["ece"], row["answered"],
             row["accuracy_answered"]] for name, row in result[part].items()
        ]) for names, part in zip(sets, ("subsets", "corpora"), strict=True)
    ]  # fmt: skip
    conflict = markdown_table(["senses", "AUROC", "Jensen-Shannon"], [
        [name, _interval(row["auroc_learned"]), row["auroc_jensen_shannon"]["value"]]
        for name, row in result["conflict"].items()
    ])
    measured = MEASURED.format(subsets=tables[0], corpora=tables[1], conflict=conflict)
    return f"{head}{measured}## Licence{rest}"


def _interval(part: Mapping[str, float]) -> str:
    return f"{part['value']:.3f} ({part['low']:.3f} to {part['high']:.3f})"


def show(result: dict[str, Any]) -> None:
    """Print the tables."""
    print(markdown_table(
        ["senses", "accuracy", "rule", "ECE", "answered", "right of those"],
        [[name, row["accuracy"]["value"], row["accuracy_rule"], row["ece"], row["answered"],
          row["accuracy_answered"]]
         for name, row in [*result["subsets"].items(), *result["corpora"].items()]],
    ))
    print(markdown_table(
        ["conflict of", "learned", "rule", "Jensen-Shannon", "other valence", "same valence"],
        [[name, *(row[f"auroc_{way}"]["value"] for way in ("learned", "rule", "jensen_shannon")),
          row["auroc_other_valence"], row["auroc_same_valence"]]
         for kind in ("conflict", "conflict_with_neutral") for name, row in result[kind].items()],
    ))


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
