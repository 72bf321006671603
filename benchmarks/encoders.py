"""Launch: python benchmarks/encoders.py [--data FOLDER] [--out FILE] [--quick].

How well do the generator's own encoders listen? Voice and tone: actors that the network and its
calibration have not heard (RAVDESS 21 to 24, nEMO KS0), read as `emogen talk` reads them, beside
chance; a linear machine on the mean and spread of the same rows is the floor. Words: GoEmotions'
given test split. Conflicts: held-out angry and happy recordings with words that agree, contradict
or say nothing. Speed against real time and the memory of one and of ten minutes. Writes
benchmarks/results/encoders.json and the card of assets/models/encoders.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from emogen.assets import model_dir
from emogen.data.speech import ARCHIVES, SpeechCorpus, Utterance
from emogen.data.texts import read_goemotions
from emogen.emotion import RAVDESS, VAD, convert
from emogen.emotion.labels import TO_CATEGORIES
from emogen.emotion.words import load_default as load_words
from emogen.encoders import Fusion, fuse, read_words
from emogen.encoders.spectrum import decibels_of, level_of
from emogen.encoders.voice import NORMAL_STRENGTH, VoiceEncoder, VoiceReadings
from emogen.encoders.voice_network import NEMO_COLUMNS
from emogen.encoders.words import label_shares
from emogen.errors import EmogenError
from emogen.evaluation.metrics.accuracy import confusion_matrix, unweighted_average_recall
from emogen.evaluation.metrics.agreement import concordance
from emogen.evaluation.metrics.calibration import expected_calibration_error
from emogen.evaluation.metrics.selective import auroc
from emogen.evaluation.statistics import bootstrap, wilson
from emogen.evaluation.tables import folder_hash, machine, markdown_table, write_result

GOAL = 0.60
NEMO_AS_RAVDESS = {"anger": "angry", "fear": "fearful", "happiness": "happy", "sadness": "sad"}
SAYINGS = {
    "angry": "I am furious, I hate this so much! You make me so angry.",
    "happy": "I am so happy and excited, this is wonderful! I love it.",
    "plain": "Kids are talking by the door.",
}
STREAM = """
import sys, time
import numpy as np
from emogen.encoders.voice import load_default
encoder = load_default()
rng = np.random.default_rng(0)
blocks = [(0.1 * rng.standard_normal(16_000)).astype(np.float32) for _ in range(7)]
encoder.read(blocks)
begun = time.perf_counter()
encoder.read(blocks[place % 7] for place in range(int(sys.argv[1])))
spent = time.perf_counter() - begun
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(spent, int(status["VmHWM"].split()[0]) / 1024)
"""


def read_held_out(
    encoder: VoiceEncoder, corpus: SpeechCorpus, limit: int
) -> list[tuple[Utterance, VoiceReadings, Fusion]]:
    """Return what is heard in recordings of speakers that were held out."""
    out = []
    items = [item for item in corpus if item.speaker in encoder.config["held_out"]]
    for item in items[:: max(1, len(items) // limit)]:
        heard = encoder.read([corpus.samples(item)])
        out.append((item, heard, fused(heard)))
        print(f"\r{corpus.name} {len(out)}\033[K", end="", file=sys.stderr)
    print(file=sys.stderr)
    return out


def fused(heard: VoiceReadings, transcript: str | None = None) -> Fusion:
    """Return what a face would show."""
    readings = {"voice": heard.voice, "tone": heard.tone}
    if transcript:
        readings["words"] = read_words(transcript, seconds=heard.seconds)
    return fuse(readings, seconds=heard.seconds)


def eight_of(heard: VoiceReadings) -> np.ndarray:
    """Return the mean distribution [8] over the windows in which somebody speaks."""
    keep = heard.voice.present if heard.voice.present.any() else slice(None)
    return heard.eight[keep].mean(0)


def shown_label(fusion: Fusion) -> int:
    """Return which of RAVDESS's eight the fused emotion is nearest to, over the whole recording."""
    mean = fusion.vectors.mean(0)
    nine = np.append(mean[:8], max(0.0, 1 - mean[:8].sum()))
    return int(convert(nine / nine.sum(), "categories", "ravdess").argmax())


