"""Audio to motion with the shipped model: streams, seeds, silence, emotion, files of every kind."""

import io
import os
import warnings
import zipfile
from pathlib import Path

import av
import numpy as np
import pytest

from emogen.assets import model_dir
from emogen.data.speech.reader import decode_samples
from emogen.emotion import EmotionPoint, Trajectory
from emogen.errors import InputError, MediaError, ModelError
from emogen.evaluation.metrics.gestures import seam_ratio
from emogen.evaluation.metrics.lips import bilabial_closures
from emogen.motion import aperture, join, schema
from emogen.motion.a2m import AudioToMotion, MotionSettings
from emogen.motion.flow import NEW, Guidance
from emogen.motion.hearing import Hearing
from emogen.motion.weights import load_speaker
from tests.motion.voices import RATE, silence, sung, syllables


@pytest.fixture(scope="module")
def a2m():
    if not (model_dir("a2m") / "a2m.safetensors").is_file():
        pytest.skip("the audio-to-motion model is not trained yet; see training/train_a2m.py")
    return AudioToMotion()


@pytest.fixture(scope="module")
def speech():
    return syllables(8)


def test_the_same_in_one_piece_and_in_many(a2m, speech):
    sound, _ = speech
    whole = a2m.animate(sound)
    cuts = [1, 700, 701, 16_000, 40_000, 79_999]
    pieces = join(list(a2m.stream(np.split(sound, cuts))))
    assert np.array_equal(whole.values, pieces.values)
    assert len(whole) == -(-len(sound) // 640)


def test_the_seed_decides_and_the_mouth_hardly_depends_on_it(a2m, speech):
    sound, _ = speech
    first, again, other = (
        a2m.animate(sound, settings=MotionSettings(seed=seed)) for seed in (1, 1, 2)
    )
    assert np.array_equal(first.values, again.values)
    yaw = schema.index("head_yaw")
    assert abs(np.corrcoef(first.values[:, yaw], other.values[:, yaw])[0, 1]) < 0.9
    assert np.corrcoef(aperture(first), aperture(other))[0, 1] > 0.8


def test_the_mouth_opens_where_a_vowel_sounds_and_rests_in_between(a2m):
    sound, middles = syllables(6)
    gap = aperture(a2m.animate(sound))
    at = [gap[round(25 * middle)] for middle in middles]
    rests = [gap[round(25 * (middle + 0.25))] for middle in middles]
    assert np.mean(at) > 0.12
    assert np.mean(at) > 3 * np.mean(rests)
    lead = gap[: round(25 * 0.8)]
    assert lead.max() < 0.02


def test_what_comes_later_does_not_change_what_was_before(a2m):
    sound, _ = syllables(16)
    changed = sound.copy()
    moment = 6.0
    changed[round(moment * RATE) :] = silence(len(sound) / RATE - moment, noise=0.05)
    one, other = (a2m.animate(s).values for s in (sound, changed))
    same = (one == other).all(1)
    assert same[: 2 * NEW].all()  # windows that ended more than the look-ahead before
    assert not same[round(25 * moment) :].all()


@pytest.mark.parametrize("noise", [0.0, 1e-4, 0.003, 0.03])
def test_lips_are_still_where_nobody_speaks(a2m, noise):
    gap = aperture(a2m.animate(silence(5, noise=noise)))
    assert np.abs(np.diff(gap)).max() < 0.01
    assert gap.max() < 0.02


def test_memory_does_not_grow(a2m):
    hearing, most, done = Hearing(64), 0, 0
    for _ in range(60):
        hearing.push(silence(1.0))
        while hearing.reaches((done + 1) * 25):
            hearing.around(done * 25, (done + 1) * 25, margin=64)
            done += 1
        most = max(most, len(hearing._rows))
    assert done > 50
    assert most < 600


def test_emotion_shows_and_costs_the_lips_little(a2m, speech):
    sound, _ = speech
    neutral = a2m.animate(sound)
    for name, unit in (("amusement", "AU12_left"), ("sadness", "AU15"), ("anger", "AU4")):
        moved = a2m.animate(sound, emotion=Trajectory.constant(EmotionPoint.from_category(name)))
        assert moved.channel(unit).mean() > neutral.channel(unit).mean() + 0.3
        assert np.corrcoef(aperture(moved), aperture(neutral))[0, 1] > 0.75
        assert moved.emotion[0, 8] == pytest.approx(0, abs=1e-5)


def test_a_curve_of_emotion_is_followed(a2m):
    vectors = np.zeros((200, 12), np.float32)
    vectors[100:] = EmotionPoint.from_category("amusement").vector()
    smile = a2m.animate(silence(8), emotion=vectors).channel("AU12_left")
    assert smile[:80].mean() + 0.3 < smile[130:].mean()


def test_windows_join_without_a_seam(a2m):
    sound = np.concatenate([syllables(12)[0] for _ in range(4)])
    track = a2m.animate(sound)
    head = track.values[:, schema.columns("head")]
    joins = list(range(NEW, len(track) - 2, NEW))
    assert seam_ratio(head / head.std(0), joins) < 1.5


def test_factors_scale_head_and_mouth(a2m, speech):
    sound, _ = speech
    still = a2m.animate(sound, settings=MotionSettings(head=0))
    assert np.abs(still.values[:, schema.columns("head")]).max() == 0
    wide, small = (aperture(a2m.animate(sound, settings=MotionSettings(mouth=factor))).max()
                   for factor in (1.3, 0.5))  # fmt: skip
    assert wide > 1.5 * small
    with pytest.raises(InputError, match="mouth factor"):
        MotionSettings(mouth=9)


def test_guidance_makes_emotion_stronger(a2m, speech):
    sound, _ = speech
    mood = Trajectory.constant(EmotionPoint.from_category("amusement", 0.5))
    plain, strong = (
        a2m.animate(sound, emotion=mood, settings=MotionSettings(guidance=Guidance(emotion=e)))
        for e in (1.0, 2.0)
    )
    first = slice(0, NEW)  # later windows go on from what the face already shows
    plain, strong = (track.channel("AU12_left")[first].mean() for track in (plain, strong))
    assert strong > plain + 0.05


def written(path, sound, rate, layout, codec="pcm_s16le"):
    """Write a sound file with PyAV."""
    channels = {"mono": 1, "stereo": 2, "5.1": 6}[layout]
    count = round(len(sound) * rate / RATE)
    resized = np.interp(np.arange(count) * RATE / rate, np.arange(len(sound)), sound)
    pcm = np.repeat((resized * 32767).astype(np.int16)[:, None], channels, axis=1).reshape(1, -1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(pcm), format="s16", layout=layout)
        frame.sample_rate = rate
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("rate", "layout"), [(8000, "mono"), (22_050, "stereo"), (44_100, "mono"), (48_000, "5.1")]
)
def test_files_of_every_rate_and_layout_move_alike(a2m, tmp_path, rate, layout):
    sound, _ = syllables(4)
    expected = aperture(a2m.animate(sound))
    track = a2m.animate(written(tmp_path / "a.wav", sound, rate, layout))
    assert abs(len(track) - len(expected)) <= 1
    count = min(len(track), len(expected))
    assert np.corrcoef(aperture(track)[:count], expected[:count])[0, 1] > 0.85


