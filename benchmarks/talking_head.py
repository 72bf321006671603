"""Launch: python benchmarks/talking_head.py --audio SPEECH [--people woman fox:dusk] [--steps 4 8].

How well and how fast the diffusion head talks, beside three renderings of the same motion:

    drawn           the rig itself: what the head was trained to look like
    autoencoder     those frames encoded and decoded: the best that latents allow
    still           the portrait at rest: what a head that does nothing scores

Of each: the likeness of whole frames (PSNR against the rig), how the pixels of the mouth move with
those of the rig (correlation over time, and the share of their motion), the jerk where chunks join
against that elsewhere (1 is no seam), the drift of the mean colour, and times real time. Peak
memory is read after a third of the longest stream and at its end.
"""

import argparse
import resource
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch

from emogen.emotion import parse
from emogen.errors import EmogenError
from emogen.evaluation.metrics.gestures import colour_drift, seam_ratio
from emogen.evaluation.tables import folder_hash, machine, markdown_table, write_result
from emogen.media.stream import iterate_samples
from emogen.motion import FPS, MotionTrack, join
from emogen.motion.a2m import AudioToMotion, MotionSettings
from emogen.motion.close_up import CloseUp
from emogen.motion.rig import VectorPortrait
from emogen.motion.weights import load_speaker
from emogen.pipelines.diffusion_head import DiffusionHead
from emogen.pipelines.sampling import decode_frames, encode_frames
from emogen.pipelines.talking.settings import SHARED_FRAMES
from emogen.pipelines.talking_head import TalkingHeadPipeline, load_talking_head

PEOPLE = ("woman:day", "fox:day", "woman:dusk", "student:day", "robot:day")
_RED_OF_LIPS = 120
_AROUND = 3


def drawn_frames(face: CloseUp, track: MotionTrack) -> np.ndarray:
    """Return the rig's frames of a track, uint8 [T, H, W, 3]."""
    return np.stack([
        face.frame(row, shares)
        for row, shares in zip(track.values, track.emotion, strict=True)
    ])  # fmt: skip


def through_autoencoder(pipeline: TalkingHeadPipeline, frames: np.ndarray) -> np.ndarray:
    """Return frames encoded and decoded in pieces as long as a chunk."""
    length = pipeline.settings.num_frames
    out = []
    for first in range(0, len(frames), length):
        piece = frames[first : first + length]
        filled = np.concatenate([piece, np.repeat(piece[-1:], length - len(piece), axis=0)])
        with torch.inference_mode():
            decoded = decode_frames(pipeline.parts, encode_frames(pipeline.parts, filled))
        out.append(decoded[: len(piece)])
    return np.concatenate(out)


def mouth_of(sketches: Iterable[np.ndarray]) -> tuple[slice, slice]:
    """Return the rows and columns in which lips are ever drawn, and a little more."""
    red = np.zeros(0)
    for sketch in sketches:
        lips = (sketch[..., 0] > _RED_OF_LIPS) & (sketch[..., 0] > 2.5 * sketch[..., 1])
        red = lips if not red.size else red | lips
    rows, columns = (np.flatnonzero(red.any(axis=axis)) for axis in (1, 0))
    return tuple(
        slice(max(0, int(line[0]) - _AROUND), int(line[-1]) + 1 + _AROUND)
        for line in (rows, columns)
    )


def figures(
    frames: np.ndarray, drawn: np.ndarray, mouth: tuple[slice, slice], joins: Sequence[int]
) -> dict[str, float]:
    """Return likeness, the mouth's motion, seam and drift of frames beside the rig's."""
    error = np.square(frames.astype(float) - drawn.astype(float)).mean()
    moves = [part[:, *mouth].astype(float) for part in (frames, drawn)]
    moves = [part - part.mean(axis=0) for part in moves]
    power = [float(np.square(part).mean()) for part in moves]
    together = float((moves[0] * moves[1]).mean())
    return {
        "psnr": float(10 * np.log10(255**2 / max(error, 1e-9))),
        "mouth_correlation": together / max(np.sqrt(power[0] * power[1]), 1e-9),
        "mouth_motion": float(np.sqrt(power[0] / max(power[1], 1e-9))),
        "seam": seam_ratio(frames, joins) if joins and power[0] else 1.0,
        "drift": colour_drift(frames.mean(axis=(1, 2)), fps=FPS),
    }


