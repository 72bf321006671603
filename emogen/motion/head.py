"""A head that speaks: loudness, pitch and emotion in, plausible head motion and brow flashes out.

This is the teacher of the flow: what it learns to make up from sound alone. Heads sway slowly, move
at one to two beats a second while their owner speaks, nod where the voice is stressed and rest when
it rests (Munhall et al. 2004); how much depends on arousal.

Shapes: T frames (25 a second).
"""

import numpy as np

from emogen.motion import schema
from emogen.motion.expression import expression

HEAD = schema.columns("head")
_SIZES = {"head_yaw": 2.8, "head_pitch": 2.0, "head_roll": 1.5, "head_x": 0.010, "head_y": 0.007,
          "head_scale": 0.007}  # fmt: skip


def head_motion(
    activity: np.ndarray,
    stress: np.ndarray,
    vectors: np.ndarray,
    rng: np.random.Generator,
    *,
    fps: float = schema.FPS,
) -> np.ndarray:
    """Return one possible motion of the head, float32 [T, 6] in the order of the schema.

    Args:
        activity: how much is being said in each frame, [T] in [0, 1].
        stress: how strongly the voice stresses it, [T] in [0, 1].
        vectors: emotion [T, 12].
        rng: draws which of the many.
        fps: frames a second.
    """
    count = len(activity)
    arousal = np.asarray(vectors)[:, 9]
    lively = (1 + 0.8 * arousal).clip(0.3, 2.0)
    speaking = smooth(activity, 0.4 * fps)
    motion = np.zeros((count, len(HEAD)))
    for position, column in enumerate(HEAD):
        size = _SIZES[schema.NAMES[column]]
        sway = band_noise(count, 0.06, 0.35, rng, fps=fps)
        beat = band_noise(count, 0.6, 1.8, rng, fps=fps)
        motion[:, position] = size * (0.8 * sway + 0.45 * lively * speaking * beat)
    nods = smooth(accents(stress, fps=fps), 0.12 * fps) * lively
    motion[:, 1] += rng.uniform(2.0, 5.0) * nods
    motion[:, 0] += rng.uniform(-2.5, 2.5) * nods
    motion[:, 4] += 0.006 * nods
    side = rng.choice((-1.0, 1.0))
    posture = expression(vectors, posture=True)[:, HEAD] * [side, 1, side, 1, 1, 1]
    posture = np.stack([smooth(channel, fps) for channel in posture.T], axis=1)
    return schema.clamp(_on_head(motion + posture))[:, HEAD]


def brow_flash(
    stress: np.ndarray, rng: np.random.Generator, *, fps: float = schema.FPS
) -> np.ndarray:
    """Return how much the brows rise at some of the stressed places, [T] in [0, 0.5]."""
    marked = accents(stress, fps=fps) * (rng.uniform(size=len(stress)) < 0.6)
    return 0.4 * smooth(marked, 0.2 * fps).clip(0, 1.2)


def accents(stress: np.ndarray, *, fps: float = schema.FPS) -> np.ndarray:
    """Return unit pulses at the peaks of stress that are at least 0.4 s apart, [T].

    A pulse is scaled so that `smooth` over 0.12 s turns it into a bump of about its stress.
    """
    stress = np.asarray(stress, float)
    pulses, free = np.zeros(len(stress)), 0
    for frame in range(1, len(stress) - 1):
        peak = stress[frame] >= stress[frame - 1] and stress[frame] > stress[frame + 1]
        if peak and frame >= free and stress[frame] > 0.45:
            pulses[frame] = stress[frame] * 0.12 * fps * 2
            free = frame + round(0.4 * fps)
    return pulses


def smooth(values: np.ndarray, frames: float) -> np.ndarray:
    """Return values [T] seen through a Hann window of about so many frames; sums are kept."""
    half = max(1, round(frames))
    window = np.hanning(2 * half + 3)[1:-1]
    padded = np.pad(np.asarray(values, float), half, mode="edge")
    return np.convolve(padded, window / window.sum(), mode="valid")


def band_noise(
    count: int, low: float, high: float, rng: np.random.Generator, *, fps: float
) -> np.ndarray:
    """Return random motion between two frequencies (Hz), [T], with a standard deviation of one."""
    size = max(count, round(20 * fps))
    spectrum = np.fft.rfft(rng.standard_normal(size))
    hertz = np.fft.rfftfreq(size, 1 / fps)
    spectrum[(hertz < low) | (hertz > high)] = 0
    noise = np.fft.irfft(spectrum, size)
    return (noise / max(noise.std(), 1e-9))[:count]


def _on_head(motion: np.ndarray) -> np.ndarray:
    whole = schema.rest(len(motion))
    whole[:, HEAD] = motion
    return whole
