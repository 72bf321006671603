"""What happens to a voice on its way: clear samples in, noisy, quiet, telephoned or coded ones out.

These work on the waveform, with real codecs, and are for measuring how robust a reader of voices
is; what it trains on is disturbed in another way (`augment`). All take float32 [S], mono, 16 kHz,
and return as many samples.
"""

from collections.abc import Callable
from functools import partial
from io import BytesIO

import av
import numpy as np

from emogen.data.speech.reader import SAMPLE_RATE, decode_samples

Distortion = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def with_noise(samples: np.ndarray, rng: np.random.Generator, *, decibels: float) -> np.ndarray:
    """Add pink noise that many decibels below the mean power of the sound."""
    spectrum = np.fft.rfft(rng.standard_normal(len(samples)))
    noise = np.fft.irfft(spectrum / np.sqrt(np.arange(1, len(spectrum) + 1)), n=len(samples))
    power = np.mean(np.square(samples, dtype=np.float64))
    scale = np.sqrt(power / np.mean(noise**2)) * 10 ** (-decibels / 20)
    return (samples + scale * noise).astype(np.float32)


def with_gain(samples: np.ndarray, rng: np.random.Generator, *, decibels: float) -> np.ndarray:
    """Make the sound louder or quieter; what exceeds full scale is clipped."""
    return (samples * 10 ** (decibels / 20)).clip(-1, 1).astype(np.float32)


def telephoned(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Keep 300 to 3400 Hz and round to the eight bits of a telephone line (mu-law, G.711)."""
    spectrum = np.fft.rfft(samples)
    hertz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    band = np.fft.irfft(spectrum * ((hertz >= 300) & (hertz <= 3400)), n=len(samples))
    peak = max(np.abs(band).max(), 1e-9)
    curved = np.sign(band) * np.log1p(255 * np.abs(band) / peak) / np.log(256)
    coarse = np.round(curved * 127) / 127
    return (np.sign(coarse) * peak * (256 ** np.abs(coarse) - 1) / 255).astype(np.float32)


def coded(
    samples: np.ndarray, rng: np.random.Generator, *, codec: str, bits_a_second: int
) -> np.ndarray:
    """Pass the sound through an encoder and back, aligned with the original to a few ms."""
    buffer = BytesIO()
    with av.open(buffer, "w", format="matroska") as container:
        stream = container.add_stream(codec, rate=SAMPLE_RATE, layout="mono")
        stream.bit_rate = bits_a_second
        pcm = (samples.clip(-1, 1) * 32767).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    out = decode_samples(buffer.getvalue())[: len(samples)]
    return np.pad(out, (0, len(samples) - len(out)))


def in_a_room(samples: np.ndarray, rng: np.random.Generator, *, seconds: float) -> np.ndarray:
    """Add the echo of a room that fades by 60 dB in so many seconds, 6 dB below the voice."""
    length = round(seconds * SAMPLE_RATE)
    tail = rng.standard_normal(length) * 10 ** (-3 * np.arange(length) / length)
    tail[: round(0.005 * SAMPLE_RATE)] = 0
    size = 1 << (len(samples) + length).bit_length()
    echo = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(tail, size), size)[: len(samples)]
    power = np.mean(np.square(samples, dtype=np.float64)) / max(np.mean(echo**2), 1e-12)
    return (samples + 0.5 * np.sqrt(power) * echo).astype(np.float32)


DISTORTIONS: dict[str, Distortion] = {
    "clear": lambda samples, rng: samples,
    "pink noise at 20 dB": partial(with_noise, decibels=20),
    "pink noise at 10 dB": partial(with_noise, decibels=10),
    "gain of -20 dB": partial(with_gain, decibels=-20),
    "gain of +12 dB, clipped": partial(with_gain, decibels=12),
    "telephone, 300 to 3400 Hz, mu-law": telephoned,
    "Opus at 8 kbit/s": partial(coded, codec="libopus", bits_a_second=8000),
    "MP3 at 24 kbit/s": partial(coded, codec="libmp3lame", bits_a_second=24000),
    "room, 0.5 s": partial(in_a_room, seconds=0.5),
}
"""What a benchmark of robustness goes through."""
