"""Launch: python training/cache_judge_fusion.py [--out cache/judge_fusion] [--only words].

Writes what each encoder of the judge says of labelled examples that it has not learned from, for
`training/train_judge_fusion.py` (part "val") and `benchmarks/judge_fusion.py` (part "test"):
GoEmotions' dev and test lines; recordings of RAVDESS and nEMO, each read by the fold that never
heard its speaker (folds 0 to 2 and 3 to 4, from ``--voices``); rendered characters and Noto
animations of the corpus's val and test splits. About two minutes on one core, most of it drawing.
"""

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np

from emogen.data.corpus import EmbeddedCorpus
from emogen.data.noto import NotoCorpus
from emogen.data.speech import ARCHIVES, SPEECH_LABELS, SpeechCorpus, Utterance
from emogen.data.texts import read_goemotions
from emogen.emotion import GOEMOTIONS, MIKELS, VAD, convert
from emogen.emotion.labels import shares
from emogen.errors import CorpusError, EmogenError
from emogen.evaluation.recogniser.alignment import evidence, whole
from emogen.evaluation.recogniser.calibration import tempered
from emogen.evaluation.recogniser.pairing import Labelled
from emogen.evaluation.recogniser.reading import MODALITIES, ModalityReading
from emogen.evaluation.recogniser.vision import VisionEncoder
from emogen.evaluation.recogniser.voice import MILD, Domain, VoiceEncoder, confidence_of
from emogen.evaluation.recogniser.words import WordsEncoder

PARTS = ("val", "test")
DOMAINS: tuple[Domain, ...] = ("ravdess", "nemo")
FOLDS = {"val": (0, 1, 2), "test": (3, 4)}
WEAK, STRONG = 0.6, 1.0
"""How strongly RAVDESS's two intensities are taken to be felt."""
FRAMES, STRIDE = 17, 4
"""Frames of a rendered clip at 16 a second, and which of them are looked at."""
FIRST = 5 << 28
"""Where the examples of the drawn corpus begin; generator and encoders use others."""


def words(part: str, data: Path, limit: int) -> Labelled:
    """Read GoEmotions lines of a given split."""
    found = read_goemotions({"val": "dev", "test": "test"}[part], data=data)
    rows = np.random.default_rng(0).permutation(len(found))[:limit]
    picked = found.pick(rows)
    labels = picked.targets / picked.targets.sum(1, keepdims=True)
    encoder = WordsEncoder.load()
    lines = [(float(i), i + 1.0, text) for i, text in enumerate(picked.texts)]
    reading = encoder(lines)
    anchors = np.array([VAD[name] for name in GOEMOTIONS])
    return Labelled(
        emotion=reading.emotion,
        vad=reading.vad,
        confidence=reading.confidence,
        truth=convert(labels, "goemotions", "categories").astype(np.float32),
        truth_vad=(labels @ anchors).astype(np.float32),
        cluster=np.array(picked.names),
        corpus=np.full(len(rows), "goemotions"),
    ).only(np.flatnonzero(reading.presence))


def voice(part: str, data: Path, runs: Path) -> Labelled:
    """Gather what the folds say of speakers they have not heard, as the encoder would say it.

    Each corpus is read in its own domain, since the encoder is calibrated per domain.
    """
    utterances = [
        item for name in DOMAINS for item in SpeechCorpus(name, data / ARCHIVES[name])
    ]
    temperatures = VoiceEncoder.load().temperatures
    parts: list[Labelled] = []
    for fold in FOLDS[part]:
        path = runs / f"fold{fold}of5" / "held_out.npz"
        if not path.is_file():
            raise CorpusError(f"no {path}; run training/train_judge_voice.py --folds 5 first")
        with np.load(path) as file:
            said = dict(file)
        for name in DOMAINS:
            here = np.array([utterances[row].corpus == name for row in said["row"]])
            windows = {key: column[here] for key, column in said.items()}
            parts.append(_recordings(windows, utterances, name, temperatures[name]))
    columns = {field.name: [getattr(found, field.name) for found in parts]
               for field in fields(Labelled)}
    return Labelled(**{name: np.concatenate(column) for name, column in columns.items()})


