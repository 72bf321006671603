"""What the judge learns drawn heads on: nobody held out, boxes on faces, labels that are drawn."""

import sys
from pathlib import Path

import numpy as np
import pytest

from emogen.data.synthetic import emotion_vector
from emogen.emotion import MIKELS
from emogen.evaluation.recogniser.vision_networks import ACTION_UNITS
from emogen.motion import schema

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", autouse=True)
def recipes():
    sys.path.insert(0, str(ROOT / "training"))
    yield
    sys.path.remove(str(ROOT / "training"))


def felt(name, count=2, strength=0.9):
    return np.tile(emotion_vector({name: strength}), (count, 1)).astype(np.float32)


def test_the_same_seed_draws_the_same_and_another_does_not():
    from judge_heads import head_shot

    first, again, other = (head_shot(seed, felt("awe")) for seed in (5, 5, 6))
    assert np.array_equal(first.frames, again.frames)
    assert np.array_equal(first.units, again.units)
    assert not np.array_equal(first.frames, other.frames)


def test_nobody_held_out_is_drawn():
    from judge_head_styles import CAST, HELD_OUT, SHARES, painter, stranger

    rng = np.random.default_rng(0)
    names = [painter(rng)[1] for _ in range(120)]
    assert not set(names) & set(HELD_OUT)
    assert set(names) == {*CAST, *SHARES} - {"cast"}
    styles = [stranger(rng) for _ in range(200)]
    assert not any((s.hair, s.beard) == ("quiff", "trimmed") for s in styles)
    assert not any((s.hair, s.clothes) == ("waves", "sweater") for s in styles)


def test_a_clip_has_a_truth_in_every_row_and_a_face_in_every_box():
    from judge_heads import head_shot

    for seed in range(6):
        shot = head_shot(seed, felt("sadness", 9))
        assert shot.frames.shape == (9, 128, 128, 3)
        assert shot.units.shape == (9, len(ACTION_UNITS))
        assert not shot.staging.any()
        assert np.allclose(shot.vectors, felt("sadness", 9))
        middle, half = shot.boxes[:, :2], shot.boxes[:, 2]
        assert ((middle > 0.2) & (middle < 0.8)).all()
        assert ((half > 0.15) & (half < 0.6)).all()
        assert shot.identity.startswith("head ")


def test_a_box_frames_the_eyes_and_the_mouth():
    from judge_heads import head_shot

    for seed in range(4):
        still = np.zeros((2, 12), np.float32)
        calm, angry = (head_shot(seed, vectors) for vectors in (still, felt("anger")))
        changed = np.abs(calm.frames[0].astype(int) - angry.frames[0]).sum(-1) > 90
        rows, columns = np.nonzero(changed)
        x, y, half = angry.boxes[0] * 128
        inside = (abs(rows - y) < 1.35 * half) & (abs(columns - x) < 1.35 * half)
        assert inside.mean() > 0.6


@pytest.mark.parametrize("name", MIKELS)
def test_everybody_shows_a_category_by_a_published_pattern(name):
    from judge_heads import PATTERNS, manner

    rng = np.random.default_rng(1)
    tables = np.stack([manner(rng).table[MIKELS.index(name)] for _ in range(40)])
    known = {unit for pattern in PATTERNS[name] for unit in pattern.split()}
    shown = {
        schema.NAMES[column].split("_")[0].removeprefix("AU")
        for column in np.flatnonzero(tables.mean(0) > 0.3)
    }
    assert shown & known
    assert tables.std(0).max() > 0.1  # nobody like another


def test_speech_opens_and_shuts_the_mouth_whatever_is_felt():
    from judge_heads import Manner, manner, performed

    rng = np.random.default_rng(2)
    person = manner(rng)
    speaker = Manner(table=person.table, rest=person.rest, speaks=1.0, effort=1.0)
    gap = schema.lip_gap(performed(felt("anger", 100), speaker, rng))
    assert gap.max() > 0.3
    assert gap.min() < 0.05
    silent = Manner(table=person.table, rest=person.rest, speaks=None, effort=1.0)
    assert schema.lip_gap(performed(felt("anger", 100), silent, rng)).std() < 0.02