def recall(truth: np.ndarray, guess: np.ndarray, size: int) -> dict[str, Any]:
    """Return the UAR with its interval over recordings."""

    def average(actual: np.ndarray, said: np.ndarray) -> float:
        return float(np.mean([(said[actual == one] == one).mean() for one in np.unique(actual)]))

    estimate = bootstrap(average, truth, guess)
    return {"value": round(unweighted_average_recall(truth, guess, num_classes=size), 4),
            "low": round(estimate.low, 4), "high": round(estimate.high, 4),
            "count": len(truth)}  # fmt: skip


def ravdess_figures(rows: list[tuple[Utterance, VoiceReadings, Fusion]]) -> dict[str, Any]:
    """Return the figures of English acted speech."""
    truth = np.array([item.label_index for item, _, _ in rows])
    eight = np.stack([eight_of(heard) for _, heard, _ in rows])
    guess = eight.argmax(1)
    windows = np.concatenate([heard.eight[heard.voice.present] for _, heard, _ in rows])
    of = np.concatenate([np.full(heard.voice.present.sum(), label)
                         for label, (_, heard, _) in zip(truth, rows, strict=True)])  # fmt: skip
    graded = [(item.strong, heard.strong.mean()) for item, heard, _ in rows
              if item.strong is not None]  # fmt: skip
    strength = np.array([NORMAL_STRENGTH if item.strong is False else 1.0 for item, _, _ in rows])
    affect = np.stack([heard.affect.mean(0) for _, heard, _ in rows])
    asked = strength[:, None] * np.array([VAD[item.label] for item, _, _ in rows])
    shown = np.array([shown_label(fusion) for _, _, fusion in rows])
    return {
        "speakers": len({item.speaker for item, _, _ in rows}),
        "uar": recall(truth, guess, 8),
        "uar_of_fused_emotion": recall(truth, shown, 8),
        "goal": GOAL,
        "recall_by_label": {label: round(float((guess == row)[truth == row].mean()), 3)
                            for row, label in enumerate(RAVDESS)},
        "confusion": confusion_matrix(truth, guess, num_classes=8).tolist(),
        "accuracy_of_windows": round(float((windows.argmax(1) == of).mean()), 4),
        "ece_of_windows": round(
            expected_calibration_error(windows.max(1), windows.argmax(1) == of), 4),
        "intensity_auroc": round(auroc(np.array([score for _, score in graded]),
                                       np.array([strong for strong, _ in graded], bool)), 4),
        "concordance_with_label_anchors": {
            name: round(concordance(affect[:, axis], asked[:, axis]), 4)
            for axis, name in enumerate(("valence", "arousal", "dominance"))
        },
        "speech_found": round(
            float(np.mean([heard.voice.present.any() for _, heard, _ in rows])), 4),
        "largest_step_between_frames": round(float(np.mean([
            np.abs(np.diff(fusion.vectors[:, :8], axis=0)).sum(1).max()
            for _, _, fusion in rows if len(fusion.vectors) > 1])), 4),
    }  # fmt: skip


def nemo_figures(rows: list[tuple[Utterance, VoiceReadings, Fusion]]) -> dict[str, Any]:
    """Return the figures of Polish acted speech: six of the eight labels."""
    truth = np.array([NEMO_COLUMNS.index(RAVDESS.index(
        NEMO_AS_RAVDESS.get(item.label, item.label))) for item, _, _ in rows])  # fmt: skip
    six = np.stack([eight_of(heard)[list(NEMO_COLUMNS)] for _, heard, _ in rows])
    return {"speakers": len({item.speaker for item, _, _ in rows}),
            "uar": recall(truth, six.argmax(1), 6)}  # fmt: skip


@torch.inference_mode()
def floor(corpus: SpeechCorpus, held_out: list[str]) -> float:
    """Return the UAR of logistic regression on mean and spread of the rows of whole recordings."""
    table = []
    for item in corpus:
        rows = decibels_of(torch.from_numpy(corpus.samples(item))[None])[0]
        loud = rows[rows.amax(1) > level_of(rows[None]) - 40]
        table.append(torch.cat([loud.mean(0) - loud.mean(), loud.std(0)]).numpy())
    x, y = np.stack(table), np.array([item.label_index for item in corpus])
    test = np.array([item.speaker in held_out for item in corpus])
    machine_ = make_pipeline(StandardScaler(), LogisticRegression(C=0.05, max_iter=500))
    guess = machine_.fit(x[~test], y[~test]).predict(x[test])
    return round(unweighted_average_recall(y[test], guess, num_classes=8), 4)


