"""Sounds for the tests of the encoders: made here, so that no corpus is needed."""

import numpy as np

RATE = 16_000


def times(seconds):
    return np.arange(round(seconds * RATE)) / RATE


def tone(hertz, seconds, *, loud=0.3):
    return (loud * np.sin(2 * np.pi * hertz * times(seconds))).astype(np.float32)


def babble(seconds, *, seed=0, pitch=140.0):
    """Return something like a voice: harmonics through two formants, syllables four a second."""
    rng = np.random.default_rng(seed)
    clock = times(seconds)
    melody = pitch * 2 ** (0.25 * np.sin(2 * np.pi * 0.7 * clock + rng.uniform(0, 6)))
    phase = 2 * np.pi * np.cumsum(melody) / RATE
    formants = 500 + 250 * np.sin(2 * np.pi * 1.7 * clock), 1500 + 500 * np.sin(
        2 * np.pi * 1.1 * clock
    )
    sound = np.zeros(len(clock))
    for harmonic in range(1, 25):
        near = sum(np.exp(-(((harmonic * melody - formant) / 180) ** 2)) for formant in formants)
        sound += near * np.sin(harmonic * phase)
    syllables = np.clip(np.sin(2 * np.pi * 4 * clock), 0, 1)
    noise = 0.002 * rng.standard_normal(len(clock))
    return (0.25 * sound * syllables + noise).astype(np.float32)


def silence(seconds):
    return np.zeros(round(seconds * RATE), np.float32)
