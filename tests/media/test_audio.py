"""Sound: formats, rates, channels, spans."""

import wave

import av
import numpy as np
import pytest

from emogen.errors import MediaError
from emogen.media import read_audio, write_video
from emogen.media.stream import iterate_samples


def write_wav(path, samples, rate=16000):
    with wave.open(str(path), "wb") as file:
        file.setparams((samples.shape[0], 2, rate, 0, "NONE", ""))
        file.writeframes((samples.T * 32767).astype("<i2").tobytes())
    return path


def tone(frequency=440, seconds=1.0, rate=16000):
    return 0.5 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)[None]


def test_wav_is_exact(tmp_path):
    samples = np.concatenate([tone(440), -tone(880)])
    audio = read_audio(write_wav(tmp_path / "a.wav", samples))
    assert (audio.sample_rate, audio.samples.dtype) == (16000, np.float32)
    np.testing.assert_allclose(audio.samples, samples, atol=1e-4)


def test_channels_become_what_is_asked_at_the_same_loudness(tmp_path):
    path = write_wav(tmp_path / "two.wav", np.concatenate([tone(), tone()]))
    np.testing.assert_allclose(read_audio(path, channels=1).samples, tone(), atol=1e-4)
    path = write_wav(tmp_path / "one.wav", tone())
    both = read_audio(path, channels=2).samples
    np.testing.assert_allclose(both, np.concatenate([tone(), tone()]), atol=1e-4)


@pytest.mark.parametrize("rate", [8000, 16000, 24000, 48000])
def test_resampling_keeps_pitch_and_length(tmp_path, rate):
    audio = read_audio(write_wav(tmp_path / "a.wav", tone(rate=44100), 44100), sample_rate=rate)
    assert audio.duration == pytest.approx(1.0, abs=0.002)
    spectrum = np.abs(np.fft.rfft(audio.samples[0], rate))
    assert np.argmax(spectrum) == 440
    assert np.abs(audio.samples).max() == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(
    ("name", "codec"), [("a.flac", "flac"), ("a.mp3", "libmp3lame"), ("a.ogg", "libopus")]
)
def test_other_formats(tmp_path, name, codec):
    with av.open(str(tmp_path / name), "w") as container:
        stream = container.add_stream(codec, rate=48000, layout="mono")
        layout = {"flac": "s16", "libmp3lame": "fltp", "libopus": "flt"}[codec]
        samples = tone(rate=48000)
        data = (samples * 32767).astype(np.int16) if layout == "s16" else samples.astype("f4")
        frame = av.AudioFrame.from_ndarray(data, format=layout, layout="mono")
        frame.sample_rate = 48000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    audio = read_audio(tmp_path / name, sample_rate=16000, channels=1)
    assert audio.duration == pytest.approx(1.0, abs=0.06)
    assert np.argmax(np.abs(np.fft.rfft(audio.samples[0], 16000))) == pytest.approx(440, abs=1)


def test_spans(tmp_path):
    samples = tone(seconds=2.0)
    path = write_wav(tmp_path / "a.wav", samples)
    part = read_audio(path, start=0.5, end=1.25).samples
    np.testing.assert_allclose(part, samples[:, 8000:20000], atol=1e-4)
    with pytest.raises(MediaError, match="shorter"):
        read_audio(path, start=5)
    with pytest.raises(MediaError, match="at most 1 s"):
        read_audio(path, max_seconds=1)


def test_a_silent_video_has_no_sound(clip, tmp_path):
    with pytest.raises(MediaError, match="expected sound"):
        read_audio(write_video(clip, tmp_path / "a.mp4"))
    with pytest.raises(MediaError, match="1 or 2 channels"):
        read_audio(tmp_path / "a.mp4", channels=3)


@pytest.mark.parametrize("name", ["gap.mka", "gap.mp4"])
def test_a_gap_between_packets_is_no_damage(tmp_path, name) -> None:
    path = tmp_path / name
    with av.open(str(path), "w") as file:
        stream = file.add_stream("aac", 16_000, layout="mono")
        for second in range(4):
            part = av.AudioFrame.from_ndarray(np.full((1, 16_000), 0.1, np.float32),
                                              format="fltp", layout="mono")
            part.sample_rate, part.pts = 16_000, second * 16_000
            for packet in stream.encode(part):
                if second == 3:
                    packet.pts, packet.dts = packet.pts + 32_000, packet.dts + 32_000
                file.mux(packet)
    assert 3 < read_audio(path).samples.shape[1] / 16_000 < 7
    assert sum(len(part) for part in iterate_samples(path)) > 3 * 16_000
