"""Launch: python benchmarks/recognize.py [--minutes 1] [--repeats 3] [--out FILE].

How long does `emogen recognize` take for a video with sound, and how much memory? The video is made
for it: a drawn clip played over and over at 854x480, 25 frames a second, H.264, with speech-like
sound (a voiced buzz with syllables and a melody) in AAC. Each run is a process of its own, from its
start to its answer; its memory is the largest resident set. ``--minutes 60`` shows whether memory
grows with length. The baseline is the same file only decoded, with sound, by PyAV.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import av
import numpy as np

from emogen.errors import EmogenError
from emogen.evaluation.tables import machine, markdown_table, write_result

WIDTH, HEIGHT, FPS, RATE = 854, 480, 25, 48_000
GOAL_SECONDS, GOAL_MEGABYTES = 20.0, 1500.0
DECODE = """
import av, sys
with av.open(sys.argv[1]) as file:
    count = sum(1 for packet in file.demux() for frame in packet.decode())
"""


def make_video(path: Path, minutes: float) -> None:
    """Write a video of so many minutes."""
    from emogen.data.synthetic import render_example  # only where it is used, in another process

    shown = render_example(2**50 + 11, kind="cat", num_frames=FPS * 4 + 1, fps=FPS, size=HEIGHT)
    wide = np.pad(shown.frames, ((0, 0), (0, 0), ((WIDTH - HEIGHT) // 2,) * 2, (0, 0)), mode="edge")
    with av.open(str(path), "w") as file:
        picture = file.add_stream("libx264", FPS, options={"preset": "veryfast", "crf": "23"})
        picture.width, picture.height, picture.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        sound = file.add_stream("aac", RATE)
        sound.layout = "mono"
        frames = [av.VideoFrame.from_ndarray(image, format="rgb24") for image in wide]
        for second in range(round(minutes * 60)):
            for frame in frames[second % 4 * FPS : (second % 4 + 1) * FPS]:
                frame.pts = None
                file.mux(picture.encode(frame))
            part = av.AudioFrame.from_ndarray(voice(second)[None], format="fltp", layout="mono")
            part.sample_rate, part.pts = RATE, second * RATE
            file.mux(sound.encode(part))
        file.mux(picture.encode())
        file.mux(sound.encode())


def voice(second: int) -> np.ndarray:
    """Return a second of something like speech: float32 [RATE]."""
    t = second + np.arange(RATE) / RATE
    pitch = 150 * (1 + 0.2 * np.sin(2 * np.pi * 0.4 * t))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    buzz = sum(np.sin(k * phase) / k for k in range(1, 25))
    return (0.15 * buzz * np.clip(np.sin(2 * np.pi * 3.5 * t), 0, 1)).astype(np.float32)


def run(command: list[str]) -> tuple[float, float, str]:
    """Run a process; return seconds, megabytes at the most, and what it said."""
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read()
    if process.returncode:
        raise EmogenError(f"expected exit code 0, got {process.returncode}: {command[-1]}")
    return time.perf_counter() - started, usage.ru_maxrss / 1024, text


def spread(values: list[float]) -> dict[str, float]:
    """Return median, least and most."""
    return {"median": round(float(np.median(values)), 2), "least": round(min(values), 2),
            "most": round(max(values), 2)}


def main() -> None:
    """Make the video, run both commands in turn, write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/recognize.json"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "video.mp4"
        # elsewhere: a process that is started counts the memory of the one that started it
        maker = get_context("spawn").Process(target=make_video, args=(path, args.minutes))
        maker.start()
        maker.join()
        commands = {
            "emogen recognize": [sys.executable, "-m", "emogen", "recognize", "--json", str(path)],
            "decoding alone": [sys.executable, "-c", DECODE, str(path)],
        }
        found: dict[str, list[tuple[float, float, str]]] = {name: [] for name in commands}
        for _ in range(args.repeats):
            for name, command in commands.items():
                found[name].append(run(command))
    answer = json.loads(found["emogen recognize"][-1][2])["results"][0]
    results: dict[str, Any] = {
        name: {"seconds": spread([row[0] for row in rows]),
               "megabytes": spread([row[1] for row in rows])} for name, rows in found.items()
    }
    results["models"] = answer["models"]
    known = json.loads(args.out.read_text("utf-8"))["results"] if args.out.is_file() else {}
    known[f"{args.minutes:g} min"] = results
    write_result(args.out, {
        "benchmark": "recognize", "machine": machine(),
        "settings": {"size": f"{WIDTH}x{HEIGHT}", "fps": FPS, "repeats": args.repeats,
                     "goal_seconds": GOAL_SECONDS, "goal_megabytes": GOAL_MEGABYTES},
        "results": known,
    })  # fmt: skip
    print(markdown_table(["process", "seconds", "MB"], [
        [name, f"{part['seconds']['median']} ({part['seconds']['least']} to "
               f"{part['seconds']['most']})", part["megabytes"]["most"]]
        for name, part in results.items() if name in commands
    ]))


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
