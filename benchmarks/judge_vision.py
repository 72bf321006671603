"""Launch: python benchmarks/judge_vision.py [--quick] [--record] [--out FILE].

How well does the judge read pictures that it has never seen? Identities of the rig and animations
of the test split, drawn from seeds of their own: whole clips of the corpus, clips in which only the
face or only the staging says something or both disagree, worn clips, single pictures, Noto
animations on white, silent and speaking heads of `emogen.motion.rig` whose characters no judge has
seen, pictures with nothing on them, FER+ faces (PrivateTest, research-only weights) and the two
judges against each other. Intervals are 95 %, resampled by identity (heads: by take). ``--record``
copies the headline figures into the ``config.json`` of the weights and writes their cards. Five
minutes on one core.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from judge_vision_card import card
from judge_vision_heads import head_samples

from emogen.assets import model_dir
from emogen.data.noto import NotoCorpus
from emogen.data.rig.face import ACTION_UNITS
from emogen.emotion import CATEGORIES
from emogen.errors import EmogenError
from emogen.evaluation.metrics.accuracy import macro_f1, unweighted_average_recall
from emogen.evaluation.metrics.agreement import cohen_kappa, concordance
from emogen.evaluation.metrics.calibration import brier_score, expected_calibration_error
from emogen.evaluation.metrics.selective import accuracy_by_confidence, auroc
from emogen.evaluation.recogniser import vision_augment as augment
from emogen.evaluation.recogniser.faces import FERPLUS, FaceNetwork, mirrored_votes
from emogen.evaluation.recogniser.shots import CONDITIONS
from emogen.evaluation.recogniser.vision import CONFIG, RESEARCH, VisionEncoder
from emogen.evaluation.recogniser.vision_sets import (
    Rows,
    corpus_samples,
    noto_samples,
    read,
    rig_samples,
    worn,
)
from emogen.evaluation.statistics import Estimate, bootstrap, pearson, wilson
from emogen.evaluation.tables import folder_hash, machine, markdown_table, write_result

DOMINANT, RESAMPLES = 0.6, 1000
THRESHOLDS = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95)


def figures(rows: Rows) -> dict[str, Any]:
    """Return everything that is measured on a set."""
    clear = rows.where(rows.shares.max(1) >= DOMINANT)
    right = rows.emotion.argmax(1) == rows.truth
    found = {
        "windows": len(rows.truth),
        "clips": len(np.unique(rows.clip)),
        "identities": len(np.unique(rows.identity)),
        "present": round(float(rows.presence.mean()), 4),
        "accuracy": _estimate(_accuracy, clear),
        "uar": _estimate(_uar, clear),
        "macro_f1": _estimate(_f1, clear),
        "accuracy_by_clip": _by_clip(clear),
        "accuracy_all_windows": _estimate(_accuracy, rows),
        "vad_ccc": {
            name: _interval(concordance, rows.vectors[:, 8 + axis], rows.vad[:, axis], rows)
            for axis, name in enumerate(("valence", "arousal", "dominance"))
        },
        "intensity_ccc": _interval(concordance, rows.vectors[:, 11], rows.intensity, rows),
    }
    return found | calibration(rows.emotion, rows.truth, rows.confidence) | {
        "auroc": number(auroc(rows.confidence, right)), **_units(rows),
    }  # fmt: skip


def number(value: float) -> float | None:
    """Return four decimals; None where a figure is not defined."""
    return None if np.isnan(value) else round(value, 4)


def calibration(emotion: np.ndarray, truth: np.ndarray, confidence: np.ndarray) -> dict[str, Any]:
    """Return whether confidence is honest and how accuracy grows with it."""
    right = emotion.argmax(1) == truth
    return {
        "ece": round(expected_calibration_error(confidence, right), 4),
        "brier": round(brier_score(emotion, truth), 4),
        "by_confidence": [
            {
                "threshold": point.threshold, "coverage": round(point.coverage, 4),
                "accuracy": point.accuracy and point.accuracy.to_dict(),
            }
            for point in accuracy_by_confidence(confidence, right, thresholds=THRESHOLDS)
        ],
    }  # fmt: skip


def _accuracy(truth: np.ndarray, read: np.ndarray) -> float:
    return float((truth == read).mean())


def _uar(truth: np.ndarray, read: np.ndarray) -> float:
    return unweighted_average_recall(truth, read, num_classes=len(CATEGORIES))


def _f1(truth: np.ndarray, read: np.ndarray) -> float:
    return macro_f1(truth, read, num_classes=len(CATEGORIES), over="present")


def _estimate(metric: Callable[..., float], rows: Rows) -> dict[str, float]:
    return _interval(metric, rows.truth, rows.emotion.argmax(1), rows)


def _interval(
    metric: Callable[..., float], first: np.ndarray, second: np.ndarray, rows: Rows
) -> dict[str, float]:
    estimate = bootstrap(metric, first, second, clusters=rows.identity, resamples=RESAMPLES)
    return estimate.to_dict()


def _by_clip(rows: Rows) -> dict[str, float]:
    """Return the accuracy of the mean over each clip's windows."""
    clips = [rows.where(rows.clip == clip) for clip in np.unique(rows.clip)]
    truth = np.array([clip.shares.mean(0).argmax() for clip in clips])
    read = np.array([clip.emotion.mean(0).argmax() for clip in clips])
    identity = [clip.identity[0] for clip in clips]
    return bootstrap(_accuracy, truth, read, clusters=identity, resamples=RESAMPLES).to_dict()


