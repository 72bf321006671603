"""Rules: closures hit a frame, silence rests, and nothing else is touched."""

import numpy as np
import pytest

from emogen.motion import schema
from emogen.motion.phones import INDEX
from emogen.motion.rules import bilabial_closure, obeyed, speech_gate


def heard(labels):
    return np.eye(40)[np.array(labels)]


@pytest.mark.parametrize("start", range(20, 30))
@pytest.mark.parametrize("length", [1, 2, 3, 6])
@pytest.mark.parametrize("phone", ["P", "B", "M"])
def test_each_bilabial_closes_a_frame_within_40_ms(start, length, phone):
    labels = np.full(80, INDEX["AA"])
    labels[start : start + length] = INDEX[phone]
    closed = np.flatnonzero(bilabial_closure(heard(labels)) == 1) / 25
    assert len(closed) >= 1
    assert (closed >= start / 50 - 0.04).all()
    assert (closed <= (start + length - 1) / 50 + 0.04).all()


def test_other_phones_do_not_seal_the_lips():
    labels = np.tile([INDEX[p] for p in ("F", "V", "W", "N", "UW", "SIL")], 10)
    assert bilabial_closure(heard(labels)).max() == 0


def test_the_gate_is_shut_in_silence_and_in_noise_and_open_in_speech():
    speech = heard([0] * 50 + [INDEX["AA"]] * 50 + [0] * 50)
    loud = np.r_[np.full(50, -60.0), np.full(50, -20.0), np.full(50, -60.0)]
    gate = speech_gate(speech, loud, np.full(150, -20.0))
    assert gate.shape == (75,)
    assert gate[:20].max() == gate[-18:].max() == 0
    assert gate[26:49].min() > 0.9
    hiss = speech_gate(heard([0] * 150), np.full(150, -22.0), np.full(150, -20.0))
    assert hiss.max() == 0
    dreamt = speech_gate(heard([INDEX["AA"]] * 150), np.full(150, -75.0), np.full(150, -45.0))
    assert dreamt.max() == 0


def test_silence_returns_to_the_mood_and_leaves_the_rest_alone():
    rng = np.random.default_rng(0)
    values = schema.clamp(rng.uniform(0, 1, (20, schema.WIDTH)))
    mood = schema.rest(20)
    mood[:, schema.index("AU26")] = 0.2
    rested = obeyed(values, gate=np.zeros(20), closure=np.ones(20), mood=mood)
    assert np.allclose(schema.lip_gap(rested), 0.2)
    others = [c for c in range(schema.WIDTH) if c not in schema.columns("speech mouth")]
    assert np.array_equal(rested[:, others], values[:, others])


def test_closed_lips_have_no_gap_whatever_was_proposed():
    values = np.tile(schema.HIGH, (10, 1)).astype(np.float32)
    values[:, schema.index("closure")] = 0
    sealed = obeyed(values, gate=np.ones(10), closure=np.ones(10), mood=schema.rest(10))
    assert schema.lip_gap(sealed).max() == 0
