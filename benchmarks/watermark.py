"""Launch: python benchmarks/watermark.py [--clips 400] [--each 40] [--out FILE] [--docs FILE].

How often the invisible mark is found after what happens to clips. Clips at 480p: drawn characters
and Noto animations of emogen's own corpus, filmed faces of the GRID corpus (scaled up from 288
lines), and clips of nano at its own 128x128 and scaled up. Each is marked, written as MP4 at crf 18
as `emogen generate` does, read, attacked, written and read again. The main attack (720p at crf 23)
meets all clips, the others a part. The same clips without a mark count the false alarms. The mark
was tuned on other seeds, faces and prompts. The corpora lie in the folder of EMOGEN_DATA.
"""

import argparse
import os
import tempfile
import time
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from emogen.data.corpus import noto_example
from emogen.data.noto import NotoCorpus
from emogen.data.noto import split as noto_split
from emogen.data.scenes import CAMERAS, PLACES, Scene
from emogen.data.synthetic import render_example
from emogen.emotion import parse
from emogen.errors import InputError
from emogen.evaluation.statistics import wilson
from emogen.evaluation.tables import machine, markdown_table, write_result
from emogen.media import Clip, read_video, write_video
from emogen.provenance.watermark import Detection, detect, embed, search, stretch
from emogen.provenance.watermark.code import CHECK_BITS, wrong_share
from emogen.provenance.watermark.detect import ALONE, WITH_CHECK, read, tail, whiten
from emogen.provenance.watermark.grid import Residual

MAIN = "720p, crf 23"
WIDTH, HEIGHT, FPS = 854, 480, 16
NANO = ("a brown bear in a forest", "a yellow star", "a white ghost in a city", "an orange fox",
        "a green dinosaur on a beach", "a pink octopus underwater", "a red rose", "a grey robot")
FEELINGS = ("amusement:0.9", "sadness:0.8", "fear:0.9", "anger:0.8")
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"

Attack = Callable[[Clip], Clip]


