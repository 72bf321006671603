"""The decoder recipe: runs on rendered clips and leaves the encoder alone."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKLWan

from emogen.data.synthetic import render_example
from emogen.diffusion.linear_init import initialise_decoder, initialise_encoder
from training.cache_latents import NANO_VAE, to_video


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    frames = np.stack([render_example(seed, num_frames=9, size=64).frames for seed in range(4)])
    np.save(folder / "train-frames-00000.npy", frames)
    torch.manual_seed(0)
    vae, video = AutoencoderKLWan(**NANO_VAE), to_video(frames)
    with torch.no_grad():
        initialise_encoder(vae, video)
        latents = torch.randn(4, 48, 3, 8, 8, generator=torch.Generator().manual_seed(0))
        initialise_decoder(vae, latents, video)
    vae.save_pretrained(folder / "vae")
    return folder


def train(cache, run, steps, *more):
    done = subprocess.run(
        [sys.executable, "training/train_vae.py", "--cache", str(cache), "--run", str(run),
         "--max-steps", str(steps), "--batch", "1", "--minutes", "5", "--no-compile", *more],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return AutoencoderKLWan.from_pretrained(run / "vae")


def test_trains_the_decoder_and_leaves_the_encoder(cache, tmp_path):
    before = AutoencoderKLWan.from_pretrained(cache / "vae")
    after = train(cache, tmp_path / "run", 3)
    assert torch.equal(after.encoder.conv_in.weight, before.encoder.conv_in.weight)
    assert not torch.equal(after.decoder.conv_in.weight, before.decoder.conv_in.weight)


def test_a_cache_without_clips_is_one_clear_line(cache, tmp_path):
    done = subprocess.run(
        [sys.executable, "training/train_vae.py", "--cache", str(tmp_path), "--run",
         str(tmp_path / "run"), "--start", str(cache / "vae")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "cache_latents.py" in done.stderr.splitlines()[-1]
