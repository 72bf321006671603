"""The voice encoder: streams, silence, noise, hostile input, weights, and acted voices."""

import json
import shutil

import numpy as np
import pytest

from emogen.assets import model_dir
from emogen.emotion import RAVDESS
from emogen.encoders.voice import (
    CONFIG,
    WEIGHTS,
    SlidingWindows,
    VoiceEncoder,
    load_default,
    moments,
    tone_readings,
    voice_readings,
)
from emogen.errors import InputError, ModelError
from tests.encoders.voices import RATE, babble, silence, tone


@pytest.fixture(scope="module")
def encoder():
    return load_default()


def test_blocks_of_any_length_read_the_same(encoder):
    sound = babble(7.3)
    whole = encoder.read([sound])
    pieces = encoder.read(np.split(sound, [1, 900, 901, 40_000, 90_001]))
    assert np.allclose(whole.eight, pieces.eight, atol=1e-6)
    assert whole.num_samples == len(sound)
    assert whole.voice.seconds.tolist() == [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5]


@pytest.mark.parametrize("seconds", [0.05, 0.4, 1.0, 3.072, 17.6])
def test_there_is_a_reading_a_second_and_at_least_one(encoder, seconds):
    found = encoder.read([babble(seconds)])
    assert len(found.voice) == len(found.tone) == max(1, round(seconds))
    assert np.allclose(found.eight.sum(1), 1)


def test_windows_are_centred_on_their_second():
    marked = np.zeros(10 * RATE, np.float32)
    marked[4 * RATE + RATE // 2] = 1.0
    windows = list(SlidingWindows().over([marked]))
    assert len(windows) == 10
    middle = len(windows[4]) // 2
    assert windows[4][middle] == 1.0
    assert windows[5][middle - RATE] == 1.0


def test_windows_hold_no_more_than_seconds_of_an_hour():
    sliding = SlidingWindows()
    blocks = (np.full(RATE, 0.1, np.float32) for _ in range(3600))
    sizes = {len(window) for window in sliding.over(blocks)}
    assert sizes == {192 * 256}
    assert sliding.num_samples == 3600 * RATE


@pytest.mark.parametrize("sound", [silence(4), 1e-4 * babble(4), tone(440.0, 4.0)])
def test_without_a_voice_nothing_is_said(encoder, sound):
    found = encoder.read([sound.astype(np.float32)])
    assert not found.voice.present.any()
    assert not found.tone.present.any()


def test_clipping_and_peak_are_counted(encoder):
    found = encoder.read([np.clip(9 * babble(2.0), -1, 1).astype(np.float32)])
    assert found.peak == 1.0
    assert found.clipped > 0.01
    assert encoder.read([0.5 * babble(2.0)]).clipped == 0


@pytest.mark.parametrize("wrong", [
    np.zeros(100), np.zeros((2, 100), np.float32), np.full(100, np.nan, np.float32), [0.0, 1.0],
])
def test_what_is_no_sound_is_refused(encoder, wrong):
    with pytest.raises(InputError, match="expected finite sound float32"):
        encoder.read([wrong])


def test_no_samples_are_refused(encoder):
    with pytest.raises(InputError, match="got no samples"):
        encoder.read([])


def test_vectors_lean_towards_the_likelier_label():
    eight = np.full((1, 8), 0.4 / 7)
    eight[0, RAVDESS.index("angry")] = 0.6
    found = voice_readings(eight, np.ones(1), np.ones(1, bool))
    vector = found.vectors[0]
    assert vector[4] > 0.9  # of anger, more than its calibrated share
    assert found.distribution[0, 4] == pytest.approx(0.6)
    assert found.confidence[0] == pytest.approx(0.6)
    weak = voice_readings(eight, np.zeros(1), np.ones(1, bool)).vectors[0]
    assert weak[11] < vector[11]


def test_tone_keeps_signs_and_is_surer_of_what_is_far_from_the_middle():
    affect = np.array([[0.6, 0.5, 0.0], [-0.1, 0.0, 0.0]])
    found = tone_readings(affect, np.ones(2, bool))
    assert found.vectors[0, 8] > 0
    assert found.vectors[0, 9] > 0
    assert found.vectors[1, 8] < 0
    assert found.confidence[0] > found.confidence[1]
    assert moments(3)["spans"].tolist() == [1, 1, 1]


def test_a_folder_of_another_kind_is_refused(tmp_path):
    with pytest.raises(ModelError, match="expected a voice encoder"):
        VoiceEncoder.load(tmp_path)
    source = model_dir("encoders") / "voice"
    for name in (WEIGHTS, CONFIG):
        shutil.copy(source / name, tmp_path / name)
    config = json.loads((tmp_path / CONFIG).read_text())
    (tmp_path / CONFIG).write_text(json.dumps(config | {"format": "other"}))
    with pytest.raises(ModelError, match="format"):
        VoiceEncoder.load(tmp_path)
    (tmp_path / CONFIG).write_text(json.dumps(config))
    (tmp_path / WEIGHTS).write_bytes((source / WEIGHTS).read_bytes()[:1000])
    with pytest.raises(ModelError, match="expected a voice encoder"):
        VoiceEncoder.load(tmp_path)


@pytest.mark.corpus
def test_actors_that_it_never_heard_are_read_better_than_by_chance(encoder):
    from emogen.data.speech import SpeechCorpus

    corpus = SpeechCorpus("ravdess")
    held_out = [item for item in corpus if item.speaker in encoder.config["held_out"]][::6]
    guess = [int(encoder.read([corpus.samples(item)]).eight.mean(0).argmax()) for item in held_out]
    right = np.mean([item.label_index == one for item, one in zip(held_out, guess, strict=True)])
    assert len(held_out) == 40
    assert right > 0.35  # chance is an eighth
