"""Visemes: bilabials seal, vowels open in order, rounding comes early, silence is at rest."""

import numpy as np
import pytest

from emogen.motion import schema
from emogen.motion.phones import BILABIALS, PHONES, VOWELS, PhoneSpan
from emogen.motion.visemes import COLUMNS, MOUTH, VISEMES, jaw_effort, mouth_targets


def said(*phones, each=0.12, start=0.4):
    return [PhoneSpan(phone=p, start=start + each * k, end=start + each * (k + 1))
            for k, p in enumerate(phones)]  # fmt: skip


def gap(spans, count=40):
    values = schema.rest(count)
    values[:, COLUMNS] = mouth_targets(spans, num_frames=count)
    return schema.lip_gap(values)


def test_every_phone_has_a_mouth_within_limits():
    assert set(VISEMES) == set(PHONES)
    for viseme in VISEMES.values():
        assert len(viseme.shape) == len(MOUTH)
        assert 0 <= min(viseme.shape) <= max(viseme.shape) <= 1


@pytest.mark.parametrize("phone", BILABIALS)
@pytest.mark.parametrize("offset", np.linspace(0, 0.04, 9).tolist())
@pytest.mark.parametrize("length", [0.03, 0.07, 0.12])
def test_lips_meet_within_a_bilabial_wherever_the_frames_lie(phone, offset, length):
    start = 0.4 + offset
    spans = [PhoneSpan(phone="AA", start=start - 0.15, end=start),
             PhoneSpan(phone=phone, start=start, end=start + length),
             PhoneSpan(phone="AA", start=start + length, end=start + length + 0.2)]  # fmt: skip
    seconds = np.arange(40) / 25
    inside = (seconds >= start - 0.02) & (seconds <= start + length + 0.02)
    opening = gap(spans)
    assert opening[inside].min() < 0.02
    assert opening[np.abs(seconds - start - length - 0.1).argmin()] > 0.3  # and part again


def test_vowels_open_in_the_order_of_their_heights():
    wide = {phone: gap(said(phone, phone, phone)).max() for phone in VOWELS}
    assert wide["AA"] > wide["EH"] > wide["IH"] > wide["UW"]


def test_rounding_begins_before_the_sound_and_silence_rests():
    mouth = mouth_targets(said("S", "T", "UW", each=0.14), num_frames=60)
    pucker = mouth[:, MOUTH.index("AU18")]
    assert pucker[16] > 0.15  # 40 ms before the vowel begins at 0.68 s
    assert np.abs(mouth[-15:]).max() < 0.02
    assert np.abs(mouth[:6]).max() < 0.02


def test_the_tongue_leaves_the_lips_to_their_neighbours():
    with_round = mouth_targets(said("UW", "L", "UW"), num_frames=40)
    with_spread = mouth_targets(said("IY", "L", "IY"), num_frames=40)
    column = MOUTH.index("AU18")
    assert with_round[14, column] > 0.5 > 0.05 > with_spread[14, column]


def test_loud_speech_opens_more():
    spans = said("AA", "D", "AA")
    soft, loud = (mouth_targets(spans, num_frames=40, effort=jaw_effort(np.full(40, decibels)))
                  for decibels in (-20.0, 0.0))  # fmt: skip
    assert loud[:, 1].max() > 1.2 * soft[:, 1].max()


def test_time_is_kept():
    early, late = gap(said("AA", "B", "AA")), gap(said("AA", "B", "AA", start=0.6))
    assert np.allclose(early[:-5], late[5:], atol=1e-6)
