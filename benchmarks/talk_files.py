"""Launch: python benchmarks/talk_files.py [speed] [offsets] --speech WAV [--quick].

Speed and memory of `emogen talk`, and whether picture and sound stay together. Every run is the
real command line in a process of its own.

    speed     10 s, 60 s and 10 min of speech at 512x512: times real time (baseline: the sound's own
              length), and peak memory, which must not grow with the length
    offsets   8, 16, 22.05, 44.1 and 48 kHz; mono, stereo and 5.1; 1 s, 60 s and 10 min. The sound
              of the video against the sound that was given, by cross-correlation at its beginning,
              middle and end; the pictures against the motion, by which frame of the motion each
              looks like most

--speech is any recording of speech, repeated as often as needed. Writes
benchmarks/results/talk_files.json, one entry a part.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from emogen.errors import EmogenError
from emogen.evaluation.tables import machine, markdown_table, write_result
from emogen.media import iterate_frames, probe, read_audio
from emogen.motion import load_track
from emogen.motion.rig import VectorPortrait

RATES = (8000, 16_000, 22_050, 44_100, 48_000)
LAYOUTS = {"mono": 1, "stereo": 2, "5.1": 6}
LISTENED = 16_000
FRAME = 1 / 25
SMALL = (128, 128)
_NEAR = 3
"""Frames to either side that a picture may look like."""
_LOOKED_AT, _VISIBLE = 12, 1.0


def speech_of(path: Path, seconds: float, rate: int) -> np.ndarray:
    """Return so many seconds of a recording, repeated, float32 [S]."""
    samples = read_audio(path, sample_rate=rate, channels=1).samples[0]
    count = round(seconds * rate)
    return np.tile(samples, -(-count // len(samples)))[:count]


def write_wav(path: Path, samples: np.ndarray, rate: int, layout: str) -> None:
    """Write the same sound to every channel of a WAV, a second at a time."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=rate, layout=layout)
        for begin in range(0, len(samples), rate):
            piece = (samples[begin : begin + rate].clip(-1, 1) * 32767).astype(np.int16)
            block = np.repeat(piece, LAYOUTS[layout])[None]
            frame = av.AudioFrame.from_ndarray(block, format="s16", layout=layout)
            frame.sample_rate, frame.pts, frame.time_base = rate, begin, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def talk(sound: Path, video: Path, *options: str) -> dict[str, Any]:
    """Run the command line; return its answer, the seconds it took and its peak memory in MiB."""
    command = [sys.executable, "-m", "emogen", "talk", "--audio", str(sound), "-o", str(video),
               "--json", "--overwrite", "--seed", "1", *options]  # fmt: skip
    start = time.perf_counter()
    with tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdout=answer, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        answer.seek(0)
        errors.seek(0)
        if status:
            sys.exit(errors.read().decode(errors="replace"))
        told = json.loads(answer.read())
    return told | {"wall_seconds": wall, "peak_mib": usage.ru_maxrss / 1024}


