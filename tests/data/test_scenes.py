from collections import Counter

import numpy as np
import pytest

from emogen.data.places import PAINTERS, WORLD
from emogen.data.scenes import CAMERAS, PLACES, WEATHERS, Scene
from emogen.errors import InputError


def test_every_place_has_a_painter():
    assert set(PLACES) == set(PAINTERS)


@pytest.mark.parametrize("place", list(PLACES))
def test_a_place_is_one_wide_picture_that_follows_its_seed(place):
    pictures = [Scene(place=place, seed=seed).picture(64) for seed in (1, 1, 2)]
    assert pictures[0].shape == (64 * WORLD, 64 * WORLD, 3)
    assert np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[0], pictures[2])


@pytest.mark.parametrize("camera", list(CAMERAS))
def test_views_stay_inside_the_picture(camera):
    views = Scene(place="beach", camera=camera).views(9, 64)
    assert views.shape == (9, 64, 64, 3)
    assert (views.reshape(9, -1, 3).max(axis=2) > 0).all(), "no black border"
    moved = not np.array_equal(views[0], views[-1])
    assert moved == (camera != "static")


def test_zooming_out_is_zooming_in_backwards():
    inwards, outwards = (
        Scene(camera=f"zoom {way}", place="city").views(9, 64) for way in ("in", "out")
    )
    assert np.array_equal(inwards, outwards[::-1])


def test_samples_are_mostly_plain_and_static():
    rng = np.random.default_rng(0)
    scenes = [Scene.sample(rng) for _ in range(2000)]
    places = Counter(scene.place for scene in scenes)
    assert 0.41 < places["plain"] / 2000 < 0.49
    assert set(places) == set(PLACES)
    assert {scene.weather for scene in scenes} == set(WEATHERS)
    assert all(scene.weather == "none" for scene in scenes if scene.place in ("room", "plain"))


def test_phrase_names_place_weather_and_camera():
    scene = Scene(place="forest", weather="rain", camera="zoom in")
    assert scene.phrase == "in a forest, in the rain, camera slowly zooms in"
    assert Scene().phrase == "on a plain background"


def test_unknown_place_is_refused_with_a_hint():
    with pytest.raises(InputError, match="did you mean 'forest'"):
        Scene(place="forrest")
