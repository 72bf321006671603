"""Launch: python benchmarks/judge_words.py [--data FOLDER] [--split test] [--out FILE].

How well does the judge read? GoEmotions and EmoBank on their test splits, through the encoders as
they are shipped, both judges: macro-F1 over 28 labels, accuracy and calibration of the top category
(in EmoBank, which names none, of its side of valence), correlation with ratings, agreement of the
two judges, and how often texts are refused, rightly (Polish, letters at random) and wrongly. What
is refused counts as no label and as a rating of 3. Intervals are 95 %, bootstrap over texts.
``--split dev`` is for choosing settings and leaves the cards alone; otherwise they are written from
the figures. A minute on one core.
"""

import argparse
import json
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from judge_words_card import card

from emogen.assets import model_dir
from emogen.data.speech import SpeechCorpus
from emogen.data.texts import Texts, read_emobank, read_goemotions
from emogen.emotion import CATEGORIES, GOEMOTIONS
from emogen.errors import EmogenError
from emogen.evaluation.metrics.accuracy import label_f1, multilabel_f1
from emogen.evaluation.metrics.agreement import cohen_kappa
from emogen.evaluation.metrics.calibration import (
    confidence_brier,
    expected_calibration_error,
    reliability_bins,
)
from emogen.evaluation.metrics.selective import accuracy_by_confidence, auroc
from emogen.evaluation.recogniser.reading import ModalityReading
from emogen.evaluation.recogniser.words import CONFIG, WordsEncoder
from emogen.evaluation.recogniser.words_calibration import (
    category_hits,
    category_shares,
    side_of_emotion,
    side_of_valence,
)
from emogen.evaluation.statistics import bootstrap, pearson, wilson
from emogen.evaluation.tables import folder_hash, machine, markdown_table, write_result

GOALS = {"macro_f1": 0.40, "valence": 0.60, "arousal": 0.35, "dominance": 0.30, "ece": 0.06}
PUBLISHED = {"bi-LSTM": 0.41, "BERT": 0.46}
THRESHOLDS = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
LEAST_TEXTS = 30
"""Below which an accuracy says too little to be compared with the one before."""
RESAMPLES = 1000
JUDGES = {"main": "words", "second": "second/words"}


def as_lines(texts: list[str]) -> list[tuple[float, float, str]]:
    """Return texts as lines a second each."""
    return [(float(row), row + 1.0, text) for row, text in enumerate(texts)]


def estimate(metric: Callable[..., float], *columns: np.ndarray) -> dict[str, float]:
    """Return a figure with its interval."""
    return bootstrap(metric, *columns, resamples=RESAMPLES).to_dict()


def calibration(reading: ModalityReading, right: np.ndarray) -> dict[str, Any]:
    """Return how well confidence says what is right, over the texts that are read."""
    sure, right = reading.confidence[reading.presence], right[reading.presence]
    steps = accuracy_by_confidence(sure, right, thresholds=THRESHOLDS)
    rising = [step.accuracy.value for step in steps
              if step.accuracy and step.accuracy.count >= LEAST_TEXTS]
    return {
        "accuracy": wilson(int(right.sum()), len(right)).to_dict(),
        "ece": estimate(expected_calibration_error, sure, right),
        "brier": estimate(confidence_brier, sure, right),
        "auroc": estimate(auroc, sure, right),
        "by_confidence": [
            {"threshold": step.threshold, "coverage": round(step.coverage, 4),
             "accuracy": step.accuracy.to_dict() if step.accuracy else None} for step in steps
        ],
        "rises": all(after >= before for before, after in pairwise(rising)),
        "reliability": [[round(bar.confidence, 4), round(bar.accuracy, 4), bar.count]
                        for bar in reliability_bins(sure, right)],
    }


def comments(encoder: WordsEncoder, texts: Texts) -> tuple[dict[str, Any], ModalityReading]:
    """Return the figures on GoEmotions."""
    reading = encoder(as_lines(texts.texts), domain="social")
    truth, shares = texts.targets > 0, reading.native["goemotions"]
    macro = estimate(
        lambda a, b: multilabel_f1(a, b, thresholds=encoder.thresholds), truth, shares
    )
    by_label = label_f1(truth, shares, thresholds=encoder.thresholds)
    return {
        "texts": len(texts), "refused": round(float(1 - reading.presence.mean()), 4),
        "macro_f1": macro,
        "micro_f1": round(multilabel_f1(truth, shares, thresholds=encoder.thresholds,
                                        average="micro"), 4),
        "labels": {name: {"f1": round(float(score), 4), "texts": int(count)} for name, score, count
                   in zip(GOEMOTIONS, by_label, truth.sum(0), strict=True)},
        **calibration(reading, category_hits(reading.emotion, category_shares(texts.targets))),
    }, reading


