"""Sounds for the tests of motion: vowels and hums with known times in, samples out.

A vowel is a buzz of harmonics through two resonances, a hum the same without its upper part, so
the ear takes them for what they are without a recording being shipped.
"""

import numpy as np

RATE = 16_000
FORMANTS = {"AA": (730, 1090), "IY": (270, 2290), "UW": (300, 870), "M": (250, 900)}


def sung(phone, seconds, *, pitch=120.0):
    """Return a steady sound, float32, peak about 0.3."""
    time = np.arange(round(seconds * RATE)) / RATE
    sound = np.zeros_like(time)
    for harmonic in range(1, int(4000 / pitch)):
        hertz = harmonic * pitch
        gain = sum(1 / (1 + ((hertz - peak) / 90) ** 2) for peak in FORMANTS[phone])
        gain *= 0.08 if phone == "M" and hertz > 400 else 1
        sound += gain * np.sin(2 * np.pi * hertz * time) / harmonic**0.5
    fade = np.minimum(1, np.minimum(time, time[::-1]) / 0.02)
    sound *= fade / np.abs(sound).max() * (0.12 if phone == "M" else 0.3)
    return sound.astype(np.float32)


def silence(seconds, *, noise=0.0, seed=0):
    rng = np.random.default_rng(seed)
    return (noise * rng.standard_normal(round(seconds * RATE))).astype(np.float32)


def syllables(count=6, *, lead=1.0):
    """Return vowels and pauses of 0.25 s each, after a second of silence, and their middles."""
    pieces, middles = [silence(lead)], []
    for number in range(count):
        middles.append(lead + 0.5 * number + 0.125)
        vowel = ("AA", "IY", "UW")[number % 3]
        pieces += [sung(vowel, 0.25, pitch=110 + 5 * number), silence(0.25)]
    return np.concatenate([*pieces, silence(1.0)]), np.array(middles)