def _units(rows: Rows) -> dict[str, Any]:
    """Return the correlation of each action unit that moves, and their mean."""
    drawn = ~np.isnan(rows.drawn_units).any(1)
    if not drawn.any():
        return {}
    truth, read = rows.drawn_units[drawn], rows.units[drawn]
    each = {
        name: round(pearson(truth[:, index], read[:, index]), 3)
        for index, name in enumerate(ACTION_UNITS) if truth[:, index].std() > 0.02
    }  # fmt: skip
    return {"action_units": {"mean": round(float(np.mean(list(each.values()))), 3), **each}}


def disagreement(rows: Rows) -> dict[str, Any]:
    """Return which side a reading takes where face and staging clearly say different things."""
    face, staging = rows.face.argmax(1), rows.staging.argmax(1)
    neutral = len(CATEGORIES) - 1
    clear = (face != staging) & (face != neutral) & (staging != neutral)
    read = rows.emotion.argmax(1)[clear]
    return {
        "windows": int(clear.sum()),
        "reads_the_face": share(read == face[clear]).to_dict(),
        "reads_the_staging": share(read == staging[clear]).to_dict(),
        "mean_confidence": round(float(rows.confidence[clear].mean()), 4),
    }


def nothing_there(encoder: VisionEncoder) -> dict[str, Any]:
    """Return how often pictures without anything are taken for something."""
    blank = augment.blanks(200, augment.Chance(torch.Generator().manual_seed(77)))
    frames = ((blank.permute(0, 2, 3, 1) + 1) * 127.5).round().to(torch.uint8).numpy()
    reading = encoder(frames)
    names = ("one colour", "clouds", "noise", "blocks")
    return {
        name: share(reading.presence[index::4]).to_dict() for index, name in enumerate(names)
    }  # fmt: skip


def share(hits: np.ndarray) -> Estimate:
    """Return the share of hits with its Wilson interval."""
    return wilson(int(hits.sum()), len(hits))


def faces(folder: Path, data: Path) -> dict[str, Any]:
    """Read FER+ PrivateTest with the research-only weights, whole pictures, eight emotions."""
    with np.load(data) as table:
        rows = table["usage"] == "PrivateTest"
        images, votes = table["images"][rows], table["votes"][rows].astype(float)
    votes /= votes.sum(1, keepdims=True)
    label = votes.argmax(1)
    agreed = (votes.max(1) >= 0.5) & (label < len(FERPLUS))
    encoder = VisionEncoder.load(folder)
    network: FaceNetwork = encoder.faces.network
    x = torch.from_numpy(images[agreed])[:, None].float() / 127.5 - 1
    with torch.inference_mode():
        votes = torch.cat([mirrored_votes(network, part) for part in x.split(256)])
    read = (votes[:, : len(FERPLUS)] / encoder.faces.temperature).softmax(-1).numpy()
    truth, guess, count = label[agreed], read.argmax(1), len(FERPLUS)
    right = guess == truth
    return {
        "faces": len(truth),
        "accuracy": share(right).to_dict(),
        "uar": round(unweighted_average_recall(truth, guess, num_classes=count), 4),
        "macro_f1": round(macro_f1(truth, guess, num_classes=count), 4),
        "auroc": number(auroc(read.max(1), right)),
        "by_emotion": {
            name: share(right[truth == index]).to_dict() for index, name in enumerate(FERPLUS)
        },
    } | calibration(read, truth, read.max(1))


def minute(encoder: VisionEncoder) -> dict[str, float]:
    """Time one minute of 480p."""
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 255, (240, 60, 104, 3), np.uint8).repeat(8, 1).repeat(8, 2)
    started = time.perf_counter()
    encoder(frames, seconds=np.arange(240) / 4)
    return {"seconds": round(time.perf_counter() - started, 2), "frames": 240}


