"""Launch: python benchmarks/a2m.py --data DIR [--speech cache/speech] [--out FILE] [--quick].

How well does audio become motion? On mouths that nobody here made: six talking faces of the GRID
corpus (never trained on), whose opening is measured in the video without trained weights
(`emogen.evaluation.lip_tracking`; mouth and nose were marked by hand in the first frame). On phone
times: espeak-ng voices that nothing learnt from, whose times the synthesiser gives, and LJSpeech,
whose times the shipped ear finds with the text while the motion is made without it. Beside the
model stand real mouths in the same harness, the visemes of the known phones without a network, and
a mouth that follows the envelope. Writes benchmarks/results/a2m.json.
"""

import argparse
import csv
import io
import json
import resource
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from emogen.emotion import MIKELS, EmotionPoint, Trajectory
from emogen.errors import EmogenError
from emogen.evaluation.lip_tracking import track_lips
from emogen.evaluation.metrics.gestures import blinks, head_variety, seam_ratio
from emogen.evaluation.metrics.lips import (
    Closures,
    best_match,
    bilabial_closures,
    lip_sync,
    silent_lips,
    speech_envelope,
)
from emogen.evaluation.statistics import bootstrap_mean, wilson
from emogen.evaluation.tables import machine, write_result
from emogen.media import read_audio, read_video
from emogen.motion import FPS, schema
from emogen.motion.a2m import AudioToMotion, MotionSettings
from emogen.motion.features import SAMPLE_RATE
from emogen.motion.flow import NEW
from emogen.motion.phones import BILABIALS, PHONES, SILENCE, PhoneSpan
from emogen.motion.visemes import COLUMNS as MOUTH
from emogen.motion.visemes import mouth_targets

FACES = {
    "bbaf2n": ((160, 214), (157, 188)), "brbk7n": ((169, 226), (169, 197)),
    "lbax4n": ((195, 203), (193, 172)), "lbbc2a": ((191, 231), (187, 208)),
    "lrwp9a": ((188, 219), (188, 189)), "lwbsza": ((167, 218), (167, 189)),
}  # fmt: skip
"""The middle of the mouth and the tip of the nose in the first frame, (x, y), marked by hand."""
WORDS = (
    {"b": "bin", "l": "lay", "p": "place", "s": "set"},
    {"b": "blue", "g": "green", "r": "red", "w": "white"},
    {"a": "at", "b": "by", "i": "in", "w": "with"},
    {},
    {"z": "zero"} | {str(digit): str(digit) for digit in range(1, 10)},
    {"a": "again", "n": "now", "p": "please", "s": "soon"},
)
"""How the letters of a GRID name spell its sentence; the fourth is the letter itself."""
VIDEO_CLOSED = 0.15
"""The share of a wide opening below which a mouth measured in a video is closed."""
LAGS = (-0.04, 0.08)
SEEDS = 5


@dataclass(frozen=True, kw_only=True)
class Face:
    """A real talking face: its sound, its words, its measured opening and when phones sound."""

    name: str
    samples: np.ndarray
    words: str
    opening: np.ndarray
    spans: tuple[PhoneSpan, ...]


def sentence(name: str) -> str:
    """Return the words that the name of a GRID recording spells."""
    return " ".join(known.get(letter, letter) for known, letter in zip(WORDS, name, strict=True))


def read_faces(data: Path, a2m: AudioToMotion) -> list[Face]:
    """Read the real faces and measure their mouths."""
    faces = []
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(data / "grid_samples.zip").extractall(folder)
        for name, (mouth, nose) in FACES.items():
            path = next(Path(folder).rglob(f"{name}.mpg"))
            frames = read_video(path).frames
            sound = read_audio(path, sample_rate=SAMPLE_RATE, channels=1, since_first_frame=True)
            samples = sound.samples[0]
            opening = track_lips(frames, mouth=mouth, nose=nose).opening
            found = a2m.align(samples, sentence(name))
            print(f"{name}: {sentence(name)!r}, alignment {found.score:.2f}", flush=True)
            faces.append(Face(name=name, samples=samples, words=sentence(name), opening=opening,
                              spans=found.spans))  # fmt: skip
    return faces


def gap_of(values: np.ndarray) -> np.ndarray:
    """Return the opening of motion values [T, K]."""
    return schema.lip_gap(values)


def viseme_gap(spans: Sequence[PhoneSpan], count: int) -> np.ndarray:
    """Return the opening that the visemes of known phones ask for, without any network."""
    values = schema.rest(count)
    values[:, MOUTH] = mouth_targets(spans, num_frames=count)
    return gap_of(values)


