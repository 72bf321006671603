"""Clips that move, flash and click, for all tests of media."""

import numpy as np
import pytest

from emogen.media import Audio, Clip
from tests.media.samples import FLASHES, RATE, moving_frames


@pytest.fixture
def clip():
    return Clip(frames=moving_frames(), fps=16)


@pytest.fixture
def alpha_clip():
    rows, columns = np.mgrid[:64, :96]
    frames = moving_frames()
    alpha = np.stack(
        [
            np.clip((24 - np.hypot(columns - 20 - 2 * index, rows - 32)) * 32, 0, 255)
            for index in range(17)
        ]
    )
    return Clip(frames=np.concatenate([frames, alpha[..., None].astype(np.uint8)], axis=3), fps=16)


@pytest.fixture
def sync_clip():
    """White flashes and clicks that begin together, at frames 4 and 11."""
    frames = np.full((17, 64, 64, 3), 20, np.uint8)
    samples = np.zeros((1, round(17 / 16 * RATE)), np.float32)
    for flash in FLASHES:
        frames[flash] = 235
        begin = round(flash / 16 * RATE)
        samples[0, begin : begin + 160] = 0.8 * np.sin(np.arange(160) * 2 * np.pi * 1000 / RATE)
    return Clip(frames=frames, fps=16, audio=Audio(samples=samples, sample_rate=RATE))
