"""Launch: python benchmarks/fidelity.py [--model nano] [--quick] [--out FILE] [--sheet PNG].

Does a clip show what was asked? A fixed grid of requests goes through the pipeline, and the probe,
which shares no weights with it, reads the clips: (a) eight emotions by twelve subjects, the pairs
that training never showed apart; (b) five intensities of each emotion; (c) curves from one emotion
to another. Two ceilings are read the same way: the same requests drawn by the renderer with
identities of the test split, and (d) clips of the corpora's test split as they are and through the
model's autoencoder. No probe is perfect: what it misses there, no generator can be blamed for.
"""

import argparse
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw

from emogen.assets import model_dir
from emogen.data.corpus import EmbeddedCorpus
from emogen.data.noto import NotoCorpus
from emogen.data.synthetic import render_example, split
from emogen.diffusion.autoencoder import encode_clip
from emogen.emotion import MIKELS
from emogen.errors import EmogenError
from emogen.evaluation import Estimate, Probe
from emogen.evaluation.protocol import METRICS, Ask, grid, judge, quick, summarise
from emogen.evaluation.tables import folder_hash, machine, markdown_table, write_result
from emogen.media.text import draw_lines, load_font
from emogen.pipelines import EmotionalVideoPipeline, load_pipeline
from emogen.pipelines.sampling import decode_frames

CORPUS_CLIPS, CORPUS_OFFSET, DOMINANT = 96, 20_000_000, 0.5

def generate(ask: Ask, pipeline: EmotionalVideoPipeline, options: dict[str, Any]) -> np.ndarray:
    """Return the generated frames of a request."""
    base = pipeline.defaults
    emotion = ask.trajectory(base.num_frames, base.fps)
    return pipeline(ask.prompt, emotion=emotion, seed=ask.seed, **options).frames


def render(ask: Ask, *, num_frames: int, fps: float) -> np.ndarray:
    """Return the same request drawn by the renderer, an identity of the test split."""
    seed = 1_000_000 * ask.seed
    while split(render_example(seed, kind=ask.subject, num_frames=1, size=16).identity) != "test":
        seed += 1
    vectors = ask.trajectory(num_frames, fps).sample(num_frames, fps)
    return render_example(
        seed, kind=ask.subject, emotion_vectors=vectors, num_frames=num_frames, fps=fps
    ).frames


def corpus_rows(
    corpus: EmbeddedCorpus, count: int, probe: Probe, through: Callable[[np.ndarray], np.ndarray]
) -> list[dict[str, Any]]:
    """Return the rows of real clips of a split that have one dominant emotion."""
    rows = []
    for index in range(count):
        example = corpus.example(CORPUS_OFFSET + index)
        vector = example.vectors.mean(axis=0)[: len(MIKELS)]
        if vector.max() < DOMINANT:
            continue
        name = MIKELS[int(vector.argmax())]
        ask = Ask(part="grid", subject=example.subject, emotions=(name,),
                  intensity=float(vector.max()), seed=CORPUS_OFFSET + index)  # fmt: skip
        reading = probe(through(example.frames))
        weights = reading.clip_emotion.astype(float).round(4).tolist()
        rows.append({
            "part": "grid", "prompt": example.caption, "subject": example.subject, "asked": name,
            "intensity": round(ask.intensity, 4), "seed": ask.seed, "held_out": False,
            "read_emotion": reading.top_emotion, "read_subject": reading.top_subject,
            "read_weights": dict(zip(MIKELS, weights, strict=False)),
        })
    return rows


@torch.inference_mode()
def through_autoencoder(pipeline: EmotionalVideoPipeline, frames: np.ndarray) -> np.ndarray:
    """Return frames encoded and decoded by the model's own autoencoder."""
    parts = pipeline.parts
    video = torch.from_numpy(frames).permute(3, 0, 1, 2)[None].to(parts.device)
    latents = encode_clip(parts.vae, (video.float() / 127.5 - 1).to(parts.vae.dtype))
    return decode_frames(parts, latents)