def envelope_gap(samples: np.ndarray, count: int) -> np.ndarray:
    """Return the opening of a mouth that follows the loudness, slowly enough not to flutter."""
    hop = SAMPLE_RATE // 100
    steps = np.abs(np.pad(samples, (0, -len(samples) % hop))).reshape(-1, hop).mean(1)
    window = np.hanning(15)
    smooth = np.convolve(np.sqrt(steps), window / window.sum(), mode="same")
    gap = np.interp(np.arange(count) / FPS, (np.arange(len(smooth)) + 0.5) / 100, smooth)
    return gap - np.quantile(gap, 0.05)


def speaking_frames(spans: Sequence[PhoneSpan], count: int) -> np.ndarray:
    """Return the frames in which a phone sounds, bool [T]."""
    said = np.zeros(count, bool)
    for span in spans:
        if span.phone != SILENCE:
            said[round(span.start * FPS) : round(span.end * FPS) + 1] = True
    return said


def bilabial_times(spans: Sequence[PhoneSpan]) -> np.ndarray:
    """Return start and end of each p, b and m, [N, 2]; neighbours without a gap are one."""
    times: list[list[float]] = []
    for span in spans:
        if span.phone in BILABIALS:
            if times and span.start - times[-1][1] < 0.005:
                times[-1][1] = span.end
            else:
                times.append([span.start, span.end])
    return np.array(times).reshape(-1, 2)


def against_face(gap: np.ndarray, face: Face) -> dict[str, float]:
    """Return how a predicted opening matches the measured one."""
    count = min(len(gap), len(face.opening))
    own, real = gap[:count], face.opening[:count]
    free = best_match(own, real, fps=FPS, max_shift=15)
    said = np.flatnonzero(speaking_frames(face.spans, count))
    inside = slice(max(0, said[0] - 3), said[-1] + 4)
    allowed = [best_match(np.roll(own, -shift), real, fps=FPS, max_shift=0).correlation
               for shift in range(round(LAGS[0] * FPS), round(LAGS[1] * FPS) + 1)]  # fmt: skip
    return {
        "r at lag 0": best_match(own, real, fps=FPS, max_shift=0).correlation,
        "r, lag -40 to 80 ms": max(allowed),
        "r in speech at lag 0":
            best_match(own[inside], real[inside], fps=FPS, max_shift=0).correlation,
        "r at best lag": free.correlation,
        "best lag in ms": 1000 * free.lag,
    }  # fmt: skip


def faces_table(faces: list[Face], a2m: AudioToMotion, seeds: int) -> dict:
    """Compare every way to open a mouth with the real mouths."""
    def voiced(
        face: Face, *, transcript: str | None = None, emotion: Trajectory | None = None, seed: int
    ) -> np.ndarray:  # fmt: skip
        track = a2m.animate(face.samples, transcript=transcript, emotion=emotion,
                            settings=MotionSettings(seed=seed))  # fmt: skip
        return gap_of(track.values)

    moods = [Trajectory.constant(EmotionPoint.from_category(name, 0.8)) for name in MIKELS]
    ways: dict[str, list[Callable[[Face], np.ndarray]]] = {
        "model, audio only": [lambda face, s=s: voiced(face, seed=s) for s in range(seeds)],
        "model with transcript": [
            lambda face, s=s: voiced(face, transcript=face.words, seed=s) for s in range(seeds)
        ],
        "model, audio only, eight emotions": [
            lambda face, m=m: voiced(face, emotion=m, seed=0) for m in moods
        ],
        "visemes of the aligned transcript, no network":
            [lambda face: viseme_gap(face.spans, len(face.opening))],
        "envelope": [lambda face: envelope_gap(face.samples, len(face.opening))],
    }  # fmt: skip
    table = {}
    for way, runs in ways.items():
        rows = {face.name: [against_face(run(face), face) for run in runs] for face in faces}
        figures = {}
        for figure in next(iter(rows.values()))[0]:
            by_face = [float(np.mean([row[figure] for row in rows[face.name]])) for face in faces]
            estimate = bootstrap_mean(by_face)
            figures[figure] = {"mean": estimate.value, "low": estimate.low, "high": estimate.high,
                               "by face": dict(zip(FACES, by_face, strict=True))}  # fmt: skip
        table[way] = figures
        print(way, {name: round(value["mean"], 3) for name, value in figures.items()}, flush=True)
    return table


