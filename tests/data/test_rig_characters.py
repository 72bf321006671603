"""Characters: sampled by chance or by name, captioned and drawn."""

import numpy as np
import pytest

from emogen.data.canvas import Canvas
from emogen.data.rig.accessories import ACCESSORIES
from emogen.data.rig.casting import DEFAULT_COLOURS
from emogen.data.rig.characters import (
    COLOURS,
    FAMILIES,
    KINDS,
    Character,
    Pose,
    draw_character,
    pose_matrix,
)
from emogen.data.rig.face import expression
from emogen.errors import InputError

REST = Pose()
BACKGROUND = (20, 200, 250)


def some(kind=None, colour=None, accessory="", seed=0):
    return Character.sample(np.random.default_rng(seed), kind, colour, accessory)


def emotion(index, intensity=1.0):
    vector = np.zeros(12)
    vector[index] = vector[11] = intensity
    return expression(vector)


def drawn(character, units, pose=REST, t=0.0, size=64):
    canvas = Canvas(np.full((size, size, 3), BACKGROUND, np.uint8))
    draw_character(canvas, character, units, pose, t)
    return canvas.array().astype(int)


def covered(picture):
    return np.abs(picture - BACKGROUND).sum(axis=2) > 24


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_shows_every_emotion(kind):
    character = some(kind)
    neutral = drawn(character, expression(np.zeros(12)))
    pictures = [drawn(character, emotion(i)) for i in range(8)]
    for picture in pictures:
        assert np.abs(picture - neutral).mean() > 0.4
    for i, a in enumerate(pictures):
        for b in pictures[i + 1 :]:
            assert np.abs(a - b).mean() > 0.3


@pytest.mark.parametrize("kind", KINDS)
def test_the_subject_is_centred_and_of_the_right_height(kind):
    mask = covered(drawn(some(kind), expression(np.zeros(12)), size=128))
    columns = np.flatnonzero(mask.any(axis=0))
    assert abs((columns[0] + columns[-1]) / 2 - 63.5) < 9
    if FAMILIES[kind] != "portrait" and kind not in ("wizard", "vampire"):
        assert 0.48 < np.flatnonzero(mask.any(axis=1)).size / 128 < 0.75


@pytest.mark.parametrize("accessory", ACCESSORIES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_accessory_can_be_seen(kind, accessory):
    rest = expression(np.zeros(12))
    worn, bare = some(kind, accessory=accessory), some(kind)
    assert worn.accessory == accessory
    assert (drawn(worn, rest) != drawn(bare, rest)).any(axis=2).mean() > 0.004
    assert accessory in worn.phrase


@pytest.mark.parametrize("kind", KINDS)
def test_the_colour_that_is_named_is_seen(kind):
    rest = expression(np.zeros(12))
    for colour in ("red", "green", "blue"):
        character = some(kind, colour)
        near = np.abs(drawn(character, rest) - COLOURS[colour]).max(axis=2) < 12
        assert near.mean() > 0.02
        assert colour in character.phrase
        assert kind in character.phrase


def test_sampling_is_deterministic():
    for seed in range(40):
        one = Character.sample(np.random.default_rng(seed))
        two = Character.sample(np.random.default_rng(seed))
        assert one == two
        units = emotion(seed % 8)
        assert (drawn(one, units, t=0.3) == drawn(two, units, t=0.3)).all()


def test_sampling_keeps_what_is_named():
    character = some("robot", "red", "glasses")
    assert character.phrase == "a red robot with glasses"
    assert character.attributes == {
        "kind": "robot", "family": "fantasy", "colour": "red", "accessory": "glasses",
    }  # fmt: skip


def test_sampling_reaches_everything():
    rng = np.random.default_rng(0)
    cast = [Character.sample(rng) for _ in range(1500)]
    assert {c.kind for c in cast} == set(KINDS)
    assert {c.colour for c in cast} == set(COLOURS)
    assert {c.accessory for c in cast} == {None, *ACCESSORIES}


@pytest.mark.parametrize(
    ("character", "phrase"),
    [
        (Character(kind="woman", colour="red", hair_name="black", hair_style="curly",
                   accessory="hat"), "a woman in red with curly black hair and a hat"),
        (Character(kind="cat", colour="grey", accessory="bow tie"), "a grey cat with a bow tie"),
        (Character(kind="owl", colour="orange"), "an orange owl"),
        (Character(kind="panda", colour="black"), "a black and white panda"),
        (Character(kind="wizard", colour="blue"), "a wizard in blue"),
        (Character(kind="grandfather", colour="brown", hair_style="bald", hair_name="grey"),
         "a grandfather in brown with a bald head"),
    ],
)  # fmt: skip
def test_phrases_read_well(character, phrase):
    assert character.phrase == phrase


def test_unknown_names_are_refused_with_a_hint():
    with pytest.raises(InputError, match="did you mean 'robot'"):
        some("robott")
    with pytest.raises(InputError, match="unknown colour"):
        Character(kind="cat", colour="mauve")
    with pytest.raises(InputError, match="unknown accessory"):
        Character(kind="cat", colour="red", accessory="sword")


def test_tables_name_real_kinds_and_colours():
    assert set(DEFAULT_COLOURS) <= set(KINDS)
    assert all(colour in COLOURS for row in DEFAULT_COLOURS.values() for colour in row)
    assert set(FAMILIES.values()) == {"portrait", "animal", "fantasy", "object"}


def test_squash_keeps_the_area():
    rest = expression(np.zeros(12))
    heart = some("heart")
    area = [
        covered(drawn(heart, rest, Pose(squash=squash), size=128)).sum()
        for squash in (0.8, 1.0, 1.25)
    ]
    assert max(area) / min(area) < 1.05


def test_pose_moves_and_scales():
    centre = pose_matrix(Pose(x=0.1, y=-0.2, shake_x=0.05)) @ [0, 0, 1]
    np.testing.assert_allclose(centre[:2], [0.65, 0.3])
    one, two = pose_matrix(Pose()), pose_matrix(Pose(scale=2.0))
    assert np.linalg.det(two) == pytest.approx(4 * np.linalg.det(one))


@pytest.mark.parametrize("kind", ["cat", "rabbit", "robot", "woman", "penguin", "cactus", "ghost"])
def test_arms_follow_the_pose(kind):
    rest = expression(np.zeros(12))
    down, up = (drawn(some(kind), rest, Pose(arm_raise=a)) for a in (-1.0, 1.0))
    assert np.abs(down - up).mean() > 0.5


def test_a_picture_is_the_same_at_every_size():
    units = emotion(3)
    small = drawn(some("fox"), units, size=128)
    large = drawn(some("fox"), units, size=512).reshape(128, 4, 128, 4, 3).mean(axis=(1, 3))
    assert np.abs(small - large).mean() < 3
