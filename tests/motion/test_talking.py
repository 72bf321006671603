"""Speech put together for the talking head: pauses, phones in time, a face that says them."""

import json

import numpy as np
import pytest

from emogen.motion import schema
from emogen.motion.phones import INDEX
from emogen.motion.shelf import SpeechShelf
from emogen.motion.talking import SOUND_WIDTH, Speech, performed, random_speech


@pytest.fixture
def shelf(tmp_path):
    """One utterance of a second: M from 0.2 to 0.4 s, AA from there to 0.8 s."""
    np.savez(
        tmp_path / "said.npz", mel=np.full((100, 64), -30, np.float16),
        pitch=np.full(50, 120, np.float16), level=np.full(100, -20, np.float16),
        bounds=np.array([0, 100]), about=json.dumps([{"text": "ma", "voice": "one"}]),
        spans=np.array([[0, INDEX["M"], 0.2, 0.4], [0, INDEX["AA"], 0.4, 0.8]]),
    )  # fmt: skip
    return SpeechShelf(tmp_path / "said.npz")


@pytest.fixture
def speech(shelf):
    return random_speech(shelf, [0], count=300, rng=np.random.default_rng(0))


def test_the_sound_is_as_long_as_its_columns(speech):
    packed = speech.packed()
    assert packed.shape == (2 * (speech.count // 2 * 2), SOUND_WIDTH)
    assert np.isfinite(packed).all()
    span = speech.spans[1]
    voiced = packed[round(100 * span.start) : round(100 * span.end), 65]
    assert (voiced == 120).all()


def test_lips_close_and_open_when_it_is_said(speech):
    count = speech.count // 2
    track = performed(speech, np.zeros((count, 12), np.float32), np.random.default_rng(1))
    gap = schema.lip_gap(track.values)
    for closed, opened in zip(speech.spans[::2], speech.spans[1::2], strict=True):
        middle = round(25 * (closed.start + closed.end) / 2)
        assert gap[middle - 1 : middle + 2].min() < 0.05
        assert gap[round(25 * opened.start) : round(25 * opened.end)].max() > 0.1
    assert track.emotion.shape == (count, 9)
    assert (track.emotion[:, 8] == 1).all()


def test_a_pause_is_silent_and_counts():
    speech = Speech()
    speech.pause(10, np.random.default_rng(0))
    assert speech.count == 10
    assert speech.packed().shape == (20, SOUND_WIDTH)
    assert (speech.column("decibels") <= -40).all()