def sound_table(faces: list[Face], a2m: AudioToMotion) -> dict:
    """Compare lips with the envelope, and count closures and silent lips, beside real mouths."""
    table: dict[str, dict] = {}
    for way in ("real mouths", "model, audio only", "model with transcript", "envelope"):
        matches, stillness, closures = [], [], []
        for face in faces:
            gap = {
                "real mouths": lambda face=face: face.opening.clip(0),
                "envelope": lambda face=face: envelope_gap(face.samples, len(face.opening)),
                "model, audio only": lambda face=face: gap_of(a2m.animate(face.samples).values),
                "model with transcript": lambda face=face: gap_of(
                    a2m.animate(face.samples, transcript=face.words).values
                ),
            }[way]()  # fmt: skip
            said = speaking_frames(face.spans, len(gap))
            matches.append(lip_sync(gap, face.samples, sample_rate=SAMPLE_RATE, fps=FPS))
            stillness.append(silent_lips(gap, said, fps=FPS).against_speech)
            times = bilabial_times(face.spans)
            if len(times):
                closures.append(bilabial_closures(gap, times, said, fps=FPS, closed=VIDEO_CLOSED))
        table[way] = {
            "envelope r": float(np.mean([match.correlation for match in matches])),
            "envelope lag in ms": float(1000 * np.mean([match.lag for match in matches])),
            "envelope confidence": float(np.mean([match.confidence for match in matches])),
            "silent lips against speech": float(np.mean(stillness)),
            **closure_figures(closures),
        }
        print(way, table[way], flush=True)
    return table


def closure_figures(closures: list[Closures]) -> dict:
    """Return recall with its interval, precision and chance of several recordings."""
    hits = np.concatenate([found.hits for found in closures])
    recall = wilson(int(hits.sum()), len(hits))
    precision = [found.precision for found in closures if np.isfinite(found.precision)]
    return {
        "closure recall": recall.value, "low": recall.low, "high": recall.high,
        "phones": len(hits), "closure precision": float(np.mean(precision or [0.0])),
        "closed share of speech": float(np.mean([found.closed_share for found in closures])),
    }  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Said:
    """A recording with its text and the times of its phones."""

    samples: np.ndarray
    text: str
    spans: tuple[PhoneSpan, ...]


def synthetic_speech(path: Path, seconds: float) -> Iterator[Said]:
    """Yield recordings of the held-out espeak-ng voices."""
    archive = np.load(path)
    about, bounds = json.loads(str(archive["about"])), archive["sound_bounds"]
    sound, rows, made = archive["sound"], archive["spans"], 0.0
    for place, told in enumerate(about):
        own = rows[rows[:, 0] == place]
        spans = tuple(PhoneSpan(phone=PHONES[int(p)], start=float(s), end=float(e))
                      for _, p, s, e in own)  # fmt: skip
        samples = sound[bounds[place] : bounds[place + 1]].astype(np.float32) / 32767
        made += len(samples) / SAMPLE_RATE
        if made > seconds:
            return
        yield Said(samples=samples, text=told["text"], spans=spans)


def read_speech(data: Path, a2m: AudioToMotion) -> Iterator[Said]:
    """Yield LJSpeech's sentences; the ear places the phones of their text."""
    archive = zipfile.ZipFile(data / "ljspeech_16k.zip")
    names = {Path(name).stem: name for name in archive.namelist() if name.endswith(".flac")}
    table = next(name for name in archive.namelist() if name.endswith("metadata.csv"))
    lines = io.TextIOWrapper(archive.open(table), "utf-8")
    with tempfile.TemporaryDirectory() as folder:
        for name, _, text in csv.reader(lines, delimiter="|", quoting=csv.QUOTE_NONE):
            path = archive.extract(names[name], folder)
            samples = read_audio(path, sample_rate=SAMPLE_RATE, channels=1).samples[0]
            yield Said(samples=samples, text=text, spans=a2m.align(samples, text).spans)


def closure_table(recordings: list[Said], a2m: AudioToMotion) -> dict:
    """Count closures at p, b and m for every way to open a mouth."""
    ways: dict[str, Callable[[Said, int], np.ndarray]] = {
        "model, audio only": lambda said, _: gap_of(a2m.animate(said.samples).values),
        "model with transcript": lambda said, _: gap_of(
            a2m.animate(said.samples, transcript=said.text).values
        ),
        "visemes of the known phones": lambda said, count: viseme_gap(said.spans, count),
        "envelope": lambda said, count: envelope_gap(said.samples, count),
    }
    table = {}
    for way, gap_from in ways.items():
        closures, stillness = [], []
        for said in recordings:
            gap = gap_from(said, max(1, round(len(said.samples) / SAMPLE_RATE * FPS)))
            speaking = speaking_frames(said.spans, len(gap))
            times = bilabial_times(said.spans)
            if len(times):
                closures.append(bilabial_closures(gap, times, speaking, fps=FPS))
            if pauses(speaking):
                stillness.append(silent_lips(gap, speaking, fps=FPS).against_speech)
        table[way] = closure_figures(closures)
        if stillness:
            table[way]["silent lips against speech"] = float(np.mean(stillness))
        print(way, {k: round(v, 3) for k, v in table[way].items()}, flush=True)
    return table


