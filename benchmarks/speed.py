"""Launch: python benchmarks/speed.py [--model nano] [--repeats 5] [--out FILE.json].

How fast a clip is, beside diffusers' own pipeline: one process loads `diffusers.WanPipeline` and
emogen's pipeline from the same folder, warms both up and lets them take turns at the same prompt,
noise, steps, guidance, size, frames and precision. The clips are compared, so that a gain in time
is not a loss in picture. A third row adds an emotion, a fourth times `python -m emogen generate`
from the start of its process to the file, in the model's default precision.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import WanPipeline
from skimage.metrics import peak_signal_noise_ratio

from emogen.emotion import parse
from emogen.errors import EmogenError
from emogen.evaluation.tables import folder_hash, machine, markdown_table, write_result
from emogen.pipelines import EmotionalVideoPipeline, load_pipeline

PROMPT, EMOTION, SEED = "a red robot in a forest", "excitement:0.9", 7
OURS, THEIRS, FEELING = "emogen", "diffusers", "emogen, with emotion"
COMMAND = "emogen generate, whole process"

Maker = Callable[[], np.ndarray]


def make_theirs(folder: Path, ours: EmotionalVideoPipeline, options: dict[str, Any]) -> Maker:
    """Return a call of diffusers' pipeline that starts from the same noise as ours."""
    parts, base = ours.parts, ours.defaults
    pipeline = WanPipeline.from_pretrained(
        folder, dtype=parts.dtype, local_files_only=True
    ).to(parts.device)
    pipeline.set_progress_bar_config(disable=True)
    length = (base.num_frames - 1) // 4 + 1
    shape = (1, parts.vae.config.z_dim, length, base.height // 8, base.width // 8)

    def make() -> np.ndarray:
        noise = torch.randn(shape, generator=torch.Generator("cpu").manual_seed(SEED))
        video = pipeline(
            prompt=PROMPT, negative_prompt="", width=base.width, height=base.height,
            num_frames=base.num_frames, num_inference_steps=options["steps"],
            guidance_scale=options["guidance_scale"], latents=noise.to(parts.device),
        ).frames[0]
        return (np.asarray(video) * 255).round().astype(np.uint8)

    return make


def make_ours(
    pipeline: EmotionalVideoPipeline, options: dict[str, Any], emotion: str | None
) -> Maker:
    """Return a call of our pipeline."""
    trajectory = parse(emotion) if emotion else None
    return lambda: pipeline(PROMPT, emotion=trajectory, seed=SEED, **options).frames


def make_command(model: str, options: dict[str, Any]) -> Maker:
    """Return a call of the command line in a process of its own; it returns no frames."""
    def make() -> np.ndarray:
        with tempfile.TemporaryDirectory() as folder:
            command = [
                sys.executable, "-m", "emogen", "generate", PROMPT, "--emotion", EMOTION,
                "--model", model, "--steps", str(options["steps"]), "--seed", str(SEED),
                "--guidance", str(options["guidance_scale"]), "-o", str(Path(folder) / "clip.mp4"),
            ]  # fmt: skip
            subprocess.run(command, check=True, capture_output=True)
        return np.empty(0)

    return make


def seconds_of(make: Maker) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    make()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - start


def take_turns(makers: dict[str, Maker], repeats: int) -> dict[str, list[float]]:
    """Time every maker once a round, so that a slow moment of the machine meets all of them."""
    times: dict[str, list[float]] = {name: [] for name in makers}
    for index in range(repeats):
        order = list(makers) if index % 2 == 0 else list(makers)[::-1]
        for name in order:
            times[name].append(seconds_of(makers[name]))
        print(f"\rround {index + 1}/{repeats}", end="", file=sys.stderr)
    print(file=sys.stderr)
    return times


def summarise(times: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """Return median, fastest and slowest, and how many times as fast as diffusers a round was."""
    result = {}
    for name, row in times.items():
        part = {"median": np.median(row), "low": min(row), "high": max(row)}
        if name in (OURS, FEELING):
            ratios = np.array(times[THEIRS]) / np.array(row)
            part |= {"ratio": np.median(ratios)}
            part |= {"ratio_low": ratios.min(), "ratio_high": ratios.max()}
        result[name] = {key: round(float(value), 3) for key, value in part.items()}
    return result


def main() -> None:
    """Time, compare, write, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="nano", help="name or folder")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--command-repeats", type=int, default=3)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), help="default: the pipeline's")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/speed.json"))
    args = parser.parse_args()
    dtype = getattr(torch, args.dtype) if args.dtype else None
    pipeline = load_pipeline(args.model, dtype=dtype)
    parts, base = pipeline.parts, pipeline.defaults
    options = {"steps": args.steps or base.steps, "guidance_scale": base.guidance_scale}
    makers = {
        THEIRS: make_theirs(parts.folder, pipeline, options),
        OURS: make_ours(pipeline, options, None),
        FEELING: make_ours(pipeline, options, EMOTION),
    }
    first = {name: make() for name, make in makers.items()}
    agreement = float(peak_signal_noise_ratio(first[THEIRS], first[OURS]))
    times = take_turns(makers, args.repeats)
    times |= take_turns({COMMAND: make_command(args.model, options)}, args.command_repeats)
    summary = summarise(times)
    settings = options | {
        "prompt": PROMPT, "emotion": EMOTION, "seed": SEED,
        "width": base.width, "height": base.height, "num_frames": base.num_frames,
        "dtype": str(parts.dtype), "repeats": args.repeats,
        "emotion_guidance_scale": base.emotion_guidance_scale,
    }
    write_result(args.out, {
        "benchmark": "speed",
        "model": {"name": Path(args.model).name, "sha256": folder_hash(parts.folder)},
        "settings": settings,
        "machine": machine(),
        "psnr_between_pipelines": round(min(agreement, 99.0), 2),
        "summary": summary,
        "seconds": {name: [round(value, 3) for value in row] for name, row in times.items()},
    })
    print_table(summary, min(agreement, 99.0))


def print_table(summary: dict[str, dict[str, float]], agreement: float) -> None:
    """Print the markdown table."""
    rows = []
    for name, part in summary.items():
        ratio = "{ratio:.2f}x ({ratio_low:.2f} to {ratio_high:.2f})" if "ratio" in part else ""
        median = "{median:.2f} ({low:.2f} to {high:.2f})"
        rows.append([name, median.format(**part), ratio.format(**part)])
    print(markdown_table(["", "seconds a clip, median (range)", "as fast as diffusers"], rows))
    print(f"\nThe two pipelines' clips agree to {agreement:.1f} dB.")


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