def speed(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Time lengths of speech at 512x512."""
    rows = []
    for seconds in (10, 60) if args.quick else (10, 60, 600):
        sound = folder / f"{seconds}.wav"
        write_wav(sound, speech_of(args.speech, seconds, LISTENED), LISTENED, "mono")
        told = talk(sound, folder / "out.mp4", "--size", args.size, "--portrait", args.portrait)
        rows.append({
            "seconds": seconds, "wall_seconds": round(told["wall_seconds"], 2),
            "times_real_time": round(seconds / told["wall_seconds"], 2),
            "without_loading": round(seconds / (told["seconds"]["total"]
                                                - told["seconds"]["loading"]), 2),
            "peak_mib": round(told["peak_mib"], 1), "stages": told["seconds"],
            "megabytes": round((folder / "out.mp4").stat().st_size / 1e6, 2),
        })  # fmt: skip
        print(rows[-1], flush=True)
    return {"rows": rows, "size": args.size, "portrait": args.portrait}


def offsets(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Measure how far sound and pictures are from where they belong."""
    rows = []
    for seconds, rate, layout in cases(quick=args.quick):
        sound, video = folder / "in.wav", folder / "out.mp4"
        write_wav(sound, speech_of(args.speech, seconds, rate), rate, layout)
        motion = folder / "motion.npz"
        told = talk(sound, video, "--size", "x".join(map(str, SMALL)), "--motion-out", str(motion),
                    "--no-watermark", "--portrait", args.portrait)  # fmt: skip
        info = probe(video)
        lags = sound_lags(sound, video)
        rows.append({
            "seconds": seconds, "rate": rate, "layout": layout,
            "sound_ms": [round(1000 * lag, 2) for lag in lags],
            "picture_frames": picture_lags(args.portrait, video, motion),
            "length_ms": round(1000 * (info.video.num_frames * FRAME - told["heard"]["seconds"])),
            "sound_length_ms": round(1000 * (info.audio.seconds - told["heard"]["seconds"])),
            "channels": info.audio.channels, "rate_out": info.audio.sample_rate,
        })  # fmt: skip
        rows[-1]["within_a_frame"] = bool(
            max(map(abs, lags)) <= FRAME and not any(rows[-1]["picture_frames"])
        )
        print(rows[-1], flush=True)
    return {"rows": rows, "portrait": args.portrait}


def cases(*, quick: bool) -> list[tuple[float, int, str]]:
    """Return (seconds, rate, layout) of every run."""
    if quick:
        return [(1, 8000, "mono"), (1, 48_000, "5.1"), (10, 22_050, "stereo")]
    short = [(seconds, rate, layout) for seconds in (1, 60) for rate in RATES for layout in LAYOUTS]
    return [*short, (600, 8000, "mono"), (600, 44_100, "stereo"), (600, 48_000, "5.1")]


def sound_lags(sound: Path, video: Path) -> list[float]:
    """Return by how many seconds the sound of a video is late: beginning, middle and end."""
    given = read_audio(sound, sample_rate=LISTENED, channels=1).samples[0]
    found = read_audio(video, sample_rate=LISTENED, channels=1, since_first_frame=True).samples[0]
    count = min(len(given), len(found))
    window = min(count, 8 * LISTENED)
    starts = sorted({0, (count - window) // 2, count - window})
    return [lag_of(given[at : at + window], found[at : at + window]) for at in starts]


def lag_of(given: np.ndarray, found: np.ndarray) -> float:
    """Return by how many seconds one sound is later than the other, by cross-correlation."""
    size = 2 * len(given)
    spectrum = np.fft.rfft(found, size) * np.conj(np.fft.rfft(given, size))
    peak = int(np.fft.irfft(spectrum, size).argmax())
    return (peak - size if peak > size // 2 else peak) / LISTENED


def picture_lags(portrait: str, video: Path, motion: Path) -> list[int]:
    """Return for some pictures which frame of the motion they look like, against their own.

    Only pictures are asked that differ from the one before by more than the codec's own error.
    """
    character, _, palette = portrait.partition(":")
    face = VectorPortrait(character=character, palette=palette, size=SMALL, seed=1)
    track = load_track(motion)
    moved = np.abs(np.diff(track.values, axis=0)).sum(1)
    moved[: _NEAR + 1] = moved[-_NEAR - 1 :] = 0
    chosen = set((np.argsort(-moved)[:_LOOKED_AT] + 1).tolist())
    lags = []
    for index, picture in enumerate(iterate_frames(video)):
        if index in chosen:
            near = range(max(0, index - _NEAR), min(len(track), index + _NEAR + 1))
            drawn = [face.frame(track.values[at], track.emotion[at]).astype(int) for at in near]
            own = near.index(index)
            if np.abs(drawn[own] - drawn[own - 1]).mean() > _VISIBLE:
                away = [np.abs(one - picture).mean() for one in drawn]
                lags.append(near[int(np.argmin(away))] - index)
    return lags


def report(result: dict[str, Any]) -> None:
    """Print the tables."""
    if "speed" in result:
        head = ["seconds", "times_real_time", "without_loading", "peak_mib", "megabytes"]
        print(markdown_table(head, [[row[name] for name in head]
                                    for row in result["speed"]["rows"]]))  # fmt: skip
    if "offsets" in result:
        head = ["seconds", "rate", "layout", "sound_ms", "picture_frames", "length_ms",
                "within_a_frame"]  # fmt: skip
        print(markdown_table(head, [[row[name] for name in head]
                                    for row in result["offsets"]["rows"]]))  # fmt: skip


def main() -> None:
    """Measure the parts asked for and write them beside those measured before."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=["speed", "offsets", []], default=[])
    parser.add_argument("--speech", type=Path, required=True)
    parser.add_argument("--portrait", default="woman", help="a character")
    parser.add_argument("--size", default="512x512")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/talk_files.json"))
    args = parser.parse_args()
    result = json.loads(args.out.read_bytes()) if args.out.is_file() else {}
    for part in args.parts or ["speed", "offsets"]:
        with tempfile.TemporaryDirectory() as folder:
            measured = {"speed": speed, "offsets": offsets}[part](args, Path(folder))
        result[part] = {"machine": machine(), "quick": args.quick, **measured}
        write_result(args.out, result)
    report(result)


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
