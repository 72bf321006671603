"""Launch: python benchmarks/judge_vision_noto.py [--folds runs/judge-vision] [--out FILE].

How well would the judge read animations that it has never seen? The test split holds 17 families
only; here every labelled family is read by a network that was trained without its fifth:
``python training/train_judge_vision.py --fold K --steps 900`` for K from 0 to 4 comes first.
Accuracy by animation, on white, resampled by family.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

from emogen.data.noto import NotoCorpus, NotoItem
from emogen.data.noto import split as noto_split
from emogen.emotion import CATEGORIES
from emogen.errors import EmogenError
from emogen.evaluation.metrics.accuracy import macro_f1, unweighted_average_recall
from emogen.evaluation.metrics.calibration import expected_calibration_error
from emogen.evaluation.metrics.selective import accuracy_by_confidence
from emogen.evaluation.recogniser.shots import FPS, category_shares, noto_cutout, on_ground
from emogen.evaluation.recogniser.vision import VisionEncoder
from emogen.evaluation.recogniser.vision_examples import FOLDS, fold_of
from emogen.evaluation.recogniser.vision_sets import FRAMES, WITH_FACE
from emogen.evaluation.statistics import bootstrap
from emogen.evaluation.tables import machine, write_result

CLASSES = len(CATEGORIES)


def read_item(encoder: VisionEncoder, noto: NotoCorpus, item: NotoItem) -> dict[str, Any]:
    """Return what an animation shows and what was read."""
    shot = noto_cutout(noto, item, num_frames=FRAMES)
    frames = on_ground(shot.frames)
    reading = encoder(frames, seconds=np.arange(FRAMES) / FPS, domain="noto")
    emotion = reading.emotion.mean(0)
    return {
        "id": item.id, "family": item.family, "group": item.group,
        "truth": int(category_shares(shot.vectors).mean(0).argmax()),
        "read": int(emotion.argmax()), "confidence": float(emotion.max()),
    }  # fmt: skip


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the figures of some animations."""
    truth, read, sure = (np.array([r[k] for r in rows]) for k in ("truth", "read", "confidence"))
    families = [row["family"] for row in rows]

    def accuracy(truth: np.ndarray, read: np.ndarray) -> float:
        return float((truth == read).mean())

    return {
        "animations": len(rows),
        "families": len(set(families)),
        "accuracy": bootstrap(accuracy, truth, read, clusters=families).to_dict(),
        "uar": round(unweighted_average_recall(truth, read, num_classes=CLASSES), 4),
        "macro_f1": round(macro_f1(truth, read, num_classes=CLASSES, over="present"), 4),
        "ece": round(expected_calibration_error(sure, truth == read), 4),
        "by_confidence": [
            {"threshold": p.threshold, "coverage": round(p.coverage, 4),
             "accuracy": p.accuracy and p.accuracy.to_dict()}
            for p in accuracy_by_confidence(sure, truth == read, thresholds=(0.0, 0.5, 0.7, 0.9))
        ],
    }  # fmt: skip


def main() -> None:
    """Read every animation by the network that has not seen it, score, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", type=Path, default=Path("runs/judge-vision"))
    parser.add_argument("--noto", type=Path, help="zip or folder; default: EMOGEN_DATA")
    parser.add_argument(
        "--out", type=Path, default=Path("benchmarks/results/judge_vision_noto.json")
    )
    args = parser.parse_args()
    noto = NotoCorpus(args.noto)
    encoders = [VisionEncoder.load(args.folds / f"main-fold-{k}") for k in range(FOLDS)]
    rows = [
        read_item(encoders[fold_of(item.family)], noto, item)
        for item in noto if item.emotion is not None and noto_split(item) != "val"
    ]  # fmt: skip
    faces = [row for row in rows if row["group"] in WITH_FACE]
    signs = [row for row in rows if row["group"] not in WITH_FACE]
    figures = {"all": summary(rows), "faces": summary(faces), "hands and hearts": summary(signs)}
    write_result(args.out, {
        "benchmark": "judge_vision_noto", "machine": machine(), "figures": figures, "rows": rows,
    })  # fmt: skip
    for name, found in figures.items():
        print(name, found["accuracy"], "ECE", found["ece"])


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
