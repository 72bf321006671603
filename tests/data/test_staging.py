import numpy as np
import pytest

from emogen.data.attributes import colour_attributes
from emogen.data.motion import body_motion
from emogen.data.scenes import Scene
from emogen.data.staging import picture_subject, stage_pictures, stage_subject
from emogen.data.synthetic import emotion_vector
from emogen.emotion.labels import MIKELS
from emogen.errors import MediaError


def draw_ball(canvas, pose, t):
    canvas.ellipse((0.5 + pose.x, 0.5 + pose.y), 0.25 * pose.scale, (90, 170, 160))


def staged(weights, *, scene=Scene(place="meadow"), frames=9, size=64):  # noqa: B008
    vectors = np.tile(emotion_vector(weights), (frames, 1))
    rng = np.random.default_rng(1)
    motion = body_motion(vectors, rng)
    return stage_subject(draw_ball, vectors, scene, motion, rng=rng, size=size).astype(int)


def test_neutral_leaves_the_scene_as_it_is():
    scene = Scene(place="forest", seed=4)
    corner = staged({}, scene=scene)[:, :20, :12]
    assert (corner == scene.views(9, 64)[:, :20, :12]).all()


def test_the_eight_differ_without_a_face():
    pictures = {name: staged({name: 1.0}) for name in MIKELS}
    means = np.array([clip.mean(axis=(0, 1, 2)) for clip in pictures.values()])
    gaps = np.linalg.norm(means[:, None] - means, axis=2) + 1e9 * np.eye(8)
    assert gaps.min() > 15, "mean colours of 255"


@pytest.mark.parametrize("category", MIKELS)
def test_intensity_grows_continuously(category):
    neutral = staged({})
    steps = [np.abs(staged({category: w}) - neutral).mean() for w in (0.03, 0.3, 0.6, 1.0)]
    assert steps == sorted(steps)
    assert steps[0] < 0.2 * steps[-1]


def test_a_mixture_lies_between_its_parts():
    blue, gold = (staged({name: 1.0}).mean(axis=(0, 1, 2)) for name in ("sadness", "amusement"))
    both = staged({"sadness": 0.5, "amusement": 0.5}).mean(axis=(0, 1, 2))
    middle = (blue + gold) / 2
    assert np.abs(both - middle).max() < 0.35 * np.abs(blue - gold).max()


def test_a_curve_changes_over_time():
    ramp = np.linspace(0, 1, 17)[:, None]
    vectors = ramp * emotion_vector({"fear": 1.0})
    rng = np.random.default_rng(0)
    motion = body_motion(vectors, rng)
    clip = stage_subject(draw_ball, vectors, Scene(), motion, rng=rng, size=64)
    brightness = clip.mean(axis=(1, 2, 3))
    assert (np.diff(brightness) < 1.0).all()
    assert brightness[-1] < 0.5 * brightness[0]


def test_positive_emotions_are_brighter():
    bright = {
        name: colour_attributes(staged({name: 1.0}).astype(np.uint8))["brightness"]
        for name in MIKELS
    }
    positive = [bright[name] for name in ("amusement", "contentment", "excitement")]
    assert min(positive) > max(bright[n] for n in ("anger", "disgust", "fear", "sadness"))


def test_pictures_are_pasted_where_a_drawn_subject_stands():
    pictures = np.zeros((5, 48, 48, 4), np.uint8)
    pictures[:, 4:44, 4:44] = (255, 0, 0, 255)
    vectors = np.zeros((5, 12))
    clip = stage_pictures(pictures, vectors, Scene(), rng=np.random.default_rng(0), size=64)
    red = (clip[..., 0] > 200) & (clip[..., 1] < 40)
    rows, columns = np.where(red.all(axis=0))
    assert abs(columns.mean() / 64 - 0.5) < 0.02
    assert 0.75 < rows.max() / 64 < 0.92, "stands on the floor"
    assert red.mean() > 0.25


def test_transparent_pictures_leave_only_the_scene():
    pictures = np.zeros((1, 16, 16, 4), np.uint8)
    clip = stage_pictures(
        pictures,
        np.zeros((1, 12)),
        Scene(place="underwater"),
        rng=np.random.default_rng(0),
        size=64,
    )
    assert (clip == Scene(place="underwater").views(1, 64)).all()


def test_pictures_without_alpha_are_refused():
    with pytest.raises(MediaError, match="render them as RGBA"):
        picture_subject(np.zeros((1, 8, 8, 3), np.uint8))
