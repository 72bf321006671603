import numpy as np
import pytest

from emogen.motion.rig import PhotoPortrait
from emogen.motion.rig.pose import pose
from emogen.motion.rig.warp import softened
from tests.motion.rig.faces import MARKED, change, painted, portrait, region, row

FACES = ["painted", *(pytest.param(name, marks=pytest.mark.corpus) for name in MARKED)]
LIPS = ("mouth_right", "mouth_left", "lip_top", "lip_bottom")
EYE = ("eye_{}_outer", "eye_{}_inner", "eye_{}_top", "eye_{}_bottom")


def opening(face, **channels):
    """Return how many pixels the inside of the mouth takes."""
    warp = face._warp
    shape = warp.mouth.shape(pose(row(**channels)))
    height = (shape.lower_inner - shape.upper_inner)[:, 1] * warp.mouth.unit
    return float(height.max())


@pytest.mark.parametrize("name", FACES)
def test_at_rest_it_is_the_photograph(name) -> None:
    face = portrait(name)
    rest = face.frame(row())
    assert change(rest, face.photograph) < 0.5
    above = slice(0, int(face.face.at("nose_tip")[1]))
    assert change(rest[above], face.photograph[above]) < 0.01


@pytest.mark.parametrize("name", FACES)
def test_the_mouth_opens_with_the_jaw(name) -> None:
    face = portrait(name)
    area = region(face, LIPS, margin=0.16)
    shut = face.frame(row(closure=1.0))
    steps = [change(face.frame(row(AU26=jaw))[area], shut[area]) for jaw in np.linspace(0, 1, 6)]
    assert (np.diff(steps) > 0).all()


@pytest.mark.parametrize("name", FACES)
def test_closure_shuts_the_lips_whatever_is_asked(name) -> None:
    face = portrait(name)
    shut = face.frame(row(closure=1.0))
    asked = face.frame(row(closure=1.0, AU25=1.0, AU26=1.0))
    assert change(asked, shut) < 1.5  # the jaw channel still draws the corners in a little


@pytest.mark.parametrize("name", FACES)
def test_a_blink_shuts_one_eye_with_skin(name) -> None:
    face = portrait(name)
    rest, shut = face.frame(row()), face.frame(row(AU45_right=1.0))
    right = region(face, [one.format("right") for one in EYE], margin=0.0)
    left = region(face, [one.format("left") for one in EYE], margin=0.0)
    assert change(shut[left], rest[left]) == 0
    assert change(shut[right], rest[right]) > 5
    lid = face._warp.eyes[0].skin
    middle = np.array(face.face.at("eye_right_top") * 0.6 + face.face.at("eye_right_bottom") * 0.4)
    x, y = middle.round().astype(int)
    patch = shut[y - 1 : y + 2, x - 2 : x + 3].reshape(-1, 3).mean(axis=0)
    assert np.abs(patch - lid).mean() < 0.6 * np.abs(rest[y, x] - lid).mean()


@pytest.mark.parametrize("name", FACES)
def test_sides_are_the_persons_own(name) -> None:
    face = portrait(name)
    rest, smile = face.frame(row()), face.frame(row(AU12_left=1.0))
    middle = int(face.face.at("nose_tip")[0])
    moved = np.abs(smile.astype(int) - rest)
    assert moved[:, middle:].sum() > 2 * moved[:, :middle].sum()


@pytest.mark.parametrize("name", FACES)
def test_brows_rise_and_sink(name) -> None:
    face = portrait(name)
    warp = face._warp
    inner = 2  # the right brow's inner end among the moving landmarks
    raised = warp.face_field.moves(pose(row(AU1=1.0)))[inner, 1]
    sunk = warp.face_field.moves(pose(row(AU4=1.0)))[inner, 1]
    assert raised < 0 < sunk
    rest = face.frame(row())
    area = region(face, ("brow_right_outer", "brow_left_outer"), margin=0.05)
    assert change(face.frame(row(AU1=1.0, AU2=1.0))[area], rest[area]) > 1.5


@pytest.mark.parametrize("name", FACES)
def test_the_head_turns_and_the_border_and_shoulders_stay(name) -> None:
    face = portrait(name)
    rest = face.frame(row())
    turned = face.frame(row(head_yaw=30, head_roll=15, head_pitch=15, head_x=0.2, head_scale=0.2))
    area = region(face, ("nose_right", "nose_left", "nose_tip"))
    assert change(turned[area], rest[area]) > 3
    for edge in (np.s_[:1], np.s_[-1:], np.s_[:, :1], np.s_[:, -1:]):
        assert change(turned[edge], rest[edge]) < 1
    low = int(face.face.at("chin")[1] + 0.45 * face.face.face_height)
    if low < len(rest) - 4:
        assert change(turned[low:], rest[low:]) < 0.5


@pytest.mark.parametrize("name", FACES)
def test_nothing_folds_over(name) -> None:
    """The colours of a pixel's neighbours come from places in the same order."""
    warp = portrait(name)._warp
    grid = warp.head_field.grid
    for channels in (
        {"head_yaw": 45, "head_pitch": 30, "head_roll": 30, "head_x": 1, "head_scale": 0.5},
        {"AU1": 1, "AU2": 1, "AU12": 1, "AU26": 1}, {"AU4": 1, "AU15": 1, "AU9": 1, "AU17": 1},
        {"AU18": 1, "AU22": 1, "AU6": 1, "AU20": 1},
    ):  # fmt: skip
        for field in (warp.head_field, warp.face_field):
            where = grid - field.displacement(softened(pose(row(**channels))))
            assert (np.diff(where[..., 0], axis=1) > 0).all()
            assert (np.diff(where[..., 1], axis=0) > 0).all()


def test_gaze_moves_the_iris_and_nothing_else() -> None:
    face = portrait()
    rest, look = face.frame(row()), face.frame(row(gaze_x=1.0))
    moved = np.abs(look.astype(int) - rest).sum(axis=-1) > 0
    right = region(face, [one.format("right") for one in EYE], margin=0.02)
    left = region(face, [one.format("left") for one in EYE], margin=0.02)
    assert moved[right].any()
    assert moved[left].any()
    moved[right] = moved[left] = False
    assert not moved.any()


def test_other_sizes_and_shapes() -> None:
    image, landmarks = painted()
    for size in ((256, 144), (144, 256), (512, 512)):
        frame = PhotoPortrait(image=image, landmarks=landmarks, size=size).frame(row(AU26=0.5))
        assert frame.shape == (size[1], size[0], 3)


def test_the_opening_is_the_schemas() -> None:
    face = portrait()
    unit = face._warp.mouth.unit * face._warp.mouth.fullness.opening
    assert opening(face, AU26=0.5) == pytest.approx(0.5 * unit)
    assert opening(face, AU25=1.0) == pytest.approx(0.35 * unit)
    assert opening(face, AU26=1.0, closure=0.5) == pytest.approx(0.5 * unit)
