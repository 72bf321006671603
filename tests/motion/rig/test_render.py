from itertools import islice

import numpy as np
import pytest

from emogen.errors import InputError
from emogen.motion import MotionTrack, schema
from emogen.motion.rig import VectorPortrait, draw, readable
from tests.motion.rig.faces import portrait, row

SMALL = VectorPortrait(character="fox", size=(64, 64))


def track(frames):
    values = np.tile(row(), (frames, 1))
    values[:, schema.index("AU26")] = 0.4 + 0.4 * np.sin(np.arange(frames))
    values[:, schema.index("head_yaw")] = 10 * np.sin(np.arange(frames) / 9)
    values[:, schema.index("AU23")] = 1.0
    return MotionTrack(values=values)


@pytest.mark.parametrize("face", [SMALL, portrait(size=(128, 128))], ids=["drawn", "photo"])
def test_frames_come_in_order_whatever_the_threads(face) -> None:
    one, two = (np.stack(list(draw(face, track(12), threads=n))) for n in (1, 2))
    assert one.shape == (12, *face.size[::-1], 3)
    assert np.array_equal(one, two)
    limited = readable(track(12)).values
    assert np.array_equal(one, np.stack([face.frame(values) for values in limited]))


def test_pieces_are_the_whole() -> None:
    whole = readable(track(20))
    frames = list(draw(SMALL, whole, limit_mood=False))
    pieces = [*draw(SMALL, whole[:7], limit_mood=False), *draw(SMALL, whole[7:], limit_mood=False)]
    assert np.array_equal(np.stack(frames), np.stack(pieces))


def test_the_mood_is_limited_unless_told_otherwise() -> None:
    limited, full = (next(draw(SMALL, track(12), limit_mood=flag)) for flag in (True, False))
    assert not np.array_equal(limited, full)


class Counting:
    """A portrait that counts the frames asked of it."""

    size = SMALL.size
    asked = 0

    def frame(self, values, emotion=None):
        self.asked += 1
        return SMALL.frame(values, emotion)


@pytest.mark.parametrize("threads", [1, 2])
def test_few_frames_are_held_however_long_the_track(threads) -> None:
    counting = Counting()
    frames = draw(counting, track(3000), threads=threads)
    assert len(list(islice(frames, 5))) == 5
    frames.close()
    assert counting.asked <= 5 + 4 * threads


def test_no_threads_are_refused() -> None:
    with pytest.raises(InputError, match="at least one thread"):
        draw(SMALL, track(2), threads=0)