def rig_clips(frames: int) -> Iterator[Clip]:
    """Yield drawn characters at 854x480 in every place and camera move."""
    for index in range(10**6):
        seed = 500_000 + index
        cameras = list(CAMERAS)
        scene = Scene(
            place=list(PLACES)[index % len(PLACES)], camera=cameras[index // 3 % len(cameras)],
            seed=seed,
        )
        example = render_example(seed, scene=scene, num_frames=frames, size=WIDTH)
        yield widescreen(example.frames)


def noto_clips(frames: int) -> Iterator[Clip]:
    """Yield staged Noto animations at 854x480."""
    noto = NotoCorpus()
    items = [item for item in noto if item.clean and noto_split(item) != "train"]
    for index in range(10**6):
        example = noto_example(
            noto, items[index * 7 % len(items)], seed=700_000 + index, num_frames=frames, size=WIDTH
        )
        yield widescreen(example.frames)


def filmed_clips(frames: int) -> Iterator[Clip]:
    """Yield pieces of four filmed faces, scaled to 600x480."""
    archive = zipfile.ZipFile(Path(os.environ["EMOGEN_DATA"]) / "grid_samples.zip")
    for start in range(0, 75 - frames, frames):
        for name in sorted(archive.namelist())[2:]:
            with tempfile.NamedTemporaryFile(suffix=".mpg") as file:
                file.write(archive.read(name))
                file.flush()
                film = read_video(file.name)
            part = Clip(frames=film.frames[start : start + frames], fps=FPS)
            yield scaled(part, 600, HEIGHT)


def nano_clips(side: int, count: int) -> Iterator[Clip]:
    """Yield clips of nano, scaled to a square."""
    from emogen.pipelines import load_pipeline

    pipeline = load_pipeline("nano")
    for index in range(count):
        prompt, feeling = NANO[index % len(NANO)], FEELINGS[index // len(NANO) % len(FEELINGS)]
        clip = pipeline(prompt, emotion=parse(feeling), seed=4000 + index)
        yield clip if side == clip.height else scaled(clip, side, side)


def widescreen(frames: np.ndarray) -> Clip:
    """Return the middle rows of square frames."""
    top = (frames.shape[1] - HEIGHT) // 2
    return Clip(frames=np.ascontiguousarray(frames[:, top : top + HEIGHT]), fps=FPS)


def scaled(clip: Clip, width: int, height: int) -> Clip:
    """Return the clip at another size (Lanczos)."""
    frames = [
        np.array(Image.fromarray(frame).resize((width, height), Image.Resampling.LANCZOS))
        for frame in clip.frames
    ]
    return replace(clip, frames=np.stack(frames))


def through(clip: Clip, suffix: str = ".mp4", **options: int) -> Clip:
    """Return what is read of a clip that was written to a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_video(clip, Path(folder) / f"a{suffix}", odd_size="pad", **options)
        return read_video(path)


def to_lines(lines: int, crf: int = 23) -> Attack:
    """Return a scaling to a number of lines (the shorter side) and an encoding."""
    def attack(clip: Clip) -> Clip:
        scale = lines / min(clip.height, clip.width)
        sides = (round(side * scale / 2) * 2 for side in (clip.width, clip.height))
        return through(scaled(clip, *sides), crf=crf)

    return attack


def cropped(share: float) -> Attack:
    """Return a crop off the centre to a share of each side, then crf 23."""
    def attack(clip: Clip) -> Clip:
        height, width = (int(side * share) // 2 * 2 for side in (clip.height, clip.width))
        top, left = (clip.height - height) // 3, (clip.width - width) * 3 // 4
        part = clip.frames[:, top : top + height, left : left + width]
        return through(replace(clip, frames=np.ascontiguousarray(part)), crf=23)

    return attack


def padded(clip: Clip) -> Clip:
    """Lay the clip on a black square, as players for phones do, then crf 23."""
    side = max(clip.height, clip.width) // 2 * 2
    frames = np.zeros((clip.num_frames, side, side, 3), np.uint8)
    top, left = (side - clip.height) // 2, (side - clip.width) // 2
    frames[:, top : top + clip.height, left : left + clip.width] = clip.frames[:, :side, :side]
    return through(replace(clip, frames=frames), crf=23)


def at_rate(fps: float) -> Attack:
    """Return a change of the frame rate by repeating or dropping frames, then crf 23."""
    def attack(clip: Clip) -> Clip:
        count = max(1, round(clip.duration * fps))
        chosen = (np.arange(count) * clip.fps / fps).astype(int).clip(max=clip.num_frames - 1)
        return through(Clip(frames=clip.frames[chosen], fps=fps), crf=23)

    return attack


def trimmed(clip: Clip) -> Clip:
    """Keep the second half, then crf 23."""
    return through(replace(clip, frames=clip.frames[clip.num_frames // 2 :]), crf=23)


def rotated(clip: Clip) -> Clip:
    """Turn the picture by one degree, then crf 23."""
    frames = [np.array(Image.fromarray(frame).rotate(1, Image.Resampling.BICUBIC))
              for frame in clip.frames]
    return through(replace(clip, frames=np.stack(frames)), crf=23)


ATTACKS: dict[str, Attack] = {
    MAIN: to_lines(720),
    "as written, crf 18": lambda clip: clip,
    "crf 23": lambda clip: through(clip, crf=23),
    "crf 28": lambda clip: through(clip, crf=28),
    "crf 31": lambda clip: through(clip, crf=31),
    "crf 35": lambda clip: through(clip, crf=35),
    "1080p, crf 23": to_lines(1080),
    "16:9 squeezed to 4:3, crf 23": lambda clip: through(scaled(clip, 640, 480), crf=23),
    "360p, crf 23": to_lines(360),
    "240p, crf 23": to_lines(240),
    "crop to 80 %, crf 23": cropped(0.8),
    "crop to 60 %, crf 23": cropped(0.6),
    "black bars to a square, crf 23": padded,
    "16 to 24 fps, crf 23": at_rate(24),
    "16 to 10 fps, crf 23": at_rate(10),
    "second half only, crf 23": trimmed,
    "WEBM, crf 24": lambda clip: through(clip, ".webm"),
    "WebP, quality 85": lambda clip: through(clip, ".webp"),
    "WebP, quality 50": lambda clip: through(clip, ".webp", quality=50),
    "GIF": lambda clip: through(clip, ".gif"),
    "turned by 1 degree, crf 23": rotated,
    "mirrored, crf 23": lambda clip: through(
        replace(clip, frames=np.ascontiguousarray(clip.frames[:, :, ::-1])), crf=23
    ),
}


def bit_errors(clip: Clip, payload: int) -> float:
    """Return the share of wrong coded bits before correction, read from the whole frame.

    Of crops and stretched frames `Detection.corrected` says it, where the payload could be read.
    """
    residual = Residual(clip.height, clip.width)
    for frame in clip.frames:
        residual.add(frame)
    return wrong_share(read(whiten(residual.cells, 2)).soft, payload)


def outcome(clip: Clip, payload: int) -> dict[str, Any]:
    """Return whether the mark and its payload were read, and what was wrong."""
    seen: Detection = detect(iter(clip.frames))
    return {
        "found": seen.found, "read": seen.payload == payload, "z": seen.z,
        "wrong": seen.payload is not None and seen.payload != payload,
        "bit_errors": bit_errors(clip, payload) if seen.place in {"whole", "nowhere"}
        else seen.corrected,
    }


def summarise(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return rates with Wilson intervals of 95 %."""
    count = len(rows)
    result: dict[str, Any] = {"clips": count}
    for name in ("found", "read"):
        rate, low, high = share(sum(row[name] for row in rows), count)
        result |= {name: rate, f"{name}_low": low, f"{name}_high": high}
    result["wrong_payloads"] = sum(row["wrong"] for row in rows)
    for name in ("z", "bit_errors"):
        values = [row[name] for row in rows if row[name] is not None]
        result[name] = round(float(np.median(values)), 3) if values else None
    return result


def share(hits: int, count: int) -> tuple[float, float, float]:
    """Return a rate and its interval."""
    interval = wilson(hits, count)
    return tuple(round(float(value), 4) for value in (hits / count, interval.low, interval.high))


def quality(clip: Clip, marked: Clip) -> dict[str, float]:
    """Return PSNR of the colours and SSIM of one frame."""
    middle = clip.num_frames // 2
    pair = clip.frames[middle], marked.frames[middle]
    return {
        "psnr": float(peak_signal_noise_ratio(*pair)),
        "ssim": float(structural_similarity(*pair, channel_axis=2)),
    }


class Study:
    """Outcomes by kind of content and attack, gathered clip by clip."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, list[dict]]] = defaultdict(lambda: defaultdict(list))
        self.qualities: dict[str, list[dict[str, float]]] = defaultdict(list)
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.alarms = self.unmarked = 0

    def take(self, kind: str, clip: Clip, payload: int, attacks: list[str]) -> None:
        """Mark a clip, attack it, look for the mark; look for one in the clip without it too."""
        start = time.perf_counter()
        marked = embed(clip, payload)
        self._time("embed", start, clip)
        self.qualities[kind].append(quality(clip, marked))
        start = time.perf_counter()
        written = through(marked)
        self._time("write and read MP4", start, clip)
        for name in attacks:
            self.rows[kind][name].append(outcome(ATTACKS[name](written), payload))
        start = time.perf_counter()
        self.alarms += detect(iter(clip.frames)).found
        self._time("detect, with search", start, clip)
        self.unmarked += 1

    def _time(self, name: str, start: float, clip: Clip) -> None:
        if (clip.width, clip.height) == (WIDTH, HEIGHT):
            self.seconds[name].append((time.perf_counter() - start) / clip.num_frames)

    def result(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        big = [kind for kind in self.rows if not kind.startswith("nano")]
        pooled = {name: [row for kind in big for row in self.rows[kind][name]] for name in ATTACKS}
        high = share(self.alarms, self.unmarked)[2]
        return {
            "at_480p": {name: summarise(rows) for name, rows in pooled.items() if rows},
            "by_content": {
                kind: {name: summarise(rows) for name, rows in table.items() if rows}
                for kind, table in self.rows.items()
            },
            "quality": {
                kind: {key: round(float(np.mean([one[key] for one in rows])), 4)
                       for key in ("psnr", "ssim")}
                for kind, rows in self.qualities.items()
            },
            "false_alarms": {
                "clips": self.unmarked, "found": self.alarms, "high": high,
                "bound": false_alarm_bound(),
            },
            "ms_per_frame_480p": {
                name: round(float(np.median(rows)) * 1000, 2) for name, rows in self.seconds.items()
            },
        }


def false_alarm_bound() -> float:
    """Return the bound of the chance of a false alarm in one clip, over the choice of the key."""
    check = 2.0**-CHECK_BITS
    whole = tail(ALONE) + tail(WITH_CHECK) * check
    checked = min(1.0, search.TRIES * tail(search.WITH_CHECK)) * search.CANDIDATES * check
    crops = checked + search.TRIES * tail(search.ALONE)
    uneven = tail(stretch.WITH_CHECK) * check + tail(stretch.ALONE)
    return float(f"{whole + crops + stretch.TRIES * uneven:.1e}")


def tables(result: dict[str, Any]) -> str:
    """Return the tables of the documentation."""
    small = result["by_content"].get("nano 128x128", {})
    rows = []
    for name, one in result["at_480p"].items():
        nano = small.get(name)
        wrong = one["bit_errors"]
        rows.append([
            name, one["clips"], rate(one, "found"), rate(one, "read"),
            "" if wrong is None else f"{wrong:.1%}",
            "" if nano is None else f"{nano['read']:.0%} of {nano['clips']}",
        ])
    head = ["after", "clips", "found (95 % interval)", "payload read",
            "bits wrong before correction", "nano 128x128, payload read"]
    looks = [[kind, f"{one['psnr']:.1f}", f"{one['ssim']:.4f}"]
             for kind, one in result["quality"].items()]
    return "\n\n".join([
        markdown_table(head, rows), markdown_table(["content", "PSNR, dB", "SSIM"], looks)
    ])


def rate(one: dict[str, Any], name: str) -> str:
    """Return a rate with its interval."""
    return f"{one[name]:.1%} ({one[f'{name}_low']:.1%} to {one[f'{name}_high']:.1%})"


def update(page: Path, text: str) -> None:
    """Replace what stands between the marks of a page."""
    before, _, rest = page.read_text().partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise InputError(f"expected {BEGIN} and {END} in {page}")
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


def main() -> None:
    """Draw, mark, attack, count, write, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=400, help="that meet the main attack")
    parser.add_argument("--each", type=int, default=40, help="that meet every attack, of nano too")
    parser.add_argument("--frames", type=int, default=13, help="4k+1")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/watermark.json"))
    parser.add_argument("--docs", type=Path, default=Path("docs/provenance.md"))
    args = parser.parse_args()
    sources = {
        "drawn characters": rig_clips(args.frames), "Noto animations": noto_clips(args.frames),
        "filmed faces": filmed_clips(args.frames),
    }
    filmed = min(args.clips // 10, 20)
    counts = {"drawn characters": args.clips - filmed - args.clips // 4,
              "Noto animations": args.clips // 4, "filmed faces": filmed}
    study, rng = Study(), np.random.default_rng(1)
    for kind, clips in sources.items():
        every = max(1, round(counts[kind] / max(1, args.each / 3)))
        for index, clip in enumerate(islice(clips, counts[kind])):
            attacks = list(ATTACKS) if index % every == 0 else [MAIN]
            study.take(kind, clip, int(rng.integers(2**40)), attacks)
            print(f"\r{kind} {index + 1}/{counts[kind]}   ", end="", flush=True)
    for side in (128, 480):
        for clip in nano_clips(side, max(1, args.each // 2)):
            study.take(f"nano {side}x{side}", clip, int(rng.integers(2**40)), list(ATTACKS))
            print(f"\rnano {side} {study.unmarked}   ", end="", flush=True)
    result = {"benchmark": "watermark", "frames": args.frames, "machine": machine()}
    result |= study.result()
    write_result(args.out, result)
    text = tables(result)
    print("\n" + text)
    update(args.docs, text)


if __name__ == "__main__":
    main()