def words_figures(data: Path | None, limit: int) -> dict[str, Any]:
    """Return the figures of GoEmotions' test split, nine categories."""
    texts = read_goemotions("test", data=data)
    model = load_words()
    count = min(limit, len(texts))
    logits = np.stack([model.logits(text) for text in texts.texts[:count]])
    mapped = TO_CATEGORIES["goemotions"]
    truth = texts.targets[:count] / texts.targets[:count].sum(1, keepdims=True) @ mapped
    found = label_shares(logits) @ mapped
    right = truth[np.arange(count), found.argmax(1)] > 0.25
    main = truth.argmax(1)
    return {
        "comments": count,
        "right": wilson(int(right.sum()), count).to_dict(),
        "uar_of_nine": round(unweighted_average_recall(main, found.argmax(1), num_classes=9), 4),
        "mean_confidence": round(float(found.max(1).mean()), 4),
        "ece": round(expected_calibration_error(found.max(1), right), 4),
    }


def conflict_figures(rows: list[tuple[Utterance, VoiceReadings, Fusion]]) -> dict[str, Any]:
    """Return in how many recordings words and voice are found to disagree."""
    out = {}
    for label in ("angry", "happy"):
        other = "happy" if label == "angry" else "angry"
        heard = [heard for item, heard, _ in rows if item.label == label]
        out[label] = {
            name: wilson(sum(
                any(found.between == ("words", "voice")
                    for found in fused(one, SAYINGS[saying]).conflicts) for one in heard
            ), len(heard)).to_dict()
            for name, saying in (("words agree", label), ("words contradict", other),
                                 ("words say nothing", "plain"))
        }  # fmt: skip
    return out


def stream_figures(minutes: tuple[int, ...]) -> dict[str, Any]:
    """Return times real time and peak memory of reading, each in a process of its own."""
    out = {}
    for length in minutes:
        done = subprocess.run([sys.executable, "-c", STREAM, str(60 * length)], check=True,
                              capture_output=True, text=True)  # fmt: skip
        spent, memory = map(float, done.stdout.split())
        out[f"{length} min"] = {"times_real_time": round(60 * length / spent, 1),
                                "peak_mb": round(memory)}  # fmt: skip
    return out


def main() -> None:
    """Read, measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of the zips; default: EMOGEN_DATA")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/encoders.json"))
    parser.add_argument("--quick", action="store_true", help="a part of everything, no card")
    args = parser.parse_args()
    begun, limit = time.monotonic(), 60 if args.quick else 10_000
    encoder = VoiceEncoder.load()
    ravdess, nemo = (
        SpeechCorpus(name, args.data and args.data / ARCHIVES[name]) for name in ("ravdess", "nemo")
    )
    heard = read_held_out(encoder, ravdess, limit)
    polish = read_held_out(encoder, nemo, limit)
    folder = model_dir("encoders")
    portrait = json.loads((folder / "portrait" / "config.json").read_text("utf-8"))
    result = {
        "benchmark": "encoders",
        "model": {"sha256": folder_hash(folder)},
        "machine": machine(),
        "ravdess": ravdess_figures(heard),
        "nemo": nemo_figures(polish),
        "floor_here": None if args.quick else floor(ravdess, encoder.config["held_out"]),
        "words": words_figures(args.data, limit if args.quick else 10_000),
        "portrait": portrait["figures"],
        "conflicts": conflict_figures(heard),
        "stream": stream_figures((1,) if args.quick else (1, 10)),
    }
    print(json.dumps(result, indent=1))
    print(f"{time.monotonic() - begun:.0f} s", file=sys.stderr)
    if not args.quick:
        write_result(args.out, result)
        write_card(result, encoder, folder)


CARD = """---
license: cc-by-nc-sa-4.0
library_name: emogen
language: [en, pl]
tags: [speech-emotion-recognition, talking-head]
---

# encoders: what a talking head listens to

