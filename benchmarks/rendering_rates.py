"""Launch: python benchmarks/rendering_rates.py [--clips 3] [--clock wall|processor].

What clips of nano cost on this machine, for `emogen render plan` where no run has measured it yet:
seconds a step, seconds of everything else, bytes of the file, most memory of the process. Clips are
made one after another in one process, which is loaded and warm; loading is not counted. The file
that is shipped is emogen/rendering/shipped_rates.json, where the figures go unless told otherwise.
On a busy machine --clock processor counts the processor seconds of one thread, which is what the
wall clock would show for one thread on an idle core.
"""

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch

from emogen.emotion import parse
from emogen.evaluation.tables import markdown_table
from emogen.media import write_sidecar, write_video
from emogen.media.atomic import write_bytes_atomic
from emogen.pipelines import EmotionalVideoPipeline, load_pipeline
from emogen.rendering.rates import STEPPED, Rate, machine_name

PROMPT, EMOTION = "a red robot in a forest", "excitement:0.9"
CLOCKS = {"wall": time.perf_counter, "processor": time.process_time}
SHAPES = ((128, 128, 17), (128, 128, 33), (192, 128, 33))
"""Width, height, frames; growing, so that the memory is that of the last shape."""


class Timer:
    """Adds up seconds by stage; called by the pipeline with (stage, done, total)."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begin with no stage."""
        self.seconds: dict[str, float] = {}
        self._clock = clock
        self._name, self._since = "", clock()

    def __call__(self, name: str, done: int = 0, total: int | None = None) -> None:
        """Go on to a stage."""
        now = self._clock()
        if self._name:
            self.seconds[self._name] = self.seconds.get(self._name, 0.0) + now - self._since
        self._name, self._since = name, now


def make(
    pipeline: EmotionalVideoPipeline, shape: tuple[int, int, int], *, seed: int, folder: Path,
    clock: Callable[[], float],
) -> tuple[dict[str, float], int]:
    """Make one clip and return its seconds by stage and the bytes of its files."""
    width, height, frames = shape
    timer = Timer(clock)
    clip = pipeline(
        PROMPT, emotion=parse(EMOTION), width=width, height=height, num_frames=frames, seed=seed,
        progress=timer,
    )
    timer("writing")
    path = folder / "clip.mp4"
    write_video(clip, path, parameters={"prompt": PROMPT, "seed": seed})
    sidecar = write_sidecar(path, {"prompt": PROMPT, "seed": seed})
    timer("")
    return timer.seconds, path.stat().st_size + sidecar.stat().st_size


def measure(
    pipeline: EmotionalVideoPipeline, shape: tuple[int, int, int], clips: int,
    clock: Callable[[], float],
) -> Rate:
    """Return the rate of one shape."""
    width, height, frames = shape
    with tempfile.TemporaryDirectory() as folder:
        made = [
            make(pipeline, shape, seed=seed, folder=Path(folder), clock=clock)
            for seed in range(clips + 1)
        ]
    stepped = [seconds[STEPPED] for seconds, _ in made[1:]]
    rest = [sum(seconds.values()) - seconds[STEPPED] for seconds, _ in made[1:]]
    return Rate(
        machine=machine_name(), device=pipeline.parts.device.type, kind="text2video", model="nano",
        size=f"{width}x{height}", frames=frames, clips=clips,
        step_s=round(sum(stepped) / clips / pipeline.defaults.steps, 6),
        rest_s=round(sum(rest) / clips, 6),
        file_bytes=round(sum(size for _, size in made[1:]) / clips, 1),
        memory_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    )


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=3, help="of each shape, after one to warm up")
    parser.add_argument("--out", type=Path, default=Path("emogen/rendering/shipped_rates.json"))
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    options = parser.parse_args()
    if options.clock == "processor":
        torch.set_num_threads(1)
    pipeline = load_pipeline("nano")
    rates = [measure(pipeline, shape, options.clips, CLOCKS[options.clock]) for shape in SHAPES]
    values = {
        "version": 1, "clock": options.clock, "threads": torch.get_num_threads(),
        "rates": [asdict(rate) for rate in rates],
    }
    write_bytes_atomic(options.out, (json.dumps(values, indent=1) + "\n").encode())
    rows = [
        (rate.size, rate.frames, f"{rate.step_s * 1000:.1f}", f"{rate.rest_s:.2f}",
         f"{rate.file_bytes / 1024:.0f}", rate.memory_bytes >> 20) for rate in rates
    ]
    print(markdown_table(["size", "frames", "ms a step", "rest, s", "KiB", "memory, MiB"], rows))


if __name__ == "__main__":
    main()