def draw_sheet(clips: dict[Ask, np.ndarray], path: Path, *, tile: int = 128) -> None:
    """Write one picture of the grid: subjects down, emotions across, a frame past the middle."""
    kinds = list(dict.fromkeys(ask.subject for ask in clips))
    margin, head, paper, ink = 84, 26, (247, 246, 243), (34, 34, 38)
    sheet = Image.new("RGB", (margin + tile * len(MIKELS), head + tile * len(kinds)), paper)
    draw, font = ImageDraw.Draw(sheet), load_font(14)
    for column, name in enumerate(MIKELS):
        middle = margin + (column + 0.5) * tile
        draw_lines(draw, [name], font, at=(middle, 4), align="m", fill=ink)
    for row, kind in enumerate(kinds):
        draw_lines(draw, [kind], font, at=(10, head + (row + 0.45) * tile), fill=ink)
    for ask, frames in clips.items():
        at = margin + tile * MIKELS.index(ask.emotions[0]), head + tile * kinds.index(ask.subject)
        sheet.paste(Image.fromarray(frames[len(frames) * 3 // 5]).resize((tile, tile)), at)
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)


def told(asks: Iterable[Ask], total: int) -> Iterable[Ask]:
    """Pass requests on and count them on stderr."""
    for index, ask in enumerate(asks):
        print(f"\r{index + 1}/{total} {ask.prompt}, {ask.notation}\033[K", end="", file=sys.stderr)
        yield ask
    print(file=sys.stderr)


def main() -> None:
    """Generate, read, write, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="nano", help="name or folder")
    parser.add_argument("--probe", type=Path, help="folder; default: the shipped probe")
    parser.add_argument("--noto", type=Path, help="zip or folder; default: EMOGEN_DATA")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/fidelity.json"))
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--quick", action="store_true", help="a third of the grid")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--guidance", type=float, dest="guidance_scale")
    parser.add_argument("--emotion-guidance", type=float, dest="emotion_guidance_scale")
    args = parser.parse_args()
    names = ("steps", "guidance_scale", "emotion_guidance_scale")
    options = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    pipeline, probe = load_pipeline(args.model), Probe.load(args.probe)
    corpus = EmbeddedCorpus(NotoCorpus(args.noto), split="test")
    base = pipeline.defaults
    asks = quick(grid()) if args.quick else grid()
    clips = {ask: generate(ask, pipeline, options) for ask in told(asks, len(asks))}
    count = CORPUS_CLIPS // 3 if args.quick else CORPUS_CLIPS
    rows = {
        "generated": [judge(ask, clips[ask], probe, fps=base.fps) for ask in asks],
        "drawn": [
            judge(ask, render(ask, num_frames=base.num_frames, fps=base.fps), probe, fps=base.fps)
            for ask in told(asks, len(asks))
        ],
        "test split": corpus_rows(corpus, count, probe, lambda frames: frames),
        "test split, autoencoded": corpus_rows(
            corpus, count, probe, lambda frames: through_autoencoder(pipeline, frames)
        ),
    }
    report(rows, args, pipeline, {name: getattr(base, name) for name in names} | options)
    if args.sheet:
        shown = {ask: frames for ask, frames in clips.items() if ask.part == "grid"}
        draw_sheet(shown, args.sheet)


def report(
    rows: dict[str, list[dict[str, Any]]], args: argparse.Namespace,
    pipeline: EmotionalVideoPipeline, settings: dict[str, Any],
) -> None:
    """Write the JSON and print the table."""
    figures = {name: summarise(part) for name, part in rows.items()}
    write_result(args.out, {
        "benchmark": "fidelity",
        "model": {"name": Path(args.model).name, "sha256": folder_hash(pipeline.parts.folder)},
        "probe": {"sha256": folder_hash(args.probe or model_dir("probe"))},
        "settings": settings | {"quick": args.quick, "dtype": str(pipeline.parts.dtype)},
        "machine": machine(),
        "summary": {
            name: {key: estimate.to_dict() for key, estimate in part.items()}
            for name, part in figures.items()
        },
    })
    def cell(part: dict[str, Estimate], key: str) -> str:
        return f"{part[key]}, n={part[key].count}" if key in part else ""

    table = [
        [label, *(cell(part, key) for part in figures.values())] for key, label in METRICS.items()
    ]
    print(markdown_table(["", *figures], table))


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
