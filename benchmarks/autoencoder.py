"""Launch: python benchmarks/autoencoder.py [--vae DIR] [--clips N] [--out FILE.json].

What an autoencoder keeps: clips of the corpora's test split encoded, decoded and compared. Four
sets, 33 frames of 128x128 each: Noto animations staged with an emotion as in training, staged
neutral on a plain background, and raw on white; characters of the rig. PSNR is over all pixels of a
clip, SSIM the mean over its frames (Wang et al. 2004, as in scikit-image). No animation and no
character of the test split was seen in training.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKLWan
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from emogen.assets import model_dir
from emogen.data.corpus import EmbeddedCorpus, noto_example
from emogen.data.noto import NotoCorpus, NotoItem, split
from emogen.data.scenes import Scene
from emogen.data.staging import stage_pictures
from emogen.diffusion.autoencoder import decode_clip, encode_clip
from emogen.errors import CorpusError, EmogenError, ModelError
from emogen.evaluation import bootstrap_mean
from emogen.evaluation.tables import folder_hash, machine, markdown_table, write_result
from emogen.media.clip import flatten

FRAMES, SIZE, SEED = 33, 128, 30_000_000
STAGED = round(0.7 * SIZE)
"""Side of an animation that is put on a stage, as in the corpus."""

Sample = tuple[str, str, np.ndarray]
"""What the clip is called, what it must be resampled with, and its frames."""


def held_out_items(noto: NotoCorpus) -> list[NotoItem]:
    """Return the animations of the test split, one of each picture, in a fixed mixed order."""
    first: dict[str, NotoItem] = {}
    for item in noto:
        if split(item) == "test":
            first.setdefault(item.base, item)
    if not first:
        raise CorpusError(f"expected animations of the test split in {noto}, got none; get all")
    items = list(first.values())
    return [items[i] for i in np.random.default_rng(SEED).permutation(len(items))]


def noto_staged(noto: NotoCorpus) -> Iterator[Sample]:
    """Yield animations in a drawn scene with an emotion, as the corpus stages them."""
    for index, item in enumerate(held_out_items(noto)):
        example = noto_example(noto, item, seed=SEED + index, num_frames=FRAMES, size=SIZE)
        yield item.id, item.family, example.frames


def noto_neutral(noto: NotoCorpus) -> Iterator[Sample]:
    """Yield animations staged on a plain background without an emotion."""
    still = np.zeros((FRAMES, 12), np.float32)
    for index, item in enumerate(held_out_items(noto)):
        pictures = noto.render(item, num_frames=FRAMES, size=STAGED, phase=item.label.apex)
        scene, rng = Scene(place="plain", seed=index), np.random.default_rng(SEED + index)
        yield item.id, item.family, stage_pictures(pictures, still, scene, rng=rng, size=SIZE)


def noto_raw(noto: NotoCorpus) -> Iterator[Sample]:
    """Yield animations as large as the frame on white."""
    for item in held_out_items(noto):
        yield item.id, item.family, flatten(noto.render(item, num_frames=FRAMES, size=SIZE))


def rig(noto: NotoCorpus) -> Iterator[Sample]:
    """Yield characters of the rig."""
    corpus = EmbeddedCorpus(None, split="test")
    for index in range(10_000):
        example = corpus.example(SEED + index, num_frames=FRAMES, size=SIZE)
        yield example.identity, example.identity, example.frames


@torch.inference_mode()
def reconstruct(vae: AutoencoderKLWan, frames: np.ndarray) -> np.ndarray:
    """Encode and decode frames uint8 [T, H, W, 3]."""
    video = torch.from_numpy(frames).permute(3, 0, 1, 2)[None].to(vae.device)
    decoded = decode_clip(vae, encode_clip(vae, (video.float() / 127.5 - 1).to(vae.dtype)))
    pixels = ((decoded[0].float() + 1) * 127.5).round().clamp(0, 255).byte()
    return pixels.permute(1, 2, 3, 0).cpu().numpy()


def measure(vae: AutoencoderKLWan, sample: Sample) -> dict[str, Any]:
    """Return the row of one clip."""
    name, cluster, frames = sample
    start = time.perf_counter()
    decoded = reconstruct(vae, frames)
    seconds = time.perf_counter() - start
    similar = [
        structural_similarity(before, after, channel_axis=-1)
        for before, after in zip(frames, decoded, strict=True)
    ]
    return {
        "clip": name,
        "cluster": cluster,
        "psnr": round(float(peak_signal_noise_ratio(frames, decoded)), 3),
        "ssim": round(float(np.mean(similar)), 4),
        "seconds": round(seconds, 3),
    }


def load(folder: Path, dtype: str) -> AutoencoderKLWan:
    """Read an autoencoder of the Wan layout from a folder, or from ``vae`` in a model's folder."""
    inner = folder / "vae"
    place = inner if inner.is_dir() else folder
    if not (place / "config.json").is_file():
        raise ModelError(f"no autoencoder in {folder}; expected config.json and its weights")
    vae = AutoencoderKLWan.from_pretrained(
        place, dtype=getattr(torch, dtype), local_files_only=True
    )
    return vae.eval().to("cuda" if torch.cuda.is_available() else "cpu")


SETS: dict[str, Callable[[NotoCorpus], Iterator[Sample]]] = {
    "Noto, staged with emotion": noto_staged,
    "Noto, staged neutral": noto_neutral,
    "Noto, raw on white": noto_raw,
    "rig characters": rig,
}


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vae", type=Path, help="folder; default: the embedded model's")
    parser.add_argument("--noto", type=Path, help="zip or folder; default: EMOGEN_DATA")
    parser.add_argument("--clips", type=int, default=32, help="of each set, fewer where it ends")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/autoencoder.json"))
    args = parser.parse_args()
    folder = args.vae or model_dir("nano") / "vae"
    vae, noto = load(folder, args.dtype), NotoCorpus(args.noto)
    clips, summary = {}, {}
    for name, samples in SETS.items():
        rows = [measure(vae, sample) for sample in islice(samples(noto), args.clips)]
        clusters = [row["cluster"] for row in rows]
        summary[name] = {
            key: bootstrap_mean([row[key] for row in rows], clusters) for key in ("psnr", "ssim")
        }
        clips[name] = rows
        print(f"{name}: {len(rows)} clips", file=sys.stderr)
    write_result(args.out, {
        "benchmark": "autoencoder",
        "vae": {"name": args.vae.name if args.vae else "nano", "sha256": folder_hash(folder)},
        "settings": {"clips": args.clips, "frames": FRAMES, "size": SIZE, "dtype": args.dtype},
        "machine": machine(),
        "summary": {
            name: {key: estimate.to_dict() for key, estimate in part.items()}
            for name, part in summary.items()
        },
        "clips": clips,
    })
    table = [
        [name, part["psnr"].count, part["psnr"], part["ssim"].rounded(3)]
        for name, part in summary.items()
    ]
    print(markdown_table(["test split", "clips", "PSNR, dB", "SSIM"], table))


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
