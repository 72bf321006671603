"""Train the decoder of the nano autoencoder on rendered clips.

``accelerate launch training/train_vae.py --cache cache/nano --run runs/nano-vae --minutes 12``

The encoder is the principal component transform that ``cache_latents.py`` fitted and stays as it
is, so cached latents remain valid while the decoder learns to draw sharp edges from them. A part of
the latents is disturbed in training, because at sampling they come from a transformer and not from
an encoder. ``--resume`` goes on exactly where a run stopped.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKLWan
from diffusers.models.autoencoders.autoencoder_kl_wan import unpatchify
from torch import Tensor, nn

from emogen.diffusion.autoencoder import decoder_forward, encode_clip, latent_statistics
from emogen.errors import CorpusError, EmogenError
from emogen.learning.loop import LoopConfig, Trainer, step_generator
from emogen.learning.muon import FilterMuon
from emogen.learning.optimiser import JointOptimiser

FRAMES, CROP = 9, 64
DISTURBED = 0.5
"""Part of the clips whose latents are disturbed."""


class PixelClips:
    """Rendered clips on disk, cropped at random.

    Args:
        cache: Folder with ``train-frames-*.npy``.
    """

    def __init__(self, cache: Path, split: str = "train") -> None:
        paths = sorted(cache.glob(f"{split}-frames-*.npy"))
        if not paths:
            raise CorpusError(
                f"no {split}-frames-*.npy in {cache}; write them with training/cache_latents.py"
            )
        self.shards = [np.load(path, mmap_mode="r") for path in paths]

    def crop(self, rng: np.random.Generator) -> np.ndarray:
        """Return uint8 [FRAMES, CROP, CROP, 3]: a piece, mirrored and recoloured at random."""
        shard = self.shards[rng.integers(len(self.shards))]
        clip = shard[rng.integers(len(shard))]
        t = rng.integers(clip.shape[0] - FRAMES + 1)
        y, x = rng.integers(clip.shape[1] - CROP + 1, size=2)
        piece = clip[t : t + FRAMES, y : y + CROP, x : x + CROP]
        if rng.random() < 0.5:
            piece = piece[:, :, ::-1]
        return piece[..., rng.permutation(3)] if rng.random() < 0.3 else piece

    def batch(self, seed: int, step: int, size: int) -> Tensor:
        """Return one step's clips in [-1, 1], [B, 3, FRAMES, CROP, CROP]."""
        rng = np.random.default_rng([seed, step])
        clips = np.stack([self.crop(rng) for _ in range(size)])
        return torch.from_numpy(clips).permute(0, 4, 1, 2, 3).float() / 127.5 - 1


def reconstruction_loss(decoded: Tensor, video: Tensor) -> Tensor:
    """Mean absolute error of pixels and of their differences to neighbours, plus squared error."""
    error = decoded - video
    edges = (
        error.diff(dim=-1).abs().mean()
        + error.diff(dim=-2).abs().mean()
        + error.diff(dim=2).abs().mean()
    )
    return error.abs().mean() + 0.5 * edges + 4 * error.square().mean()


def make_loss(
    vae: AutoencoderKLWan, clips: PixelClips, args: argparse.Namespace
) -> Callable[[int], Tensor]:
    """Return the loss of a step, on clips whose latents are disturbed by up to ``args.noise``."""

    def core(video: Tensor, disturbance: Tensor) -> Tensor:
        with torch.autocast(video.device.type, torch.bfloat16):
            with torch.no_grad():
                latents = encode_clip(vae, video)
            mean, std = latent_statistics(vae, latents)
            latents = vae.post_quant_conv((latents + disturbance) * std + mean)
            decoded = unpatchify(decoder_forward(vae.decoder, latents), vae.config.patch_size)
        return reconstruction_loss(decoded.float(), video)

    compiled = torch.compile(core) if args.compile else core

    def loss(step: int) -> Tensor:
        g = step_generator(args.seed, step)
        amount = args.noise * torch.rand(args.batch, 1, 1, 1, 1, generator=g)
        amount *= torch.rand(args.batch, 1, 1, 1, 1, generator=g) < DISTURBED
        shape = (args.batch, vae.config.z_dim, (FRAMES - 1) // 4 + 1, CROP // 8, CROP // 8)
        disturbance = amount * torch.randn(shape, generator=g)
        video = clips.batch(args.seed, step, args.batch)
        return compiled(video.to(vae.device), disturbance.to(vae.device))

    return loss


def make_optimiser(vae: AutoencoderKLWan, lr: float) -> JointOptimiser:
    """Return Muon for the filters and AdamW for biases and gains of the decoder.

    The output filters are large, because they undo a small gain, so their rate is larger too; the
    last gain stays fixed, and so does everything before the decoder.
    """
    decoder = vae.decoder
    vae.requires_grad_(False)
    decoder.requires_grad_(True)
    decoder.norm_out.gamma.requires_grad_(False)
    output = decoder.conv_out.weight
    scale = max(1.0, float(output.abs().max()) / 2)
    trained = [p for p in decoder.parameters() if p.requires_grad and p is not output]
    filters = [p for p in trained if p.ndim > 3 and min(p.shape[:2]) > 1]
    rest = [p for p in trained if not any(p is other for other in filters)]
    muon = FilterMuon([{"params": filters}, {"params": [output], "lr": lr * scale}], lr=lr)
    return JointOptimiser(
        [muon, torch.optim.AdamW(rest, lr=lr, betas=(0.9, 0.95), weight_decay=0.0)]
    )


def main() -> None:
    """Parse the command line, train, save the averaged autoencoder."""
    args = parse_arguments()
    torch.set_flush_denormal(True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    vae = AutoencoderKLWan.from_pretrained(args.start or args.cache / "vae").to(device)
    for module in vae.modules():
        if isinstance(module, nn.Conv3d):
            module.weight.data = module.weight.data.contiguous(memory_format=torch.channels_last_3d)
    trainer = Trainer(
        optimiser=make_optimiser(vae, args.lr),
        model=vae.decoder,
        loss=make_loss(vae, PixelClips(args.cache), args),
        config=LoopConfig(
            max_steps=args.max_steps, time_limit=args.minutes * 60, lr=args.lr, warmup=50,
            decay=0.5, ema=0.995, log_every=50,
        ),
        folder=args.run,
        on_log=lambda record: print(json.dumps(record), flush=True),
    )  # fmt: skip
    if args.resume:
        trainer.resume()
    trainer.run()
    trainer.average.copy_to((n, p) for n, p in vae.decoder.named_parameters() if p.requires_grad)
    vae.save_pretrained(args.run / "vae")


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=12)
    parser.add_argument("--max-steps", type=int, default=100_000)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--noise", type=float, default=0.25)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=Path, help="autoencoder to start from; default: CACHE/vae")
    parser.add_argument("--compile", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--resume", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
