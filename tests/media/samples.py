"""What the tests of media draw and measure: moving frames, flashes, clicks, likeness."""

import numpy as np

RATE = 16000
FLASHES = (4, 11)


def moving_frames(count=17, height=64, width=96):
    rows, columns = np.mgrid[:height, :width]
    frames = np.zeros((count, height, width, 3), np.uint8)
    for index in range(count):
        frames[index] = np.stack([columns * 2, rows * 3, 255 - columns * 2], axis=-1)
        inside = np.hypot(columns - 20 - 2 * index, rows - 32) < 14
        frames[index][inside] = (240, 200, 40)
    return frames


def psnr(first, second):
    error = np.mean((first.astype(float) - second.astype(float)) ** 2)
    return 10 * np.log10(255**2 / max(error, 1e-9))


def luma(pixels):
    """BT.709 brightness: what 4:2:0 video keeps at full size."""
    return pixels @ np.array([0.2126, 0.7152, 0.0722])


def onsets(clip):
    """Seconds at which the clicks of a clip begin."""
    loud = np.flatnonzero(np.abs(clip.audio.samples).max(axis=0) > 0.25) / clip.audio.sample_rate
    return loud[np.insert(np.diff(loud) > 0.2, 0, True)]


def flashes(clip):
    """Seconds at which the white frames of a clip begin."""
    return np.flatnonzero(clip.frames.mean(axis=(1, 2, 3)) > 128) / clip.fps