def pauses(speaking: np.ndarray) -> bool:
    """Return whether there is a silence of 0.35 s that `silent_lips` can look at."""
    edges = np.flatnonzero(np.diff(np.r_[0, ~speaking, 0]))
    return bool(speaking.any() and (edges[1::2] - edges[::2]).max(initial=0) >= 0.35 * FPS)


def long_speech(recordings: list[Said], seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Return so many seconds of recordings with pauses of half a second to two between them."""
    pieces, count = [], 0
    while count < seconds * SAMPLE_RATE:
        said = recordings[rng.integers(len(recordings))].samples
        pause = 1e-4 * rng.standard_normal(int(rng.uniform(0.5, 2) * SAMPLE_RATE))
        pieces += [said, pause.astype(np.float32)]
        count += len(said) + len(pause)
    return np.concatenate(pieces)[: round(seconds * SAMPLE_RATE)]


def life_figures(recordings: list[Said], a2m: AudioToMotion, seconds: float) -> dict:
    """Return blinks, head motion, seams, speed and memory of long speech, on one core."""
    torch.set_num_threads(1)
    sound = long_speech(recordings, seconds, np.random.default_rng(0))
    blocks = [sound[start : start + SAMPLE_RATE] for start in range(0, len(sound), SAMPLE_RATE)]
    a2m.animate(blocks[0])
    begin, peak, values = time.perf_counter(), [], []
    for track in a2m.stream(blocks):
        values.append(track.values)
        peak.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    spent = time.perf_counter() - begin
    motion = np.concatenate(values)
    head = motion[:, [schema.index(f"head_{axis}") for axis in ("yaw", "pitch", "roll")]]
    joins = list(range(NEW, len(motion) - 2, NEW))
    inner = [join - NEW // 2 for join in joins[1:]]
    blink = blinks(motion[:, schema.index("AU45_left")], fps=FPS)
    variety = head_variety(head, fps=FPS)
    quarter = len(peak) // 4
    return {
        "seconds of speech": seconds,
        "times real time, one core": seconds / spent,
        "peak memory grows by MB from the first quarter to the end": peak[-1] - peak[quarter],
        "blinks a minute": blink.rate, "interval in s": blink.interval,
        "variation of intervals": blink.variation, "blink in s": blink.duration,
        "head spread in degrees": dict(zip(("yaw", "pitch", "roll"), variety.spread.tolist(),
                                           strict=True)),
        "head speed in degrees a second": variety.speed, "head range": variety.range,
        "seam ratio of the opening": seam_ratio(gap_of(motion), joins),
        "seam ratio of the head": seam_ratio(head, joins),
        "seam ratio between joins (control)": seam_ratio(head, inner),
        "envelope r": lip_sync(gap_of(motion), sound, sample_rate=SAMPLE_RATE, fps=FPS).correlation,
        "head speed follows loudness, r": head_follows(head, sound),
    }  # fmt: skip


def head_follows(head: np.ndarray, sound: np.ndarray) -> float:
    """Return how the speed of the head over a second goes with the loudness over that second."""
    speed = np.linalg.norm(np.diff(head, axis=0, prepend=head[:1]), axis=1)
    loud = np.abs(speech_envelope(sound, sample_rate=SAMPLE_RATE, fps=FPS))
    count = min(len(speed), len(loud)) // 25 * 25
    by_second = [curve[:count].reshape(-1, 25).mean(1) for curve in (speed, loud)]
    return best_match(*by_second, fps=1, max_shift=0).correlation


def main() -> None:
    """Measure everything and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the corpora's zips")
    parser.add_argument("--speech", type=Path, default=Path("cache/speech"))
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/a2m.json"))
    parser.add_argument("--quick", action="store_true", help="one seed, two minutes of speech")
    options = parser.parse_args()
    a2m = AudioToMotion()
    faces = read_faces(options.data, a2m)
    test = list(synthetic_speech(options.speech / "test.npz", 60 if options.quick else 480))
    result = {
        "faces": faces_table(faces, a2m, 1 if options.quick else SEEDS),
        "sound": sound_table(faces, a2m),
        "closure, held-out espeak-ng voices": closure_table(test, a2m),
        "closure, LJSpeech": closure_table(list(read_speech(options.data, a2m)), a2m),
        "life": life_figures(test, a2m, 60 if options.quick else 600),
        "machine": machine(),
    }
    print(result["life"])
    write_result(options.out, result)


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        sys.exit(f"{error}")
