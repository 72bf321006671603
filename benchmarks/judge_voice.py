"""Launch: python benchmarks/judge_voice.py [--runs runs/judge_voice] [--sample 240] [--out FILE].

How well does the judge hear? Everything is measured on speakers that a network has not heard: the
five networks of ``training/train_judge_voice.py --folds 5``, each on the speakers left out, without
any normalisation by speaker. A recording's distribution is the mean over its windows. Calibration
of a fold's speakers uses the temperature of the other folds. Beside it stands the floor, a support
vector machine with an RBF kernel on statistics of cepstra and pitch, over the same folds, and the
second judge on the speakers it left out. Robustness: a sample of each fold's recordings, distorted,
through that fold's network. The cards of both encoders are written from the figures.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from emogen.assets import model_dir
from emogen.data.speech import SPEECH_LABELS, speaker_folds
from emogen.data.speech.distortion import DISTORTIONS
from emogen.errors import EmogenError, InputError
from emogen.evaluation.metrics.accuracy import confusion_matrix, unweighted_average_recall
from emogen.evaluation.metrics.calibration import (
    apply_temperature,
    brier_score,
    confidence_brier,
    expected_calibration_error,
    fit_temperature,
)
from emogen.evaluation.metrics.selective import accuracy_by_confidence, auroc
from emogen.evaluation.recogniser.spectrum import bands_of, pictures_of, power_spectrum
from emogen.evaluation.recogniser.voice import CONFIG, WEIGHTS, VoiceEncoder
from emogen.evaluation.recogniser.voice_examples import (
    CORPORA,
    STRETCH,
    WARP,
    Sounds,
    read_sounds,
)
from emogen.evaluation.recogniser.voice_statistics import statistics_of
from emogen.evaluation.statistics import bootstrap
from emogen.evaluation.tables import folder_hash, machine, markdown_table, write_result

FOLDS = 5
GOALS = {"ravdess": 0.68, "nemo": 0.55}
PUBLISHED_FLOOR = {"ravdess": 0.554, "nemo": 0.402}
THRESHOLDS = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True, kw_only=True)
class Said:
    """What was said of one corpus, one row a window.

    Attributes:
        log: [W, K] log-probabilities.
        row: [W] which recording a window is of.
        fold: [W] whose network said it.
        truth: [W] label of the recording.
        strong: [W] share said to be strong.
    """

    log: np.ndarray
    row: np.ndarray
    fold: np.ndarray
    truth: np.ndarray
    strong: np.ndarray

    def calibrated(self) -> np.ndarray:
        """Return probabilities [W, K], each fold's by the temperature of the other folds."""
        out = np.empty(self.log.shape)
        for fold in np.unique(self.fold):
            here = self.fold == fold
            out[here] = apply_temperature(
                self.log[here], fit_temperature(self.log[~here], self.truth[~here])
            )
        return out

    def recordings(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the rows, the labels and the means over windows of whole recordings."""
        rows, first, place = np.unique(self.row, return_index=True, return_inverse=True)
        total = np.zeros((len(rows), *values.shape[1:]))
        np.add.at(total, place, values)
        counts = np.bincount(place).reshape(-1, *[1] * (values.ndim - 1))
        return rows, self.truth[first], total / counts


def read_said(paths: list[Path], sounds: Sounds) -> dict[str, Said]:
    """Read what networks said of the speakers they had not heard, by corpus."""
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        raise InputError(
            f"expected {missing[0]}, got none; run training/train_judge_voice.py --folds {FOLDS}"
        )
    parts = [dict(np.load(path)) for path in paths]
    fold = np.concatenate([np.full(len(part["row"]), i) for i, part in enumerate(parts)])
    table = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    corpus = np.array([sounds.utterances[row].corpus for row in table["row"]])
    truth = np.array([sounds.utterances[row].label_index for row in table["row"]])
    return {
        name: Said(log=table[name][here], row=table["row"][here], fold=fold[here],
                   truth=truth[here], strong=table["strong"][here])
        for name in CORPORA for here in [corpus == name]
    }


def figures(said: Said, name: str, sounds: Sounds) -> dict[str, Any]:
    """Return every figure of one corpus."""
    size = len(SPEECH_LABELS[name])
    windows = said.calibrated()
    rows, truth, mean = said.recordings(windows)
    guess, sure = mean.argmax(1), mean.max(1)
    right = guess == truth
    speakers = [sounds.utterances[row].speaker for row in rows]
    folds = said.recordings(said.fold.astype(float))[2]
    window_right = windows.argmax(1) == said.truth
    return {
        "recordings": len(rows),
        "speakers": len(set(speakers)),
        "uar": bootstrap(lambda a, b: unweighted_average_recall(a, b, num_classes=size),
                         truth, guess, clusters=speakers).to_dict(),
        "uar_by_fold": [
            round(unweighted_average_recall(truth[folds == fold], guess[folds == fold],
                                            num_classes=size), 4) for fold in np.unique(folds)
        ],
        "accuracy": round(float(right.mean()), 4),
        "published_floor": PUBLISHED_FLOOR[name],
        "goal": GOALS[name],
        "labels": list(SPEECH_LABELS[name]),
        "confusion": confusion_matrix(truth, guess, num_classes=size).tolist(),
        "ece": round(expected_calibration_error(sure, right), 4),
        "ece_uncalibrated": round(expected_calibration_error(
            (plain := said.recordings(np.exp(said.log))[2]).max(1), plain.argmax(1) == truth), 4),
        "ece_of_windows": round(expected_calibration_error(windows.max(1), window_right), 4),
        "accuracy_of_windows": round(float(window_right.mean()), 4),
        "brier": round(brier_score(mean, truth), 4),
        "brier_of_confidence": round(confidence_brier(sure, right), 4),
        "auroc_of_confidence": round(auroc(sure, right), 4),
        "accuracy_by_confidence": [
            {"at_least": step.threshold, "coverage": round(step.coverage, 4),
             "accuracy": step.accuracy and step.accuracy.to_dict()}
            for step in accuracy_by_confidence(sure, right, thresholds=THRESHOLDS)
        ],
    }


def intensity(said: Said, sounds: Sounds) -> float:
    """Return how well strong is told from normal in RAVDESS, as AUROC over recordings."""
    rows, _, mean = said.recordings(said.strong)
    grades = [sounds.utterances[row].strong for row in rows]
    known = np.array([grade is not None for grade in grades])
    return round(auroc(mean[known], np.array(grades)[known].astype(bool)), 4)


@torch.inference_mode()
def floor(sounds: Sounds) -> dict[str, float]:
    """Return the UAR of a support vector machine on statistics of whole recordings."""
    table = np.concatenate([
        statistics_of(pictures_of(bands_of(power_spectrum(torch.from_numpy(sounds[row])[None]))))
        for row in range(len(sounds))
    ])
    out = {}
    for name in CORPORA:
        items = [item for item in sounds.utterances if item.corpus == name]
        rows = np.array([item.corpus == name for item in sounds.utterances])
        x, y = table[rows], np.array([item.label_index for item in items])
        guess = np.empty_like(y)
        for speakers in speaker_folds(items, folds=FOLDS):
            test = np.array([item.speaker in speakers for item in items])
            machine_ = make_pipeline(StandardScaler(), SVC(C=10, class_weight="balanced"))
            guess[test] = machine_.fit(x[~test], y[~test]).predict(x[test])
        size = len(SPEECH_LABELS[name])
        out[name] = round(unweighted_average_recall(y, guess, num_classes=size), 4)
    return out


def robustness(runs: Path, said: dict[str, Said], sounds: Sounds, sample: int) -> dict[str, Any]:
    """Return the UAR of distorted recordings, each read by the network of its own fold."""
    encoders = [VoiceEncoder.load(runs / f"fold{fold}of{FOLDS}") for fold in range(FOLDS)]
    out: dict[str, Any] = {}
    for name in CORPORA:
        rows, first = np.unique(said[name].row, return_index=True)
        chosen = np.random.default_rng(0).permutation(len(rows))[:sample]
        pairs = list(zip(rows[chosen], said[name].fold[first[chosen]], strict=True))
        truth = [sounds.utterances[row].label_index for row in rows[chosen]]
        out[name] = {}
        for label, distort in told(DISTORTIONS):
            guess, heard = [], 0
            for row, fold in pairs:
                reading = encoders[fold](distort(sounds[row], np.random.default_rng(int(row))))
                here = reading.presence if reading.is_present else slice(None)
                guess.append(int(reading.native[name][here].mean(0).argmax()))
                heard += reading.is_present
            size = len(SPEECH_LABELS[name])
            out[name][label] = {
                "uar": round(unweighted_average_recall(truth, guess, num_classes=size), 4),
                "speech_found": round(heard / len(pairs), 4),
            }
    return out


def told(distortions: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Pass distortions on and name them on stderr."""
    for label, distort in distortions.items():
        print(f"\r{label}\033[K", end="", file=sys.stderr)
        yield label, distort
    print(file=sys.stderr)


def main() -> None:
    """Read, measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of both zips; default: EMOGEN_DATA")
    parser.add_argument("--cache", type=Path, default=Path("cache/voice"))
    parser.add_argument("--runs", type=Path, default=Path("runs/judge_voice"))
    parser.add_argument("--sample", type=int, default=240, help="recordings distorted, a corpus")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/judge_voice.json"))
    args = parser.parse_args()
    sounds = read_sounds(args.cache, args.data)
    said = read_said(
        [args.runs / f"fold{fold}of{FOLDS}" / "held_out.npz" for fold in range(FOLDS)], sounds
    )
    judged = {name: figures(said[name], name, sounds) for name in CORPORA}
    judged["ravdess"]["intensity_auroc"] = intensity(said["ravdess"], sounds)
    lowest = floor(sounds)
    second = second_figures(args.runs / "second" / "held_out.npz", sounds)
    result = {
        "benchmark": "judge_voice",
        "model": {"sha256": folder_hash(model_dir("judge") / "voice")},
        "machine": machine(),
        "main": judged,
        "floor_here": lowest,
        "second": second,
        "robustness": robustness(args.runs, said, sounds, args.sample),
    }
    write_result(args.out, result)
    write_cards(result, model_dir("judge"))
    report(result)


def second_figures(path: Path, sounds: Sounds) -> dict[str, Any]:
    """Return the second judge's figures; each speaker is calibrated on the others."""
    said = read_said([path], sounds)
    out = {}
    for name, part in said.items():
        speakers = sorted({sounds.utterances[row].speaker for row in part.row})
        place = [speakers.index(sounds.utterances[row].speaker) for row in part.row]
        out[name] = figures(Said(log=part.log, row=part.row, fold=np.array(place),
                                 truth=part.truth, strong=part.strong), name, sounds)
    return out


CARD = """---
license: cc-by-nc-sa-4.0
library_name: emogen
language: [en, pl]
tags: [speech-emotion-recognition, evaluation]
---

# {title}

**Non-commercial.** `model.safetensors` ({size:.2f} MB, int8) reads 3 s of 16 kHz speech, one
window every half second: {reads}
`emogen.evaluation.recogniser.voice.VoiceEncoder` runs it. It judges generated clips and shares no
weights, features or code with anything that generates them. It does share corpora: the voice
encoder behind `emogen talk --emotion auto` also learned from RAVDESS and nEMO.

Made by `{command}`, from scratch, no pre-trained weights.

## Data

{data} All of it is *acted* speech: RAVDESS (Livingstone and Russo 2018), 24 actors, North American
English, two sentences, eight emotions in two strengths; nEMO (Christop 2024), nine Polish speakers,
90 sentences, six emotions. Both are CC BY-NC-SA 4.0. In training sounds were coloured, echoed, made
noisy, band-limited and thinned out as by a codec, voices moved up and down by up to {warp:.0%} and
made up to {stretch:.0%} faster or slower.

## Measured

{how} No normalisation by speaker. A recording's distribution is the mean over its windows. UAR:
unweighted average recall with its 95 % interval, bootstrap by speaker. ECE and Brier score (of the
confidence) after one temperature a corpus, fitted on windows of other speakers; the mean over a
recording's windows is less sure than it could be, which shows as a higher ECE of recordings. The
settings (steps) were chosen on the first two folds. Made by `python benchmarks/judge_voice.py`;
confusion, thresholds and distortions are in `benchmarks/results/judge_voice.json`.

{figures}

{distortions}

## Limits

Acted speech of few people in a studio, two languages; spontaneous speech, children, other languages
and singing are not measured, and accuracy there will be lower. The speakers' own intent is the
label, not what a listener feels. Valence, arousal and dominance are the labels' anchors weighted by
probability and by shown strength; they were not trained on ratings. Gain is ignored, so a shout at
a distance and a shout nearby read alike. Music can pass for a voice; whispering is not heard.

## Licence

CC BY-NC-SA 4.0, as the corpora. Attribution: RAVDESS by S. R. Livingstone and F. A. Russo; nEMO by
I. Christop.
"""
READS = {
    "main": "eight emotions of RAVDESS, six of nEMO, and how strongly they are shown. A small"
    " convolutional network; a learned weighted sum over all its layers feeds the heads.",
    "second": "the same labels from hand-made statistics of cepstra, loudness and pitch through a"
    " small perceptron. It cross-checks the main encoder and is weaker.",
}
HOW = {
    "main": "Five folds by speaker: each network was scored on actors and speakers that it had not"
    " heard; the network that ships heard all of them.",
    "second": "Scored on the half of the speakers that it had not heard.",
}


def write_cards(result: dict[str, Any], folder: Path) -> None:
    """Write the model cards of both encoders."""
    distortions = result["robustness"]
    table = markdown_table(["UAR of a sample, distorted", *CORPORA], [
        [label, *(distortions[name][label]["uar"] for name in CORPORA)] for label in DISTORTIONS
    ])
    for judge, place in (("main", folder / "voice"), ("second", folder / "second" / "voice")):
        rows = [
            [name, f"{part['uar']['value']:.3f} ({part['uar']['low']:.3f} to"
             f" {part['uar']['high']:.3f})", f"{GOALS[name]:.2f}", f"{PUBLISHED_FLOOR[name]:.3f}",
             f"{result['floor_here'][name]:.3f}", f"{part['ece_of_windows']:.3f}",
             f"{part['ece']:.3f}",
             f"{part['brier_of_confidence']:.3f}", f"{part['auroc_of_confidence']:.3f}"]
            for name, part in result[judge].items()
        ]
        heard = json.loads((place / CONFIG).read_text("utf-8"))["speakers_trained_on"]
        (place / "README.md").write_text(CARD.format(
            title="voice: what a voice expresses" + ("" if judge == "main" else ", second opinion"),
            size=(place / WEIGHTS).stat().st_size / 1e6,
            reads=READS[judge],
            command="python training/train_judge_voice.py" + " --second" * (judge == "second"),
            data=f"{len(heard)} speakers.",
            warp=WARP, stretch=STRETCH, how=HOW[judge],
            figures=markdown_table(
                ["corpus", "UAR", "goal", "floor", "SVM here", "ECE of windows",
                 "ECE of recordings", "Brier", "AUROC"], rows),
            distortions=table if judge == "main" else "",
        ), "utf-8")


def report(result: dict[str, Any]) -> None:
    """Print the figures as two tables."""
    rows = [
        [name, result["floor_here"][name], result["main"][name]["published_floor"],
         part["uar"]["value"], result["main"][name]["uar"]["value"], result["main"][name]["ece"]]
        for name, part in result["second"].items()
    ]
    print(markdown_table(["corpus", "SVM", "SVM published", "second", "main", "ECE"], rows))
    table = result["robustness"]
    print(markdown_table(["UAR", *CORPORA], [
        [label, *(table[name][label]["uar"] for name in CORPORA)] for label in DISTORTIONS
    ]))


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
