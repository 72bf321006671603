from collections import Counter

import numpy as np
import pytest

from emogen.data.example import Example
from emogen.data.rig.characters import KINDS
from emogen.data.rig.face import ACTION_UNITS
from emogen.data.scenes import Scene
from emogen.data.synthetic import (
    HELD_OUT,
    emotion_vector,
    held_out,
    render_example,
    sample_emotion,
    split,
)
from emogen.emotion.anchors import MIKELS_VAD
from emogen.emotion.labels import MIKELS
from emogen.errors import CorpusError, InputError


def test_an_example_is_complete():
    example = render_example(3)
    assert example.frames.shape == (33, 128, 128, 3)
    assert example.frames.dtype == np.uint8
    assert example.vectors.shape == (33, 12)
    assert example.aus.shape == (33, len(ACTION_UNITS))
    assert example.subject in KINDS
    assert example.source == "rig"
    wanted = {"hue", "colourfulness", "brightness", "kind", "place", "weather", "camera"}
    assert wanted <= set(example.attributes)


def test_the_seed_decides_everything():
    first, again, other = (render_example(seed, num_frames=9, size=64) for seed in (7, 7, 8))
    assert np.array_equal(first.frames, again.frames)
    assert (first.caption, first.emotion_phrase) == (again.caption, again.emotion_phrase)
    assert not np.array_equal(first.frames, other.frames)


def test_what_is_given_is_kept_and_leaves_the_rest():
    vectors = np.tile(emotion_vector({"awe": 0.8}), (9, 1))
    scene = Scene(place="city")
    given = render_example(
        5, kind="cat", scene=scene, emotion_vectors=vectors, num_frames=9, size=64
    )
    assert given.subject == "cat"
    assert given.attributes["place"] == "city"
    assert np.array_equal(given.vectors, vectors)


def test_held_out_pairs_are_of_known_kinds_and_categories():
    assert {kind for kind, _ in HELD_OUT} <= set(KINDS)
    assert {category for _, category in HELD_OUT} <= set(MIKELS)


@pytest.mark.parametrize(("kind", "category"), sorted(HELD_OUT))
def test_held_out_pairs_are_never_drawn(kind, category):
    rng = np.random.default_rng(0)
    column = MIKELS.index(category)
    drawn = [sample_emotion(rng, 9, exclude=held_out(kind)) for _ in range(300)]
    assert max(vectors[:, column].max() for vectors in drawn) == 0


def test_emotions_follow_the_mix():
    rng = np.random.default_rng(0)
    kinds = Counter()
    for _ in range(2000):
        vectors = sample_emotion(rng, 17)
        used = (vectors[:, :8] > 0).any(axis=0).sum()
        if np.ptp(vectors, axis=0).max() > 0:
            kinds["curve"] += 1
        else:
            kinds[("neutral", "single", "mixture")[used]] += 1
    share = {name: count / 2000 for name, count in kinds.items()}
    expected = {"neutral": 0.15, "single": 0.45, "mixture": 0.15, "curve": 0.25}
    assert share == pytest.approx(expected, abs=0.04)


def test_vectors_are_consistent():
    rng = np.random.default_rng(1)
    for _ in range(200):
        vectors = sample_emotion(rng, 17)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(vectors[:, :8].sum(axis=1), vectors[:, 11], atol=1e-5)
        np.testing.assert_allclose(vectors[:, 8:11], vectors[:, :8] @ MIKELS_VAD, atol=1e-5)
        assert vectors[:, 11].max() <= 1 + 1e-6
        assert np.abs(np.diff(vectors, axis=0)).max() < 0.35


def test_split_is_stable_and_near_its_shares():
    shares = Counter(split(f"identity {number}") for number in range(4000))
    assert shares["train"] / 4000 == pytest.approx(0.90, abs=0.02)
    assert shares["val"] / 4000 == pytest.approx(0.05, abs=0.015)
    assert split("rig a red robot") == split("rig a red robot")


def test_blinks_and_gaze_reach_the_face():
    example = render_example(0, emotion_vectors=np.zeros((161, 12)), num_frames=161, size=32)
    assert example.aus[:, ACTION_UNITS.index("AU45")].max() > 0.6
    assert np.ptp(example.aus[:, ACTION_UNITS.index("gaze_x")]) > 0.05


def test_neighbouring_frames_differ_little():
    steps = [
        np.abs(
            np.diff(render_example(seed, num_frames=17, size=64).frames.astype(int), axis=0)
        ).mean()
        for seed in range(12)
    ]
    assert np.mean(steps) < 12


def test_other_frame_counts_are_refused():
    with pytest.raises(InputError, match=r"expected 4k\+1 frames, got 32; use 33"):
        render_example(0, num_frames=32)


def test_vectors_of_another_length_are_refused():
    with pytest.raises(InputError, match="one vector a frame"):
        render_example(0, emotion_vectors=np.zeros((9, 12)))


def test_an_example_checks_its_shapes():
    with pytest.raises(CorpusError, match=r"expected uint8 frames \[4k\+1"):
        Example(
            frames=np.zeros((4, 8, 8, 3), np.uint8),
            fps=16.0,
            caption="a cat",
            emotion_phrase="",
            subject="cat",
            vectors=np.zeros((4, 12), np.float32),
            identity="cat",
            seed=0,
            source="rig",
        )
