"""A light engine for runs that try the machinery around engines; no model, real clips in ms.

It draws a card whose colours and motion follow from prompt and seed; the rest of the way, encoding,
checks, sidecar and store, is the one of every clip. Words of the prompt make it misbehave.
"""

import ctypes
import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from emogen.errors import InputError
from emogen.media import Clip, read_image
from emogen.rendering.store import Claim
from emogen.rendering.worker.engine import EngineOptions, Product, Tell

STEPS = 3


class CardEngine:
    """Draws cards for text2video and image2video jobs.

    Args:
        options: unused.
    """

    def __init__(self, options: EngineOptions) -> None:
        self.options = options

    def read(self, claim: Claim, tell: Tell) -> Claim:
        """Read the picture, if there is one, as the diffusion engine does."""
        tell("encoding", 0, 1)
        if claim.job.image is not None:
            read_image(Path(claim.job.image))
        return claim

    def draft(self, readings: Sequence[Claim], tell: Tell) -> list[Claim]:
        """Do what the prompts say, in a few steps."""
        for step in range(STEPS):
            tell("denoising", step, STEPS)
            for claim in readings:
                _obey(claim)
        return list(readings)

    def develop(self, draft: Claim, tell: Tell) -> Product:
        """Draw."""
        tell("decoding", 0, 1)
        job = draft.job
        frames = card(job.prompt, seed=job.seed, num_frames=job.frames, size=job.pixels)
        return Product(
            clip=Clip(frames=frames, fps=job.fps),
            parameters={"kind": "card", "prompt": job.prompt, "seed": job.seed},
        )


def card(prompt: str, *, seed: int, num_frames: int, size: tuple[int, int]) -> np.ndarray:
    """Return frames uint8 [T, H, W, 3] that differ by prompt and seed."""
    generator = np.random.default_rng([seed, *prompt.encode()])
    columns, rows = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    waves, speeds = generator.uniform(0.05, 0.3, (3, 2)), generator.uniform(0.2, 0.6, 3)
    phases = np.stack([rows * a + columns * b for a, b in waves], axis=-1)  # (H, W, 3)
    times = np.arange(num_frames)[:, None, None, None]
    return (127 + 120 * np.sin(phases + times * speeds)).astype(np.uint8)


def _obey(claim: Claim) -> None:
    words = claim.job.prompt.split()
    if "slow" in words:
        time.sleep(0.1)
    if "segfault" in words:
        ctypes.string_at(0)
    if "hang" in words:
        time.sleep(3600)
    if "exit" in words:
        os._exit(7)
    if "bug" in words:
        raise KeyError("a bug")
    if "refuse" in words:
        raise InputError("expected something else, got this; ask for that")
    if "flaky" in words and claim.attempt == 1:
        raise ConnectionError("the other side hung up")
    if "hungry" in words and not claim.measures.tiling:
        raise MemoryError