`emogen.encoders` runs them. They are the generator's own: no weight, feature or line of code is
shared with the judge (`assets/models/judge`). The corpora are: both learned voices from RAVDESS and
nEMO, and both words from GoEmotions and EmoBank, so both may share those corpora's blind spots.
A face that follows a RAVDESS voice is therefore tested on actors that neither this network nor its
calibration has heard; the shipped judge of voices has heard them, the judge of faces no voice.

| folder | reads | size | tier |
|---|---|---|---|
| `voice` | 3 s of 16 kHz speech, one reading a second: eight emotions, valence, arousal, \
dominance, strength, whether somebody speaks | {voice_size:.2f} MB int8 | **non-commercial** |
| `portrait` | a face of 40 x 40 pixels: nine categories | {portrait_size:.2f} MB int8 | open |

Words are read by `assets/models/words` (its own card). Made by `python training/train_encoders.py`
and `python training/train_encoder_portrait.py`, from scratch, no pre-trained weights.

## Measured

`python benchmarks/encoders.py`; speakers held out from training and calibration, 95 % intervals
over recordings. Four actors are few: another four may differ by more than the interval.

{table}

Recall by label: {labels}.
Speech was found in {speech:.1%} of the recordings. Calibrated by one temperature on RAVDESS 19 and
20. The network was trained for about 3,850 steps of 24 windows (eight minutes of one core).

## Limits

Acted speech of few people in a studio, two languages. Valence, arousal and dominance were learned
from the labels' anchors times their stated strength, not from ratings by listeners: they say where
the label lies, more finely than the label only as far as the network is unsure. The portrait
network learned from drawn faces; on photographs it is near chance (above), and is trusted that
little. What is sung, whispered, shouted at a distance or spoken by children was not measured.

## Licence

`voice`: CC BY-NC-SA 4.0, as RAVDESS (S. R. Livingstone and F. A. Russo) and nEMO (I. Christop).
`portrait`: Apache-2.0, drawn by emogen. FER+ was used to measure only.
"""


def write_card(result: dict[str, Any], encoder: VoiceEncoder, folder: Path) -> None:
    """Write the model card."""
    english, polish, words = result["ravdess"], result["nemo"], result["words"]
    photos = result["portrait"].get("photographs", {})

    def interval(part: dict[str, Any]) -> str:
        return f"{part['value']:.3f} ({part['low']:.3f} to {part['high']:.3f})"

    rows = [
        ["RAVDESS, actors 21 to 24: UAR of eight emotions", interval(english["uar"])],
        ["the same, of the emotion that a face is given",
         interval(english["uar_of_fused_emotion"])],
        ["the same, logistic regression on row statistics (floor); chance",
         f"{result['floor_here']:.3f}; 0.125"],
        ["ECE of windows", f"{english['ece_of_windows']:.3f}"],
        ["strong against normal, AUROC", f"{english['intensity_auroc']:.3f}"],
        ["valence, arousal: concordance with the labels' anchors", ", ".join(
            f"{english['concordance_with_label_anchors'][name]:.2f}"
            for name in ("valence", "arousal"))],
        ["nEMO, speaker KS0: UAR of six emotions", interval(polish["uar"])],
        ["GoEmotions test: likeliest of nine categories is right", interval(words["right"])],
        ["the same, ECE", f"{words['ece']:.3f}"],
        *([name.replace("uar_of_nine,", "portrait, UAR of nine categories:"), f"{value:.3f}"]
          for name, value in result["portrait"].items()
          if not isinstance(value, dict)),
        ["words and voice found to disagree where they contradict; where they agree",
         "; ".join(
             f"{np.mean([part[name]['value'] for part in result['conflicts'].values()]):.2f}"
             for name in ("words contradict", "words agree"))],
        ["portrait, photographs (FER+ test): UAR of seven; accuracy; largest class",
         f"{photos['uar_of_seven']:.3f}; {photos['accuracy']:.3f}; {photos['largest_class']:.3f}"
         if photos else "not measured"],
    ]  # fmt: skip
    (folder / "README.md").write_text(CARD.format(
        voice_size=(folder / "voice" / "voice.safetensors").stat().st_size / 1e6,
        portrait_size=(folder / "portrait" / "portrait.safetensors").stat().st_size / 1e6,
        table=markdown_table(["", "value"], rows),
        labels=", ".join(f"{name} {value:.2f}"
                         for name, value in english["recall_by_label"].items()),
        speech=english["speech_found"],
    ), "utf-8")


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
