"""Curves: interpolation, frame times and the latent alignment."""

import numpy as np
import pytest

from emogen.emotion.labels import MIKELS
from emogen.emotion.point import EmotionPoint
from emogen.emotion.trajectory import INTERPOLATIONS, Keyframe, Trajectory
from emogen.errors import InputError
from tests.emotion.test_point import in_bounds

SAD, FUN = EmotionPoint.from_category("sadness", 0.8), EmotionPoint.from_category("amusement")
NEUTRAL = EmotionPoint.neutral()


def curve(first: EmotionPoint, last: EmotionPoint, way: str = "linear") -> Trajectory:
    return Trajectory(keyframes=(Keyframe(seconds=0, point=first, interpolation=way),
                                 Keyframe(seconds=2, point=last)))


@pytest.mark.parametrize("way", INTERPOLATIONS)
@pytest.mark.parametrize("first", [SAD, NEUTRAL, EmotionPoint.from_vad(-0.4, 0.7)])
@pytest.mark.parametrize("last", [FUN, NEUTRAL, EmotionPoint.from_vad(0.4, -0.7, 0.2)])
def test_every_way_joins_its_ends_within_bounds(
    way: str, first: EmotionPoint, last: EmotionPoint
) -> None:
    trajectory = curve(first, last, way)
    samples = trajectory.sample(65, 16)
    in_bounds(samples)
    np.testing.assert_allclose(samples[0], first.vector(), atol=1e-6)
    np.testing.assert_allclose(samples[32:], np.repeat(last.vector()[None], 33, 0), atol=1e-6)
    np.testing.assert_allclose(trajectory.at(1.0).vector(), samples[16], atol=1e-6)


def test_linear_is_half_way_in_the_middle() -> None:
    middle = curve(SAD, FUN).at(1).vector()
    np.testing.assert_allclose(middle, (SAD.vector() + FUN.vector()) / 2, atol=1e-6)


def test_hold_cuts_and_ease_starts_slowly() -> None:
    np.testing.assert_allclose(curve(SAD, FUN, "hold").at(1.99).vector(), SAD.vector(), atol=1e-6)
    linear, ease = curve(SAD, FUN).at(0.2), curve(SAD, FUN, "ease").at(0.2)
    assert ease.weights[0] < linear.weights[0]
    np.testing.assert_allclose(curve(SAD, FUN, "ease").at(1).vector(),
                               curve(SAD, FUN).at(1).vector(), atol=1e-6)


def test_arc_moves_at_constant_angle_and_keeps_vad_strength() -> None:
    full = EmotionPoint.from_category("anger"), EmotionPoint.from_category("awe")
    samples = curve(*full, "arc").sample(33, 16).astype(float)
    roots = np.sqrt(np.clip(samples[:, :8], 0, None))
    angles = np.arccos(np.clip((roots[1:] * roots[:-1]).sum(1), -1, 1))
    np.testing.assert_allclose(angles, np.pi / 2 / 32, atol=1e-3)
    lengths = np.linalg.norm(samples[:, 8:11], axis=1)
    assert lengths.min() >= min(lengths[0], lengths[-1]) - 1e-6
    straight = np.linalg.norm(curve(*full).sample(33, 16)[:, 8:11], axis=1)
    assert straight.min() < lengths.min()


def test_arc_between_opposite_coordinates_stays_finite() -> None:
    first, last = EmotionPoint.from_vad(0.5, 0.5, 0.5), EmotionPoint.from_vad(-0.5, -0.5, -0.5)
    in_bounds(curve(first, last, "arc").sample(33, 16))


@pytest.mark.parametrize("frame", range(33))
def test_latent_alignment_of_an_impulse(frame: int) -> None:
    fps, width = 16, 1 / 64
    times = [frame / fps - width, frame / fps, frame / fps + width]
    points = [NEUTRAL, FUN, NEUTRAL]
    pairs = [(time, point) for time, point in zip(times, points, strict=True) if time >= 0]
    trajectory = Trajectory(keyframes=tuple(Keyframe(seconds=time, point=point)
                                            for time, point in pairs))
    latent = trajectory.latent(33, fps)
    assert latent.shape == (9, 12)
    hit = -(-frame // 4)
    assert set(np.flatnonzero(latent[:, 11])) == {hit}
    assert latent[hit, 11] == pytest.approx(1.0 if frame == 0 else 0.25)


def test_latent_mean_of_frames() -> None:
    trajectory = curve(SAD, FUN)
    frames, latent = trajectory.sample(33, 16), trajectory.latent(33, 16)
    np.testing.assert_allclose(latent[0], frames[0])
    np.testing.assert_allclose(latent[3], frames[9:13].mean(0), atol=1e-6)
    assert trajectory.latent(1, 16).shape == (1, 12)
    assert trajectory.latent(33, 16, stride=8).shape == (5, 12)


def test_neutral_curve_is_exactly_zero() -> None:
    trajectory = curve(NEUTRAL, NEUTRAL, "arc")
    assert trajectory.is_neutral
    assert not trajectory.sample(33, 16).any()
    assert not Trajectory.constant(NEUTRAL).latent(33, 16).any()


def test_scaled_multiplies_intensity_up_to_one() -> None:
    assert curve(SAD, FUN).scaled(0.5).at(0).intensity == pytest.approx(0.4)
    assert curve(SAD, FUN).scaled(2).at(0).intensity == 1


@pytest.mark.parametrize("label", MIKELS)
def test_intensity_scales_the_vector_and_nothing_else(label: str) -> None:
    full = Trajectory.constant(EmotionPoint.from_category(label))
    np.testing.assert_allclose(full.scaled(0.3).sample(5, 16), 0.3 * full.sample(5, 16), atol=1e-6)


def test_bad_curves_are_refused() -> None:
    with pytest.raises(InputError, match="at least one keyframe"):
        Trajectory(keyframes=())
    with pytest.raises(InputError, match="growing times"):
        Trajectory(keyframes=(Keyframe(seconds=1, point=SAD), Keyframe(seconds=1, point=FUN)))
    with pytest.raises(InputError, match="0 s or later"):
        Keyframe(seconds=-1, point=SAD)
    with pytest.raises(InputError, match="did you mean 'linear'"):
        Keyframe(seconds=0, point=SAD, interpolation="liner")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="use 29 or 33"):
        curve(SAD, FUN).latent(32, 16)
    with pytest.raises(InputError, match="fps above 0"):
        curve(SAD, FUN).sample(33, 0)
