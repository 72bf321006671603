"""Render the embedded corpus and cache it as latents.

``python training/cache_latents.py --out cache/nano``

Fits the linear encoder on the first clips if there is no ``--vae`` and no ``OUT/vae``, then writes
``OUT/<split>`` shard by shard; shards that exist are kept, so the command can be stopped, repeated
and extended. The first ``--frames-kept`` clips are also kept as pixels for the decoder's training,
and so are ``--raw-kept`` bare Noto animations on white: what a sticker or a first frame looks like.
"""

import argparse
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKLWan

from emogen.data.corpus import EmbeddedCorpus
from emogen.data.focused import FocusedCorpus
from emogen.data.latents import SHARD, latent_emotion, shard_path, write_shard
from emogen.data.noto import NotoCorpus, split
from emogen.diffusion.autoencoder import encode_clip
from emogen.diffusion.linear_init import LinearCode, initialise_decoder, initialise_encoder
from emogen.media.clip import flatten

NANO_VAE = {
    "base_dim": 32,
    "decoder_base_dim": 48,
    "z_dim": 48,
    "dim_mult": [1, 2, 2],
    "num_res_blocks": 1,
    "temperal_downsample": [True, True],
    "in_channels": 12,
    "out_channels": 12,
    "patch_size": 2,
    "scale_factor_spatial": 8,
    "latents_mean": [0.0] * 48,
    "latents_std": [1.0] * 48,
}
FIT_CLIPS = 96
CORPORA = {"embedded": EmbeddedCorpus, "focused": FocusedCorpus}


def to_video(frames: np.ndarray) -> torch.Tensor:
    """Turn uint8 clips [B, T, H, W, 3] into [-1, 1] video [B, 3, T, H, W]."""
    return torch.from_numpy(frames).permute(0, 4, 1, 2, 3).float() / 127.5 - 1


def fit_vae(corpus: EmbeddedCorpus | FocusedCorpus, folder: Path) -> None:
    """Set an autoencoder to principal components of the first clips and save it."""
    video = to_video(np.stack([corpus.example(i).frames for i in range(FIT_CLIPS)]))
    vae = AutoencoderKLWan(**NANO_VAE)
    with torch.no_grad():
        initialise_encoder(vae, video)
        vae.encoder.bfloat16().float()
        latents = torch.cat([encode_clip(vae, clip[None]) for clip in video])
        mean, std = latents.mean((0, 2, 3, 4)), latents.std((0, 2, 3, 4))
        # between whitening and none: faint components stay faint, so that they are settled last
        scale = (std * std.square().mean().sqrt()).sqrt()
        initialise_decoder(vae, latents, video)
    vae.register_to_config(latents_mean=mean.tolist(), latents_std=scale.tolist())
    vae.save_pretrained(folder)


def cache_shard(task: tuple[int, argparse.Namespace]) -> int:
    """Render and encode one shard."""
    shard, args = task
    torch.set_num_threads(1)
    out = args.out / args.split
    if shard_path(out, shard).is_file():
        return shard
    corpus = CORPORA[args.corpus](NotoCorpus(args.noto), split=args.split)
    with torch.no_grad():
        encode = LinearCode(AutoencoderKLWan.from_pretrained(args.out / "vae"))
        examples = [corpus.example(shard * SHARD + i) for i in range(SHARD)]
        latents = torch.cat([encode(to_video(example.frames[None])) for example in examples])
    if shard * SHARD < args.frames_kept:
        np.save(
            args.out / f"{args.split}-frames-{shard:05d}.npy",
            np.stack([e.frames for e in examples]),
        )
    emotion = torch.from_numpy(np.stack([latent_emotion(e.vectors) for e in examples]))
    words = [
        {
            "caption": e.caption,
            "emotion_phrase": e.emotion_phrase,
            "subject": e.subject,
            "source": e.source,
            "identity": e.identity,
        }
        for e in examples
    ]
    write_shard(out, shard, latents, emotion, words)
    return shard


def keep_raw(args: argparse.Namespace) -> None:
    """Keep the pixels of bare animations as large as the frame, families of this split only."""
    path = args.out / f"{args.split}-frames-raw.npy"
    if path.is_file() or not args.raw_kept:
        return
    noto = NotoCorpus(args.noto)
    items = [item for item in noto if split(item) == args.split]
    chosen = np.random.default_rng(0).permutation(len(items))[: args.raw_kept]
    clips = [flatten(noto.render(items[i], num_frames=33, size=128)) for i in chosen]
    np.save(path, np.stack(clips))


def main() -> None:
    """Parse the command line and write the missing shards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--split", choices=("train", "val", "test"), default="train")
    parser.add_argument("--corpus", choices=tuple(CORPORA), default="embedded")
    parser.add_argument("--clips", type=int, default=6144)
    parser.add_argument("--noto", type=Path, help="zip or folder; default: EMOGEN_DATA")
    parser.add_argument("--vae", type=Path, help="autoencoder to encode with; default: fit one")
    parser.add_argument("--frames-kept", type=int, default=1024)
    parser.add_argument("--raw-kept", type=int, default=192)
    parser.add_argument("--workers", type=int, default=1)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    if args.vae and not (args.out / "vae").is_dir():
        AutoencoderKLWan.from_pretrained(args.vae).save_pretrained(args.out / "vae")
    if not (args.out / "vae").is_dir():
        fit_vae(CORPORA[args.corpus](NotoCorpus(args.noto), split="train"), args.out / "vae")
    keep_raw(args)
    tasks = [(shard, args) for shard in range(-(-args.clips // SHARD))]
    with get_context("spawn").Pool(args.workers) as pool:
        for shard in pool.imap(cache_shard, tasks):
            print(f"shard {shard + 1} of {len(tasks)}", flush=True)


if __name__ == "__main__":
    main()
