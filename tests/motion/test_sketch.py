"""Sketches: lines lie on the pixels that the rig paints, in any pose, drawn or photographed."""

from dataclasses import replace

import numpy as np
import pytest

from emogen.motion import schema
from emogen.motion.close_up import close_up
from emogen.motion.rig import PhotoPortrait, VectorPortrait, draw
from emogen.motion.rig.cast import PALETTES, PEOPLE
from emogen.motion.rig.person import Person
from emogen.motion.rig.pose import shown
from emogen.motion.sketch import sketch, sketcher
from emogen.motion.strangers import Stranger
from emogen.motion.track import MotionTrack
from tests.motion.rig.faces import painted, row

POSES = (
    row(), row(AU26=0.7, AU25=0.5), row(AU12=0.9, head_yaw=15, head_roll=8),
    row(AU18=0.8, AU26=0.4, head_pitch=-12, head_scale=0.1),
)  # fmt: skip


def lips_of(picture):
    """Return where a sketch shows lips."""
    red, green = (picture[..., i].astype(int) for i in (0, 1))
    return (red > 150) & (red > 2.5 * green)


def overlap(one, other):
    return (one & other).sum() / (one | other).sum()


@pytest.mark.parametrize("pose", POSES)
def test_lips_lie_where_the_rig_paints_them(pose):
    """Two portraits that differ in the colour of their lips differ where the sketch has lips."""
    style = PEOPLE["woman"](PALETTES["rose"])
    other = replace(style, mouth=replace(style.mouth, upper=(0, 255, 0), lower=(0, 255, 0)))
    wall = np.full((256, 256, 3), 128, np.uint8)
    moods = dict.fromkeys(("sadness", "fear", "anger", "disgust", "amusement", "awe",
                           "contentment", "excitement", "neutral"), 0.0)  # fmt: skip
    pictures = [Person(one).paint(wall, shown(pose), moods).astype(int) for one in (style, other)]
    painted_lips = np.abs(pictures[0] - pictures[1]).max(axis=-1) > 60
    drawn = sketcher(VectorPortrait(character="woman", size=(256, 256))).frame(pose)
    assert overlap(painted_lips, lips_of(drawn)) > 0.7


def test_the_sketch_is_the_same_for_everybody_but_moves_with_the_face():
    looks = [sketcher(VectorPortrait(character="woman", palette=name)).frame(POSES[1])
             for name in ("rose", "dusk")]  # fmt: skip
    assert (looks[0] == looks[1]).all()
    still, turned = (sketcher(VectorPortrait(character="man")).frame(POSES[i]) for i in (0, 2))
    assert np.abs(still.astype(int) - turned).mean() > 1


def test_a_photograph_is_sketched_like_the_drawing_it_shows():
    """A drawn face taken as a photograph: at rest and speaking both sketches agree."""
    image, landmarks = painted()
    portrait = PhotoPortrait(image=image, landmarks=landmarks, size=(256, 256))
    same = VectorPortrait(character="woman", size=(512, 512))
    left, top, span = _cut_of(portrait, landmarks)
    for pose, least in ((row(), 0.45), (row(AU26=0.6, AU25=0.5), 0.45)):
        drawn = lips_of(sketcher(same).frame(pose))
        rows = np.clip((top + (np.arange(256) + 0.5) * span / 256).astype(int), 0, 511)
        columns = np.clip((left + (np.arange(256) + 0.5) * span / 256).astype(int), 0, 511)
        photo = lips_of(sketcher(portrait).frame(pose))
        assert overlap(drawn[rows][:, columns], photo) > least


def _cut_of(portrait, landmarks):
    """Return left, top and width of the part of the picture that a photo portrait shows."""
    chin, forehead = landmarks.at("chin"), landmarks.at("forehead")
    moved = portrait.face.at("chin"), portrait.face.at("forehead")
    scale = np.linalg.norm(moved[0] - moved[1]) / np.linalg.norm(chin - forehead)
    left, top = chin - moved[0] / scale
    return left, top, 256 / scale


def test_a_photographed_head_takes_its_sketch_along():
    image, landmarks = painted()
    lines = sketcher(PhotoPortrait(image=image, landmarks=landmarks, size=(128, 128)))
    columns = [np.flatnonzero(lips_of(lines.frame(row(head_x=x))).any(axis=0)).mean()
               for x in (-0.05, 0.0, 0.05)]  # fmt: skip
    assert columns[0] < columns[1] - 1 < columns[2] - 2


def test_shut_eyes_show_no_white():
    lines = sketcher(VectorPortrait(character="man", size=(128, 128)))
    white = [(lines.frame(row(AU45=shut)).min(axis=-1) > 200).sum() for shut in (0, 1)]
    assert white[0] > 10 * max(white[1], 1)


@pytest.mark.parametrize("portrait", [VectorPortrait(character="fox"), Stranger(seed=4)])
def test_close_ups_of_portrait_and_sketch_stay_aligned(portrait):
    face = close_up(portrait, size=(64, 64), zoom=1.5, shift=(0.05, -0.02))
    track = MotionTrack(values=np.stack(POSES))
    frames = list(draw(face, track, limit_mood=False, threads=1))
    sketches = list(sketch(face, track, limit_mood=False))
    whole = sketcher(face.portrait).frame(POSES[2])
    assert frames[0].shape == sketches[0].shape == (64, 64, 3)
    assert (sketches[2] == whole[face.top : face.top + 64, face.left : face.left + 64]).all()


def test_every_frame_of_a_track_is_sketched():
    track = MotionTrack(values=schema.rest(5))
    frames = list(sketch(VectorPortrait(character="robot"), track, (96, 64)))
    assert [frame.shape for frame in frames] == [(64, 96, 3)] * 5