def test_very_short_and_clipped_sounds_are_moved_to(a2m):
    assert len(a2m.animate(sung("AA", 0.01))) == 1
    clipped = np.clip(20 * syllables(3)[0], -1, 1)
    assert np.isfinite(a2m.animate(clipped).values).all()


def test_what_is_no_sound_is_refused_in_one_line(a2m, tmp_path):
    for wrong in (np.zeros(0, np.float32), np.full(100, np.nan, np.float32),
                  np.zeros(100, np.int16), np.zeros((2, 100), np.float32)):  # fmt: skip
        with pytest.raises(InputError, match="expected"):
            a2m.animate(wrong)
    with pytest.raises(MediaError, match="no such file"):
        a2m.animate(tmp_path / "none.wav")
    with pytest.raises(InputError, match="emotion vectors"):
        a2m.animate(silence(1), emotion=np.zeros((3, 9)))


def test_a_transcript_of_something_else_is_refused_and_said(a2m):
    sound, _ = syllables(8)
    with pytest.warns(UserWarning, match="does not fit"):
        track = a2m.animate(sound, transcript="Shush, she saw sixty-six fish swish past.")
    assert track.provenance["transcript"] == "refused"
    with pytest.raises(InputError, match="English words"):
        a2m.animate(sound, transcript="...")


@pytest.mark.corpus
def test_real_speech_closes_the_lips_and_a_transcript_sharpens_it(a2m):
    archive = zipfile.ZipFile(Path(os.environ["EMOGEN_DATA"]) / "ljspeech_16k.zip")
    rows = io.TextIOWrapper(archive.open("metadata.csv"), "utf-8").read().splitlines()
    text = dict(row.split("|")[:2] for row in rows)["LJ001-0004"]
    sound = decode_samples(archive.read("LJ001-0004.flac"))
    spans = a2m.align(sound, text).spans
    times = np.array([(s.start, s.end) for s in spans if s.phone in ("P", "B", "M")])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        heard, read = (aperture(a2m.animate(sound, transcript=t)) for t in (None, text))
    said = np.ones(len(heard))
    assert bilabial_closures(read, times, said, fps=25).recall >= 0.9
    assert bilabial_closures(heard, times, said, fps=25).recall >= 0.5


def test_a_damaged_model_is_one_clear_line(tmp_path):
    with pytest.raises(ModelError, match="expected an audio-to-motion model"):
        load_speaker(tmp_path)
    (tmp_path / "config.json").write_text('{"format": "x"}')
    (tmp_path / "a2m.safetensors").write_bytes(b"123")
    with pytest.raises(ModelError, match="expected an audio-to-motion model"):
        load_speaker(tmp_path)