def measured(
    encoder: VisionEncoder, noto: NotoCorpus, count: int
) -> tuple[dict[str, Any], dict[str, Rows]]:
    """Return the figures of one judge and the rows that the other is compared on."""
    corpus = list(corpus_samples(noto, count))
    sets = {
        "synthetic": read(encoder, corpus, domain="synthetic"),
        "synthetic, worn": read(encoder, worn(corpus), domain="synthetic"),
        "synthetic, one picture": read(encoder, corpus, domain="synthetic", stills=True),
    }
    for condition in CONDITIONS:
        shown = rig_samples(condition, count // 2)
        sets[f"rig, {condition}"] = read(encoder, shown, domain="synthetic")
    sets["noto"] = read(encoder, noto_samples(noto, ("test",)), domain="noto")
    face = np.char.startswith(sets["noto"].identity, "face ")
    sets["noto, faces"], sets["noto, hands and hearts"] = (
        sets["noto"].where(face),
        sets["noto"].where(~face),
    )
    for speaking, name in ((False, "silent"), (True, "speaking")):
        heads = head_samples(max(1, count // 50), speaking=speaking)
        sets[f"heads, {name}"] = read(encoder, heads, domain="synthetic")
    results = {name: figures(rows) for name, rows in sets.items()}
    results["rig, conflict"] |= {"sides": disagreement(sets["rig, conflict"])}
    return results | {"nothing": nothing_there(encoder), "minute": minute(encoder)}, sets


def agreement(first: dict[str, Rows], second: dict[str, Rows]) -> dict[str, float]:
    """Return Cohen's kappa between the top categories of the two judges, by set."""
    return {
        name: round(
            cohen_kappa(
                rows.emotion.argmax(1), second[name].emotion.argmax(1),
                num_classes=len(CATEGORIES),
            ), 4,
        )
        for name, rows in first.items()
    }  # fmt: skip


def record(kind: str, folder: Path, found: dict[str, Any], kappa: dict[str, float] | None) -> None:
    """Copy headline figures into the settings of the weights; write their card."""
    path = folder / CONFIG
    config = json.loads(path.read_text("utf-8")) | {"figures": headline(found)}
    path.write_text(json.dumps(config, indent=1) + "\n", "utf-8")
    (folder / "README.md").write_text(card(kind, folder, config, found, kappa=kappa), "utf-8")


def headline(results: dict[str, Any]) -> dict[str, Any]:
    """Return accuracy and calibration by set."""
    return {
        name: {"accuracy": found["accuracy"], "ece": found["ece"], "auroc": found["auroc"]}
        for name, found in results.items() if "ece" in found
    }  # fmt: skip


def table(results: dict[str, dict[str, Any]]) -> str:
    """Return a markdown table of both judges."""
    lines = []
    for judge, sets in results.items():
        for name, found in sets.items():
            if "ece" in found:
                hit = Estimate(**found["accuracy"])
                lines.append([judge, name, f"{hit}, n={hit.count}", found["ece"], found["auroc"]])
    return markdown_table(["judge", "set", "accuracy", "ECE", "AUROC"], lines)


def main() -> None:
    """Read, score, write, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, help="folder of the judge; default: the shipped one")
    parser.add_argument("--noto", type=Path, help="zip or folder; default: EMOGEN_DATA")
    parser.add_argument("--ferplus", type=Path, help="ferplus_48.npz; without it no faces")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/judge_vision.json"))
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--quick", action="store_true", help="few clips, to see that it runs")
    parser.add_argument("--record", action="store_true", help="into config.json and card")
    args = parser.parse_args()
    models, noto = args.models or model_dir("judge"), NotoCorpus(args.noto)
    count = 8 if args.quick else args.clips
    results, sets, folders = {}, {}, {}
    for name, folder in (("first", models / "vision"), ("second", models / "second" / "vision")):
        if folder.is_dir():
            folders[name] = folder
            results[name], sets[name] = measured(VisionEncoder.load(folder), noto, count)
    kappa = agreement(sets["first"], sets["second"]) if len(sets) == 2 else None
    research = models / RESEARCH
    if args.ferplus and research.is_dir():
        folders["research"] = research
        results["research"] = {"ferplus": faces(research, args.ferplus)}
    if args.record:
        for name, folder in folders.items():
            record(name, folder, results[name], kappa)
    hashes = {name: folder_hash(folder) for name, folder in folders.items()}
    write_result(args.out, {
        "benchmark": "judge_vision", "models": hashes, "machine": machine(),
        "settings": {"clips": count, "dominant": DOMINANT, "resamples": RESAMPLES},
        "results": results | ({"agreement": kappa} if kappa else {}),
    })  # fmt: skip
    print(table(results))


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
