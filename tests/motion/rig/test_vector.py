import numpy as np
import pytest

from emogen.emotion import CATEGORIES, MIKELS, EmotionPoint
from emogen.errors import InputError
from emogen.motion.expression import expression
from emogen.motion.rig import CHARACTERS, PALETTES, VectorPortrait
from emogen.motion.rig.cast import PEOPLE
from tests.motion.rig.faces import change, row

SIZE = (160, 160)


def portrait(character, **fields):
    return VectorPortrait(character=character, **{"size": SIZE, **fields})


def mouth_colours(character, **channels):
    """Return how many pixels of the mouth's region differ from the shut mouth's."""
    face = portrait(character)
    shut = face.frame(row(closure=1.0)).astype(int)[90:145, 50:110]
    frame = face.frame(row(**channels)).astype(int)[90:145, 50:110]
    return int((np.abs(frame - shut).max(axis=-1) > 60).sum())


@pytest.mark.parametrize("character", CHARACTERS)
def test_everybody_fills_any_size(character) -> None:
    for size in ((64, 64), (200, 120), (90, 160)):
        frame = portrait(character, size=size).frame(row())
        assert frame.shape == (size[1], size[0], 3)
        assert frame.dtype == np.uint8
        assert frame.std() > 20


@pytest.mark.parametrize("character", CHARACTERS)
def test_drawing_repeats_itself(character) -> None:
    pose = row(AU12=0.5, AU26=0.4, head_yaw=10)
    assert np.array_equal(portrait(character).frame(pose), portrait(character).frame(pose))


def test_characters_palettes_and_seeds_differ() -> None:
    faces = [portrait(name, palette="day").frame(row()) for name in CHARACTERS]
    assert min(change(a, b) for i, a in enumerate(faces) for b in faces[:i]) > 5
    walls = [portrait("man", palette=name).frame(row()) for name in PALETTES]
    assert min(change(a, b) for i, a in enumerate(walls) for b in walls[:i]) > 5
    assert change(portrait("man", seed=1).frame(row()), portrait("man", seed=2).frame(row())) > 0.5


@pytest.mark.parametrize("character", CHARACTERS)
def test_the_mouth_opens_with_the_jaw_and_closure_seals_it(character) -> None:
    opened = [mouth_colours(character, AU26=jaw) for jaw in (0.1, 0.4, 0.7, 1.0)]
    assert opened == sorted(opened)
    assert opened[-1] > opened[0] + 20
    assert mouth_colours(character, AU26=1.0, AU25=1.0, closure=1.0) == 0


@pytest.mark.parametrize("character", PEOPLE)
def test_a_blink_hides_the_white_of_its_own_eye(character) -> None:
    face = portrait(character)

    def whites(frame):
        bright = (frame[65:90] > 215).all(axis=-1)
        return bright[:, 30:80].sum(), bright[:, 80:130].sum()

    right, left = whites(face.frame(row()))
    shut_right, open_left = whites(face.frame(row(AU45_right=1.0)))
    assert shut_right < right
    assert open_left == left


@pytest.mark.parametrize("character", CHARACTERS)
def test_sides_are_the_persons_own(character) -> None:
    face = portrait(character)
    still = face.frame(row())
    for unit in ("AU45", "AU12"):
        smile = np.abs(face.frame(row(**{f"{unit}_left": 1.0})).astype(int) - still)
        assert smile[:, 80:].sum() > 2 * smile[:, :80].sum()


@pytest.mark.parametrize("character", CHARACTERS)
def test_the_head_goes_where_it_is_told(character) -> None:
    face, wall = portrait(character), portrait(character)._wall.astype(int)

    def centre(**channels):
        mask = (np.abs(face.frame(row(**channels)).astype(int) - wall).max(axis=-1) > 40)[:110]
        return np.argwhere(mask).mean(axis=0)

    middle = centre()
    assert centre(head_x=0.1)[1] > middle[1] + 2
    assert centre(head_roll=20)[1] > middle[1] + 1
    assert abs(centre(head_yaw=30)[1] + centre(head_yaw=-30)[1] - 2 * middle[1]) < 3


@pytest.mark.parametrize("character", CHARACTERS)
def test_each_emotion_looks_like_itself(character) -> None:
    face = portrait(character)
    neutral = face.frame(row())
    frames = []
    for index, name in enumerate(MIKELS):
        vectors = np.stack([EmotionPoint.from_category(name, w).vector() for w in (0.4, 1.0)])
        faint, full = (
            face.frame(values, np.eye(len(CATEGORIES))[index] * weight)
            for values, weight in zip(expression(vectors), (0.4, 1.0), strict=True)
        )
        assert 0.15 < change(faint, neutral) < change(full, neutral)
        frames.append(full)
    assert min(change(a, b) for i, a in enumerate(frames) for b in frames[:i]) > 0.4


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"character": "womn"}, "did you mean 'woman'"),
        ({"character": "fox", "palette": "dsk"}, "did you mean 'dusk'"),
        ({"character": "fox", "size": (10, 10)}, "64 to 4096"),
    ],
)
def test_slips_are_named(fields, message) -> None:
    with pytest.raises(InputError, match=message):
        VectorPortrait(**fields)
