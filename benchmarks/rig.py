"""Launch: python benchmarks/rig.py [--seconds 10] [--repeats 5] [--photo PIC --landmarks JSON].

How fast the rig draws, in times real time at 25 frames a second. One babbling track (jaw at 4 Hz,
blinks, a turning head, a mood) is drawn as a character and as a photograph, in turns with a named
baseline for each:

    drawn     the same polygons through Pillow's ImageDraw at twice the size, then scaled down
    photo     scikit-image's PiecewiseAffineTransform over the same landmarks, triangles and all

Without --photo the photograph is a drawn face with known landmarks, of the same size. Peak memory
is read after a tenth and at the end of a long stream: what it grew by is what a longer track costs.
"""

import argparse
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from skimage.transform import PiecewiseAffineTransform, warp

from emogen.emotion import CATEGORIES
from emogen.errors import EmogenError
from emogen.evaluation.tables import machine, markdown_table, write_result
from emogen.media.image import read_image
from emogen.motion import FPS, MotionTrack, schema
from emogen.motion.rig import (
    Landmarks,
    PhotoPortrait,
    VectorPortrait,
    draw,
    load_landmarks,
    person,
)
from emogen.motion.rig.camera import face_depth, head_camera
from emogen.motion.rig.easel import Easel
from emogen.motion.rig.pose import pose

SIZE = (512, 512)
DRAWN, PHOTO = "rig, drawn", "rig, photograph"
PILLOW, TRIANGLES = "Pillow ImageDraw at 2x", "scikit-image piecewise affine"
PAIRS = {DRAWN: PILLOW, PHOTO: TRIANGLES}
_FEW = 0.08
"""Share of the frames that a baseline draws: it is slow, and every frame costs it the same."""


def babble(frames: int) -> MotionTrack:
    """Return a lively track."""
    seconds = np.arange(frames) / FPS
    values = schema.rest(frames)
    for name, curve in {
        "AU26": 0.35 + 0.35 * np.sin(2 * np.pi * 4 * seconds),
        "AU25": 0.5 + 0.5 * np.sin(2 * np.pi * 4 * seconds),
        "AU12_left": 0.5, "AU12_right": 0.5, "AU6": 0.4, "AU1": 0.3, "AU4": 0.2,
        "AU45_left": seconds % 3 < 0.2, "AU45_right": seconds % 3 < 0.2,
        "head_yaw": 8 * np.sin(seconds), "head_roll": 4 * np.sin(0.7 * seconds),
        "gaze_x": 0.4 * np.sin(0.5 * seconds),
    }.items():  # fmt: skip
        values[:, schema.index(name)] = curve
    emotion = np.tile(np.eye(len(CATEGORIES))[0] * 0.6, (frames, 1))
    return MotionTrack(values=schema.clamp(values), emotion=emotion)


def drawn_photo() -> PhotoPortrait:
    """Return a drawn face as a photograph, its landmarks known from the drawing."""
    places = {
        "forehead": (0, -0.72), "chin": (0, 1), "nose_tip": (0, 0.44), "lip_top": (0, 0.56),
        "lip_upper": (0, 0.617), "lip_lower": (0, 0.617), "lip_bottom": (0, 0.7),
    }  # fmt: skip
    for side, sign in (("right", -1), ("left", 1)):
        places |= {
            f"temple_{side}": (sign * 0.71, 0.02), f"jaw_{side}": (sign * 0.5, 0.6),
            f"brow_{side}_outer": (sign * 0.53, -0.24), f"brow_{side}_middle": (sign * 0.35, -0.3),
            f"brow_{side}_inner": (sign * 0.13, -0.25), f"eye_{side}_outer": (sign * 0.5, 0),
            f"eye_{side}_top": (sign * 0.325, -0.1), f"eye_{side}_inner": (sign * 0.145, 0.03),
            f"eye_{side}_bottom": (sign * 0.325, 0.1), f"nose_{side}": (sign * 0.11, 0.41),
            f"mouth_{side}": (sign * 0.235, 0.6),
        }  # fmt: skip
    rest, points = schema.rest(1)[0], np.array(list(places.values()), float)
    seen = head_camera(pose(rest), SIZE).see(points, face_depth(points))
    landmarks = Landmarks(points=dict(zip(places, seen.tolist(), strict=True)))
    image = VectorPortrait(character="woman", size=SIZE).frame(rest)
    return PhotoPortrait(image=image, landmarks=landmarks, size=SIZE)


def frames_of(portrait: VectorPortrait | PhotoPortrait, track: MotionTrack) -> int:
    """Draw a whole track and return how many frames it took."""
    return sum(1 for _ in draw(portrait, track))