def _recordings(
    said: dict[str, np.ndarray], utterances: list[Utterance], domain: Domain, temperature: float
) -> Labelled:
    """Return what was said of whole recordings of one corpus, from windows."""
    labels = SPEECH_LABELS[domain]
    native = tempered(np.exp(said[domain]), temperature)
    emotion = native @ np.stack([shares(label) for label in labels])
    strength = MILD + (1 - MILD) * said["strong"][:, None]
    felt = native @ np.array([VAD[label] for label in labels]) * strength
    sure = confidence_of(native, domain)
    rows, place = np.unique(said["row"], return_inverse=True)
    total = np.bincount(place, weights=sure + 1e-3)

    def mean(values: np.ndarray) -> np.ndarray:
        found = np.zeros((len(rows), *values.shape[1:]))
        np.add.at(found, place, (values.T * (sure + 1e-3)).T)
        return (found.T / total).T.astype(np.float32)

    items = [utterances[row] for row in rows]
    graded = np.array([WEAK if item.strong is False else STRONG for item in items])
    anchors = np.array([VAD[item.label] for item in items])
    return Labelled(
        emotion=mean(emotion),
        vad=mean(felt),
        confidence=mean(sure),
        truth=np.stack([shares(item.label) for item in items]).astype(np.float32),
        truth_vad=(anchors * graded[:, None]).astype(np.float32),
        cluster=np.array([item.speaker for item in items]),
        corpus=np.array([item.corpus for item in items]),
    )


def vision(part: str, data: Path, count: int) -> Labelled:
    """Draw clips of a split and read them, rig characters and Noto animations."""
    corpus = EmbeddedCorpus(NotoCorpus(data / "noto_animated_lottie.zip"), split=part)
    encoder = VisionEncoder.load()
    readings, truths, felt, clusters, sources = [], [], [], [], []
    for index in range(count):
        example = corpus.example(FIRST + index, num_frames=FRAMES)
        seconds = np.arange(0, FRAMES, STRIDE) / example.fps
        readings.append(encoder(example.frames[::STRIDE], seconds=seconds))
        vector = example.vectors.mean(axis=0)
        eight = vector[: len(MIKELS)]
        truths.append(np.append(eight, max(0.0, 1 - eight.sum())))
        felt.append(vector[8:11])
        clusters.append(str(example.identity))
        sources.append("synthetic" if example.source != "noto" else "noto")
    clips = [_clip(reading) for reading in readings]
    return Labelled(
        emotion=np.stack([emotion for emotion, _, _ in clips]),
        vad=np.stack([vad for _, vad, _ in clips]),
        confidence=np.array([confidence for _, _, confidence in clips], np.float32),
        truth=np.stack(truths).astype(np.float32),
        truth_vad=np.stack(felt).astype(np.float32),
        cluster=np.array(clusters),
        corpus=np.array(sources),
    ).only(np.flatnonzero([reading.is_present for reading in readings]))


def _clip(reading: ModalityReading) -> tuple[np.ndarray, np.ndarray, float]:
    """Return what a reading says of its clip as a whole, as the recogniser sums it up."""
    rows = {reading.modality: np.arange(reading.num_windows)}
    row = whole(evidence({reading.modality: reading}, rows))
    sense = MODALITIES.index(reading.modality)
    return row.emotion[0, sense], row.vad[0, sense], float(row.confidence[0, sense])


def main() -> None:
    """Write one file a sense and part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("EMOGEN_DATA", ".")))
    parser.add_argument("--voices", type=Path, default=Path("runs/judge_voice"))
    parser.add_argument("--out", type=Path, default=Path("cache/judge_fusion"))
    parser.add_argument("--only", choices=MODALITIES)
    parser.add_argument("--clips", type=int, default=500, help="to draw for each part")
    parser.add_argument("--lines", type=int, default=5500, help="of text for each part")
    args = parser.parse_args()
    makers: dict[str, Callable[[str], Labelled]] = {
        "words": lambda part: words(part, args.data, args.lines),
        "voice": lambda part: voice(part, args.data, args.voices),
        "vision": lambda part: vision(part, args.data, args.clips),
    }
    for name, make in makers.items():
        for part in PARTS if args.only in (None, name) else ():
            table = make(part)
            table.save(args.out / f"{name}-{part}.npz")
            hits = (table.emotion.argmax(1) == table.truth.argmax(1)).mean()
            print(f"{name} {part}: {len(table)} examples, {hits:.3f} right", flush=True)


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