def sentences(encoder: WordsEncoder, split: str, data: Path | None) -> dict[str, Any]:
    """Return the figures on EmoBank."""
    texts = read_emobank(split, data=data)
    evoked = read_emobank(split, view="reader", data=data).targets
    reading = encoder(as_lines(texts.texts), domain="sentences")
    sides = side_of_valence((texts.targets[:, 0] - 3) / 2)
    return {
        "texts": len(texts), "refused": round(float(1 - reading.presence.mean()), 4),
        **{name: estimate(pearson, texts.targets[:, axis], reading.native["emobank"][:, axis])
           for axis, name in enumerate(("valence", "arousal", "dominance"))},
        "reader": {name: round(pearson(evoked[:, axis], reading.native["vad_reader"][:, axis]), 4)
                   for axis, name in enumerate(("valence", "arousal", "dominance"))},
        "sides": np.bincount(sides, minlength=3).tolist(),
        **calibration(reading, side_of_emotion(reading.emotion) == sides),
    }


def refusals(encoder: WordsEncoder, data: Path | None) -> dict[str, Any]:
    """Return how many texts are refused that ought to be."""
    random = np.random.default_rng(0)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    noise = [" ".join("".join(random.choice(letters, random.integers(3, 9))) for _ in range(6))
             for _ in range(300)]
    polish = sorted({item.text for item in SpeechCorpus("nemo", data and data / "nemo_16k.zip")})
    return {
        name: wilson(sum(encoder.refusal(text) is not None for text in texts), len(texts)).to_dict()
        for name, texts in (("polish", polish), ("random letters", noise))
    }


def agreement(first: ModalityReading, second: ModalityReading) -> dict[str, Any]:
    """Return how often both judges name the same category of comments that both read."""
    both = first.presence & second.presence
    tops = [reading.emotion[both].argmax(1) for reading in (first, second)]
    return {
        "texts": int(both.sum()), "same": round(float((tops[0] == tops[1]).mean()), 4),
        "kappa": estimate(lambda a, b: cohen_kappa(a, b, num_classes=len(CATEGORIES)), *tops),
    }


def summary(results: dict[str, Any]) -> str:
    """Return a markdown table of the headline figures of both judges."""
    rows = []
    for judge, found in results.items():
        social, prose = found["goemotions"], found["emobank"]
        rows.append([
            judge, social["macro_f1"]["value"],
            *(prose[name]["value"] for name in ("valence", "arousal", "dominance")),
            social["ece"]["value"], prose["ece"]["value"], social["auroc"]["value"],
            prose["auroc"]["value"], social["rises"] and prose["rises"],
        ])
    head = ["judge", "macro-F1", "r V", "r A", "r D", "ECE social", "ECE sentences",
            "AUROC social", "AUROC sentences", "rises"]
    return markdown_table(head, rows)


def main() -> None:
    """Read, score, write, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of the zips; default: EMOGEN_DATA")
    parser.add_argument("--models", type=Path, help="folder of the judge; default: the shipped one")
    parser.add_argument("--split", choices=("dev", "test"), default="test")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/judge_words.json"))
    args = parser.parse_args()
    models = args.models or model_dir("judge")
    labelled = read_goemotions(args.split, data=args.data)
    results, readings, hashes = {}, [], {}
    for judge, place in JUDGES.items():
        if not (models / place).is_dir():
            continue
        encoder = WordsEncoder.load(models / place)
        social, reading = comments(encoder, labelled)
        results[judge] = {
            "goemotions": social, "emobank": sentences(encoder, args.split, args.data),
            "refused": refusals(encoder, args.data),
        }
        readings.append(reading)
        hashes[judge] = folder_hash(models / place)
        if args.split == "test":
            config = json.loads((models / place / CONFIG).read_text("utf-8"))
            text = card(config, results[judge], goals=GOALS, published=PUBLISHED)
            (models / place / "README.md").write_text(text, "utf-8")
    result = {"benchmark": "judge_words", "split": args.split, "models": hashes,
              "machine": machine(), "goals": GOALS, "published": PUBLISHED, "results": results}
    if len(readings) == 2:
        result["agreement"] = agreement(*readings)
    write_result(args.out, result)
    print(summary(results))


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