def pillow(portrait: VectorPortrait, track: MotionTrack) -> int:
    """Draw the same polygons with Pillow, anti-aliased by twice the size; return the frames."""
    seen: list[list[float]] = []

    class Recorder(Easel):
        def _paint(self, outlines: list[list[float]], brushes: Sequence[object]) -> None:
            seen.extend(outlines)
            super()._paint(outlines, brushes)

    original, person.Easel = person.Easel, Recorder
    try:
        portrait.frame(track.values[0], track.emotion[0])
    finally:
        person.Easel = original
    wall = Image.fromarray(portrait.frame(track.values[0])).resize((2 * SIZE[0], 2 * SIZE[1]))
    count = max(1, round(_FEW * len(track)))
    for _ in range(count):
        picture = wall.copy()
        pencil = ImageDraw.Draw(picture, "RGBA")
        for outline in seen:
            pencil.polygon([2 * value for value in outline], fill=(200, 150, 120, 128))
        np.asarray(picture.reduce(2))
    return count


def triangles(portrait: PhotoPortrait, track: MotionTrack) -> int:
    """Warp the photograph with scikit-image over the moved landmarks; return the frames."""
    width, height = SIZE
    frame = [(0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)]
    rest = np.array([*portrait.face.points.values(), *frame])
    picture = portrait.photograph / 255
    count = max(1, round(_FEW * len(track)))
    generator = np.random.default_rng(0)
    for _ in range(count):
        moved = rest.copy()
        moved[: -len(frame)] += generator.normal(0, 2, moved[: -len(frame)].shape)
        bend = PiecewiseAffineTransform.from_estimate(moved, rest)
        (warp(picture, bend) * 255).astype(np.uint8)
    return count


def take_turns(makers: dict[str, Callable[[], int]], repeats: int) -> dict[str, list[float]]:
    """Return frames a second of every maker, measured in turns."""
    rates: dict[str, list[float]] = {name: [] for name in makers}
    for index in range(repeats):
        for name in list(makers) if index % 2 == 0 else list(makers)[::-1]:
            start = time.perf_counter()
            count = makers[name]()
            rates[name].append(count / (time.perf_counter() - start))
        print(f"\rround {index + 1}/{repeats}", end="", file=sys.stderr)
    print(file=sys.stderr)
    return rates


def memory_growth(portrait: VectorPortrait | PhotoPortrait, frames: int) -> float:
    """Return by how many MiB peak memory grows over the last nine tenths of a stream."""
    early = 0
    for index, _ in enumerate(draw(portrait, babble(frames))):
        if index == frames // 10:
            early = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - early) / 1024


def summarise(rates: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """Return times real time, median and range, and the ratio to each baseline."""
    result = {}
    for name, row in rates.items():
        real = np.array(row) / FPS
        part = {"median": np.median(real), "low": real.min(), "high": real.max()}
        if name in PAIRS:
            ratio = np.array(row) / np.array(rates[PAIRS[name]])
            part |= {"ratio": np.median(ratio), "ratio_low": ratio.min(),
                     "ratio_high": ratio.max()}  # fmt: skip
        result[name] = {key: round(float(value), 3) for key, value in part.items()}
    return result


def print_table(summary: dict[str, dict[str, float]], growth: dict[str, float]) -> None:
    """Print the markdown table."""
    rows = []
    for name, part in summary.items():
        against = f" ({PAIRS[name]})" if name in PAIRS else ""
        ratio = "{ratio:.1f}x ({ratio_low:.1f} to {ratio_high:.1f})" if against else ""
        speed = "{median:.2f}x ({low:.2f} to {high:.2f})"
        memory = f"{growth[name]:.1f} MiB" if name in growth else ""
        rows.append([name, speed.format(**part), ratio.format(**part) + against, memory])
    head = ["512x512", "times real time, median (range)", "beside its baseline", "memory growth"]
    print(markdown_table(head, rows))


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="length of a timed track")
    parser.add_argument("--stream", type=float, default=60, help="length of the memory's track")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--character", default="woman", help="a person")
    parser.add_argument("--photo", type=Path)
    parser.add_argument("--landmarks", type=Path)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/rig.json"))
    args = parser.parse_args()
    face = VectorPortrait(character=args.character, size=SIZE)
    photo = drawn_photo()
    if args.photo and args.landmarks:
        landmarks = load_landmarks(args.landmarks)
        photo = PhotoPortrait(image=read_image(args.photo), landmarks=landmarks, size=SIZE)
    track = babble(round(args.seconds * FPS))
    makers = {
        DRAWN: lambda: frames_of(face, track), PILLOW: lambda: pillow(face, track),
        PHOTO: lambda: frames_of(photo, track), TRIANGLES: lambda: triangles(photo, track),
    }  # fmt: skip
    for portrait in (face, photo):  # the first frame lays everything down
        portrait.frame(track.values[0])
    stream = round(args.stream * FPS)
    growth = {DRAWN: memory_growth(face, stream), PHOTO: memory_growth(photo, stream)}
    rates = take_turns(makers, args.repeats)
    summary = summarise(rates)
    write_result(args.out, {
        "benchmark": "rig",
        "settings": {"size": list(SIZE), "seconds": args.seconds, "repeats": args.repeats,
                     "stream": args.stream, "character": args.character,
                     "photo": args.photo.name if args.photo else "a drawn face"},
        "machine": machine(),
        "summary": summary,
        "memory_growth_mib": {name: round(value, 2) for name, value in growth.items()},
        "frames_per_second": {name: [round(v, 2) for v in row] for name, row in rates.items()},
    })  # fmt: skip
    print_table(summary, growth)


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
