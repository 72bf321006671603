import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emogen.motion import schema
from emogen.motion.rig.lips import OPENING, Fullness, corners, lips
from emogen.motion.rig.pose import pose
from tests.motion.rig.faces import row

MOUTHS = st.lists(st.floats(0, 1), min_size=schema.WIDTH, max_size=schema.WIDTH)


def drawn(values):
    return lips(pose(schema.clamp(np.array(values))), Fullness())


@given(MOUTHS)
def test_the_middle_is_open_by_the_gap_whatever_the_mood(values) -> None:
    shape = drawn(values)
    opening = (shape.lower_inner - shape.upper_inner)[16, 1]
    assert opening == pytest.approx(shape.gap * OPENING, abs=1e-6)
    assert shape.gap == pytest.approx(float(schema.lip_gap(np.array(values))), abs=1e-6)


@given(MOUTHS)
def test_closure_seals_the_whole_mouth(values) -> None:
    values[schema.index("closure")] = 1.0
    shape = drawn(values)
    assert np.allclose(shape.upper_inner, shape.lower_inner)


@given(MOUTHS)
def test_the_curves_never_cross(values) -> None:
    shape = drawn(values)
    heights = np.stack([shape.upper_outer, shape.upper_inner, shape.lower_inner,
                        shape.lower_outer])[..., 1]  # fmt: skip
    assert (np.diff(heights, axis=0) >= -1e-9).all()


def test_jaw_opens_monotonically() -> None:
    gaps = [np.ptp(drawn(row(AU26=jaw)).lower_inner[:, 1]) for jaw in np.linspace(0.05, 1, 12)]
    jaws = [drawn(row(AU26=jaw)).jaw for jaw in np.linspace(0, 1, 12)]
    assert (np.diff(gaps) > 0).all()
    assert (np.diff(jaws) > 0).all()


def test_the_persons_left_is_on_the_pictures_right() -> None:
    right, left = corners(pose(row(AU12_left=1.0)))
    assert left[1] < -0.3 < right[1] == 0
    assert left[0] > 1 == -right[0]


@pytest.mark.parametrize(("unit", "wider"), [("AU20", True), ("AU18", False), ("AU22", False)])
def test_stretch_and_pucker(unit, wider) -> None:
    right, left = corners(pose(row(**{unit: 1.0})))
    assert (left[0] - right[0] > 2) == wider


def test_thin_and_full_lips() -> None:
    def thickness(**units):
        shape = drawn(row(**units))
        return (shape.lower_outer - shape.lower_inner)[16, 1]

    assert thickness(AU24=1.0) < thickness(AU23=1.0) < thickness() < thickness(AU18=1.0)
    assert thickness(AU28=1.0) < 0.6 * thickness()
