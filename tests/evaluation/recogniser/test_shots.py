"""Rendered shots in which face, staging and body are told apart."""

import numpy as np
import pytest

from emogen.data.noto import NotoCorpus
from emogen.data.synthetic import emotion_vector
from emogen.evaluation.recogniser.shots import (
    CONDITIONS,
    FIRST_SEED,
    Feelings,
    blended,
    category_shares,
    empty_shot,
    noto_cutout,
    noto_shot,
    on_ground,
    rig_shot,
    sample_feelings,
)

SEED = FIRST_SEED + (1 << 49)
NOTHING = np.zeros((3, 12), np.float32)
FEAR = np.tile(emotion_vector({"fear": 0.9}), (3, 1))


def shot(face, staging, seed=SEED, **options):
    return rig_shot(seed, Feelings(face=face, staging=staging, body=NOTHING), **options)


def test_a_face_alone_changes_the_picture_only_where_its_box_is():
    plain, felt = shot(NOTHING, NOTHING), shot(FEAR, NOTHING)
    changed = np.abs(plain.frames.astype(int) - felt.frames).max((0, 3)) > 40
    rows, columns = np.nonzero(changed)
    x, y, half = felt.boxes[0] * 128
    assert changed.sum() > 50
    assert x - half < np.median(columns) < x + half
    assert y - half < np.median(rows) < y + half
    outside = changed.copy()
    outside[int(y - half) : int(y + half) + 1, int(x - half) : int(x + half) + 1] = False
    assert outside.sum() < 0.1 * changed.sum()


def test_staging_alone_leaves_the_action_units_at_rest():
    staged = shot(NOTHING, FEAR)
    assert staged.vectors == pytest.approx(FEAR)
    assert staged.units[:, :10] == pytest.approx(0)
    corners = (slice(None), slice(0, 12), slice(0, 12))
    assert staged.frames[corners].mean() < shot(NOTHING, NOTHING).frames[corners].mean() - 40


def test_the_same_arguments_give_the_same_bytes():
    assert np.array_equal(shot(FEAR, FEAR).frames, shot(FEAR, FEAR).frames)
    assert not np.array_equal(shot(FEAR, FEAR).frames, shot(FEAR, FEAR, SEED + 1).frames)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_conditions_say_who_may_express_something(condition):
    rng = np.random.default_rng(0)
    drawn = [sample_feelings(rng, 5, condition=condition, moments=True) for _ in range(20)]
    face = max(f.face.max() for f in drawn)
    staging = max(f.staging.max() for f in drawn)
    assert (face > 0) == (condition != "staging")
    assert (staging > 0) == (condition != "face")
    if condition == "both":
        assert all(np.array_equal(f.face, f.staging) for f in drawn)


def test_a_mixture_of_equals_lies_in_the_middle():
    anger = np.tile(emotion_vector({"anger": 0.9}), (3, 1))
    mixed = blended(FEAR, anger)
    assert mixed == pytest.approx((FEAR + anger) / 2)
    assert category_shares(mixed).sum(1) == pytest.approx(1)
    assert category_shares(NOTHING)[:, 8] == pytest.approx(1)


def test_a_cutout_shows_the_ground_around_the_character():
    cut = shot(FEAR, NOTHING, cutout=True)
    assert cut.frames.shape == (3, 128, 128, 4)
    green = on_ground(cut.frames, (0, 255, 0))
    assert green[0, 0, 0].tolist() == [0, 255, 0]
    x, y, _ = (cut.boxes[0] * 128).astype(int)
    assert green[0, y, x].tolist() != [0, 255, 0]


def test_nobody_is_in_an_empty_scene():
    empty = empty_shot(SEED, FEAR)
    assert np.isnan(empty.boxes).all()
    assert not empty.face.any()


@pytest.mark.corpus
def test_animations_keep_their_own_emotion_whatever_the_staging():
    noto = NotoCorpus()
    item = noto["1f621"]
    staged = noto_shot(noto, item, SEED, Feelings(face=FEAR, staging=FEAR, body=NOTHING))
    alone = noto_cutout(noto, item, num_frames=3)
    assert staged.face == pytest.approx(alone.face)
    assert staged.face[0, :8].argmax() == 4
    assert np.isnan(staged.units).all()
    assert staged.boxes[0, 2] < alone.boxes[0, 2]
