"""What eyes and chest do by themselves: speech activity and emotion in, blinks, gaze, breath out.

Blinks and glances are events, so they are drawn frame by frame from hazards, not painted by a
network: 12 to 20 blinks a minute, most of them where a phrase ends, of 0.1 to 0.4 s (Cummins 2012);
glances of 0.4 to 3 s, mostly at the viewer, which turn against the head.

Shapes: T frames (25 a second).
"""

from dataclasses import dataclass

import numpy as np

from emogen.emotion import MIKELS
from emogen.motion import schema

COLUMNS = [
    schema.index(name) for name in ("AU45_left", "AU45_right", "gaze_x", "gaze_y", "shoulder")
]
BLINKS = ((0.5, 1.0, 0.6), (0.6, 1.0, 0.8, 0.3), (0.4, 0.9, 1.0, 0.7, 0.35, 0.1))
"""How lids fall and rise, frame by frame, in quick, usual and slow blinks."""
_REFRACTORY_SECONDS = 0.9
_AWAY = {"awe": (0.0, -0.5), "disgust": (0.6, 0.05), "sadness": (0.1, 0.6), "fear": (0.25, -0.1)}
"""Where the eyes of a mood look between glances: right, down."""
_DRAWS = 6


@dataclass(frozen=True, kw_only=True)
class IdleSettings:
    """How lively the eyes and chest are.

    Attributes:
        blinks: blinks a minute, 0 to 60.
        gaze: how far the eyes wander, 0 to 2.
        breath: how far the shoulders rise, 0 to 1.
    """

    blinks: float = 17.0
    gaze: float = 1.0
    breath: float = 0.5


class Idle:
    """The eyes and the chest of one person, one stretch of frames after the other.

    Every frame draws the same number of random values, so stretches of any length give the same.

    Args:
        seed: decides all of it.
        settings: how lively.
    """

    def __init__(self, seed: int, settings: IdleSettings | None = None) -> None:
        self.settings = settings or IdleSettings()
        self._rng = np.random.default_rng([seed, 45])
        self._since_blink = float(self._rng.uniform(0, 2))
        self._lids: tuple[float, ...] = ()
        self._spoke = 0.0
        self._target, self._fixate = np.zeros(2), float(self._rng.uniform(0.3, 1.5))
        self._gaze = np.zeros(2)
        self._phase = float(self._rng.uniform())

    def move(self, activity: np.ndarray, vectors: np.ndarray, head: np.ndarray) -> np.ndarray:
        """Return the next frames, float32 [T, 5]: both lids, gaze right and down, shoulder.

        Args:
            activity: how much is being said, [T] in [0, 1].
            vectors: emotion [T, 12].
            head: yaw and pitch in degrees, [T, 2].
        """
        draws = self._rng.uniform(size=(len(activity), _DRAWS))
        rows = [
            self._frame(float(said), vector, turn, draw)
            for said, vector, turn, draw in zip(activity, vectors, head, draws, strict=True)
        ]
        return np.array(rows, np.float32).reshape(-1, len(COLUMNS))

    def _frame(
        self, said: float, vector: np.ndarray, turn: np.ndarray, draw: np.ndarray
    ) -> list[float]:
        ended = max(0.0, self._spoke - said)  # a phrase has just come to its end
        self._spoke = max(said, 0.9 * self._spoke)
        lid = self._blink(said, ended, float(vector[9]), draw[:2])
        glance = self._glance(said, ended, vector, draw[2:])
        x, y = np.clip(glance - np.asarray(turn) * (0.018, 0.02), -1, 1)
        rate = 0.25 * (1 + 0.5 * max(0.0, float(vector[9])))
        self._phase += rate / schema.FPS
        breath = self.settings.breath * (0.5 - 0.5 * np.cos(2 * np.pi * self._phase)) ** 1.5
        return [lid, lid, float(x), float(y), float(np.clip(breath, 0, 1))]

    def _blink(self, said: float, ended: float, arousal: float, draw: np.ndarray) -> float:
        self._since_blink += 1 / schema.FPS
        if self._lids:
            lid, self._lids = self._lids[0], self._lids[1:]
            return lid
        rate = self.settings.blinks / 60 * (1.25 if said < 0.5 else 0.85) * (1 + 0.25 * arousal)
        hazard = rate * (1 + 6 * ended) * 1.25 / schema.FPS
        if self._since_blink > _REFRACTORY_SECONDS and draw[0] < hazard:
            self._since_blink = 0.0
            self._lids = BLINKS[int(np.searchsorted((0.25, 0.85), draw[1]))]
        return 0.0

    def _glance(
        self, said: float, ended: float, vector: np.ndarray, draw: np.ndarray
    ) -> np.ndarray:
        self._fixate -= (1 + 3 * ended) / schema.FPS
        if self._fixate <= 0:
            self._fixate = 0.4 + 1.1 * float(-np.log(max(draw[0], 0.06)))
            wander = 0.06 if draw[1] < 0.72 else (0.2 if said > 0.5 else 0.3)
            angle = 2 * np.pi * draw[2]
            away = wander * (0.5 + draw[3]) * np.array([np.cos(angle), 0.6 * np.sin(angle)])
            share = 0.3 if draw[1] < 0.4 else 1.0  # now and then a mood looks at the viewer, too
            for name, way in _AWAY.items():
                away += share * float(vector[MIKELS.index(name)]) * np.array(way)
            self._target = self.settings.gaze * away
        self._gaze = self._gaze + 0.75 * (self._target - self._gaze)  # a saccade takes two frames
        return self._gaze