def measure(
    person: str, args: argparse.Namespace, pipeline: TalkingHeadPipeline, a2m: AudioToMotion
) -> dict[str, dict[str, float]]:
    """Return the figures of one portrait by rendering."""
    character, _, palette = person.partition(":")
    portrait = VectorPortrait(character=character, palette=palette)
    head = DiffusionHead(portrait, pipeline=pipeline, a2m=a2m, scene=args.scene)
    emotion = parse(args.emotion) if args.emotion else None
    tracks: list[MotionTrack] = []
    rows: dict[str, dict[str, float]] = {}
    shown: dict[str, np.ndarray] = {}
    for steps in args.steps:
        pipeline.settings = pipeline.settings.given(steps=steps)
        tracks.clear()
        start = time.perf_counter()
        frames = list(head.stream(
            sound(args), emotion=emotion, settings=MotionSettings(seed=args.seed),
            watch=tracks.append,
        ))  # fmt: skip
        took = time.perf_counter() - start
        name = f"diffusion, {steps} steps"
        shown[name], rows[name] = np.stack(frames), {"speed": len(frames) / FPS / took}
    track = join(tracks)
    drawn = drawn_frames(head.face, track)
    shown["autoencoder"] = through_autoencoder(pipeline, drawn)
    shown["still"] = np.repeat(drawn[:1], len(drawn), axis=0)
    shown["drawn"] = drawn
    mouth = mouth_of(head._sketches([track]))
    stride = pipeline.settings.num_frames - SHARED_FRAMES
    joins = list(range(pipeline.settings.num_frames, len(drawn) - 2, stride))
    return {
        name: figures(part, drawn, mouth, joins) | rows.get(name, {})
        for name, part in shown.items()
    }


def sound(args: argparse.Namespace) -> Iterable[np.ndarray]:
    """Yield the speech in blocks, up to the seconds asked for."""
    left = round(args.seconds * 16_000)
    for block in iterate_samples(args.audio):
        yield block[:left]
        left -= len(block)
        if left <= 0:
            return


def memory_growth(args: argparse.Namespace, head: DiffusionHead) -> float:
    """Return by how many MiB peak memory grows over the last two thirds of a stream."""
    head.pipeline.settings = head.pipeline.settings.given(steps=1)
    early, total = 0, round(args.seconds * FPS)
    for index, _ in enumerate(head.stream(sound(args))):
        if index == total // 3:
            early = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - early) / 1024


def print_table(results: dict[str, dict[str, dict[str, float]]]) -> None:
    """Print one line a portrait and rendering."""
    head = ["portrait", "rendering", "PSNR, dB", "mouth r", "mouth motion", "seam", "drift, 1/s",
            "times real time"]  # fmt: skip
    rows = []
    for person, renderings in results.items():
        for name, part in renderings.items():
            speed = f"{part['speed']:.2f}" if "speed" in part else ""
            cells = [f"{part[key]:.2f}" for key in
                     ("psnr", "mouth_correlation", "mouth_motion", "seam", "drift")]  # fmt: skip
            rows.append([person, name, *(cells if name != "drawn" else ["", *cells[1:]]), speed])
    print(markdown_table(head, rows))


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audio", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=12)
    parser.add_argument("--people", nargs="+", default=list(PEOPLE), metavar="NAME:PALETTE")
    parser.add_argument("--steps", nargs="+", type=int, default=[8])
    parser.add_argument("--emotion", default="")
    parser.add_argument("--scene")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--head", default="nano", help="nano, or a talking head's folder")
    parser.add_argument("--a2m", type=Path, help="default: the shipped one")
    parser.add_argument("--memory", action="store_true", help="also stream once for the memory")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/talking_head.json"))
    args = parser.parse_args()
    pipeline = load_talking_head(args.head)
    a2m = AudioToMotion(load_speaker(args.a2m))
    results = {}
    for person in args.people:
        print(person, file=sys.stderr)
        results[person] = measure(person, args, pipeline, a2m)
    growth = None
    if args.memory:
        portrait = VectorPortrait(character=args.people[0].partition(":")[0])
        growth = memory_growth(args, DiffusionHead(portrait, pipeline=pipeline, a2m=a2m))
    model = Path(args.head) if args.head != "nano" else pipeline.parts.folder / "talking_head"
    write_result(args.out, {
        "benchmark": "talking_head",
        "settings": {key: str(value) for key, value in vars(args).items() if key != "out"},
        "machine": machine(), "head": folder_hash(model), "memory_growth_mib": growth,
        "results": {
            person: {name: {key: round(v, 4) for key, v in part.items()}
                     for name, part in renderings.items()}
            for person, renderings in results.items()
        },
    })  # fmt: skip
    print_table(results)
    if growth is not None:
        print(f"peak memory grows by {growth:.1f} MiB over the last two thirds")


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
