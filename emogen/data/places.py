"""The places of a scene: a side in pixels and a random generator in, one painted picture out.

Few soft shapes in neutral colours; each picture is ``WORLD`` frames wide and its painter works in
frame coordinates, -0.25 to 1.25.
"""

from collections.abc import Callable

import numpy as np

from emogen.data.canvas import Canvas, Colour, affine, spline

WORLD = 1.5
"""Side of the painted picture, in frame sides."""


def _shade(colour: Colour, rng: np.random.Generator, spread: float = 10.0) -> Colour:
    """Return the colour a little lighter, darker, warmer or colder."""
    moved = np.asarray(colour) + rng.normal(0, spread, 1) * 0.7 + rng.normal(0, spread, 3) * 0.5
    return tuple(int(channel) for channel in np.clip(moved, 0, 255))


def _sky(side: int, top: Colour, bottom: Colour, *, horizon: float = 1.25) -> np.ndarray:
    """Return a vertical gradient uint8 [side, side, 3] that reaches ``bottom`` at the horizon."""
    share = np.linspace(0, WORLD / (horizon + 0.25), side).clip(0, 1)[:, None, None]
    column = np.asarray(top) * (1 - share) + np.asarray(bottom) * share
    return np.broadcast_to(column.round().astype(np.uint8), (side, side, 3))


def _world(picture: np.ndarray) -> tuple[Canvas, np.ndarray]:
    """Return a canvas on the picture and the matrix from frame to world coordinates."""
    return Canvas(picture), affine(move=(0.25 / WORLD, 0.25 / WORLD), scale=1 / WORLD)


def _ground(
    canvas: Canvas,
    height: float,
    colour: Colour,
    rng: np.random.Generator,
    *,
    roughness: float = 0.03,
) -> None:
    """Fill everything below a softly waving line."""
    x = np.linspace(-0.3, 1.3, 6)
    ridge = spline(np.stack([x, height + rng.normal(0, roughness, 6)], axis=1))
    canvas.polygon(np.concatenate([ridge, [(1.3, 1.3), (-0.3, 1.3)]]), colour)


def _cloud(canvas: Canvas, x: float, y: float, size: float, colour: Colour) -> None:
    for dx, dy, radius in ((-0.9, 0.15, 0.5), (0.0, -0.1, 0.75), (0.9, 0.15, 0.5)):
        canvas.ellipse((x + dx * size, y + dy * size), (radius * size * 1.2, radius * size), colour)


def _plain(side: int, rng: np.random.Generator) -> np.ndarray:
    shades = ((214, 226, 238), (238, 228, 212), (222, 236, 220), (236, 220, 228), (226, 226, 230))
    wall = _shade(shades[rng.integers(len(shades))], rng, 6)
    floor = tuple(int(channel * 0.9) for channel in wall)
    canvas, world = _world(_sky(side, wall, wall))
    with canvas.transformed(world):
        canvas.ellipse((0.5, 1.45), (1.5, 0.7), floor)
    return canvas.array()


def _meadow(side: int, rng: np.random.Generator) -> np.ndarray:
    canvas, world = _world(_sky(side, _shade((140, 200, 240), rng), (224, 240, 246), horizon=0.7))
    with canvas.transformed(world):
        for x in (-0.1, 0.45, 1.0):
            at = x + rng.uniform(-0.12, 0.12), rng.uniform(0.02, 0.2)
            _cloud(canvas, *at, rng.uniform(0.07, 0.11), (250, 252, 253))
        _ground(canvas, 0.62, _shade((150, 200, 120), rng), rng)
        _ground(canvas, 0.78, _shade((118, 182, 92), rng), rng, roughness=0.015)
        for x in np.linspace(-0.2, 1.2, 8):
            flower = x + rng.uniform(-0.06, 0.06), rng.uniform(0.84, 0.98)
            petals = ((250, 220, 110), (245, 245, 240), (240, 160, 170))[rng.integers(3)]
            canvas.ellipse(flower, 0.022, petals)
            canvas.ellipse(flower, 0.009, (220, 150, 60))
    return canvas.array()


def _forest(side: int, rng: np.random.Generator) -> np.ndarray:
    canvas, world = _world(_sky(side, (176, 212, 196), (222, 234, 206), horizon=0.75))
    far, near = _shade((122, 168, 138), rng), _shade((62, 118, 86), rng)
    with canvas.transformed(world):
        for x in np.arange(-0.25, 1.3, 0.17):
            _fir(canvas, x + rng.uniform(-0.03, 0.03), 0.76, rng.uniform(0.42, 0.55), far)
        _ground(canvas, 0.74, _shade((120, 150, 92), rng), rng, roughness=0.012)
        for x in (-0.2, 0.06, 0.94, 1.2):
            _fir(canvas, x + rng.uniform(-0.04, 0.04), 0.86, rng.uniform(0.68, 0.85), near)
        _ground(canvas, 0.86, _shade((98, 132, 78), rng), rng, roughness=0.01)
    return canvas.array()


def _fir(canvas: Canvas, x: float, foot: float, height: float, colour: Colour) -> None:
    trunk = height * 0.05
    canvas.polygon(
        [
            (x - trunk, foot),
            (x - trunk, foot - 0.2 * height),
            (x + trunk, foot - 0.2 * height),
            (x + trunk, foot),
        ],
        (112, 84, 62),
    )
    for low, high, width in ((0.12, 0.6, 0.26), (0.36, 0.8, 0.21), (0.6, 1.0, 0.15)):
        canvas.polygon(
            [
                (x - width * height, foot - low * height),
                (x, foot - high * height),
                (x + width * height, foot - low * height),
            ],
            colour,
        )


def _beach(side: int, rng: np.random.Generator) -> np.ndarray:
    canvas, world = _world(_sky(side, _shade((150, 210, 240), rng), (232, 242, 240), horizon=0.5))
    with canvas.transformed(world):
        canvas.ellipse((rng.choice((0.16, 0.84)), 0.15), 0.09, (255, 238, 170))
        canvas.polygon(
            [(-0.3, 0.5), (1.3, 0.5), (1.3, 1.3), (-0.3, 1.3)], _shade((86, 172, 200), rng)
        )
        _ground(canvas, 0.68, (206, 232, 232), rng, roughness=0.02)
        _ground(canvas, 0.72, _shade((238, 216, 168), rng), rng, roughness=0.02)
        if rng.random() < 0.6:
            _palm(canvas, float(rng.choice((0.05, 0.95))), rng)
    return canvas.array()


def _palm(canvas: Canvas, x: float, rng: np.random.Generator) -> None:
    lean = rng.uniform(0.04, 0.1) * np.sign(0.5 - x)
    crown = np.array([x + lean, 0.26])
    canvas.stroke(spline([(x, 0.82), (x + 0.2 * lean, 0.55), tuple(crown)]), (150, 112, 76), 0.05)
    for angle in np.linspace(0.15, 0.85, 5) * 2 * np.pi + np.pi / 2:
        tip = crown + 0.2 * np.array([np.cos(angle), 0.6 * np.sin(angle) + 0.25])
        middle = (crown + tip) / 2
        canvas.polygon(
            spline([crown, np.subtract(middle, (0, 0.06)), tip, middle], closed=True), (86, 150, 90)
        )


def _city(side: int, rng: np.random.Generator) -> np.ndarray:
    canvas, world = _world(_sky(side, _shade((168, 200, 226), rng), (236, 230, 222), horizon=0.8))
    with canvas.transformed(world):
        for depth, (wall, low, high) in enumerate(
            (((178, 188, 204), 0.15, 0.35), ((130, 142, 166), 0.28, 0.55))
        ):
            for x in np.arange(-0.3, 1.25, 0.2 + 0.03 * depth):
                roof = rng.uniform(low, high)
                _tower(
                    canvas, x + rng.uniform(-0.02, 0.02), roof, _shade(wall, rng, 8), lit=depth == 1
                )
        canvas.polygon([(-0.3, 0.8), (1.3, 0.8), (1.3, 1.3), (-0.3, 1.3)], (150, 152, 160))
        canvas.polygon([(-0.3, 0.8), (1.3, 0.8), (1.3, 0.83), (-0.3, 0.83)], (190, 190, 194))
    return canvas.array()


def _tower(canvas: Canvas, x: float, roof: float, wall: Colour, *, lit: bool) -> None:
    canvas.polygon([(x, roof), (x + 0.18, roof), (x + 0.18, 0.82), (x, 0.82)], wall)
    if lit:
        for y in np.arange(roof + 0.05, 0.7, 0.12):
            for left in (0.03, 0.105):
                canvas.polygon(
                    [
                        (x + left, y),
                        (x + left + 0.045, y),
                        (x + left + 0.045, y + 0.055),
                        (x + left, y + 0.055),
                    ],
                    (240, 226, 170),
                )


def _mountains(side: int, rng: np.random.Generator) -> np.ndarray:
    canvas, world = _world(_sky(side, _shade((158, 200, 232), rng), (234, 238, 240), horizon=0.7))
    rock = _shade((132, 148, 176), rng)
    with canvas.transformed(world):
        for x, width in ((-0.05, 0.5), (1.05, 0.5), (0.5, 0.42)):
            peak = np.array([x + rng.uniform(-0.08, 0.08), rng.uniform(0.12, 0.3)])
            _mountain(canvas, peak, width, rock)
            rock = tuple(int(channel * 0.93) for channel in rock)
        _ground(canvas, 0.7, _shade((128, 168, 122), rng), rng, roughness=0.02)
        _ground(canvas, 0.82, _shade((108, 150, 104), rng), rng, roughness=0.012)
    return canvas.array()


def _mountain(canvas: Canvas, peak: np.ndarray, width: float, rock: Colour) -> None:
    left, right = np.add(peak, (-width, 0.65)), np.add(peak, (width, 0.65))
    canvas.polygon([left, peak, right], rock)
    rim = [0.72 * peak + 0.28 * left, peak, 0.72 * peak + 0.28 * right]
    snow = np.concatenate([rim, np.add(peak, [(0.04, 0.13), (0.0, 0.19), (-0.05, 0.13)])])
    canvas.polygon(snow, (244, 247, 250))


def _room(side: int, rng: np.random.Generator) -> np.ndarray:
    wall = _shade(((222, 206, 188), (200, 212, 222), (216, 222, 200))[rng.integers(3)], rng, 6)
    canvas, world = _world(_sky(side, wall, wall))
    with canvas.transformed(world):
        canvas.polygon(
            [(-0.3, 0.76), (1.3, 0.76), (1.3, 1.3), (-0.3, 1.3)], _shade((178, 136, 100), rng)
        )
        canvas.polygon([(-0.3, 0.74), (1.3, 0.74), (1.3, 0.77), (-0.3, 0.77)], (244, 238, 230))
        x = float(rng.choice((0.13, 0.87)))
        canvas.polygon(_box(x, 0.27, 0.16, 0.19), (250, 248, 242))
        canvas.polygon(_box(x, 0.27, 0.13, 0.16), (168, 210, 236))
        canvas.polygon(_box(x, 0.27, 0.012, 0.16), (250, 248, 242))
        canvas.polygon(_box(1 - x, 0.3, 0.1, 0.12), (170, 120, 90))
        canvas.polygon(_box(1 - x, 0.3, 0.08, 0.1), _shade((230, 196, 150), rng, 20))
        canvas.ellipse((0.5, 0.93), (0.48, 0.1), _shade((196, 96, 92), rng, 20))
    return canvas.array()


def _box(x: float, y: float, half_width: float, half_height: float) -> np.ndarray:
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    return corners * (half_width, half_height) + (x, y)


def _night_sky(side: int, rng: np.random.Generator) -> np.ndarray:
    canvas, world = _world(_sky(side, _shade((28, 36, 84), rng, 6), (78, 92, 150), horizon=0.85))
    with canvas.transformed(world):
        moon = float(rng.choice((0.17, 0.83))), 0.18
        canvas.ellipse(moon, 0.1, (248, 240, 206))
        canvas.ellipse((moon[0] + 0.045, moon[1] - 0.025), 0.085, (38, 48, 98))
        for x, y in rng.uniform((-0.25, -0.25), (1.25, 0.6), (16, 2)):
            canvas.ellipse((x, y), 0.012, (236, 236, 220))
        _ground(canvas, 0.8, _shade((52, 66, 104), rng, 6), rng)
    return canvas.array()


def _snow_field(side: int, rng: np.random.Generator) -> np.ndarray:
    canvas, world = _world(_sky(side, _shade((176, 202, 226), rng), (232, 238, 244), horizon=0.65))
    with canvas.transformed(world):
        _ground(canvas, 0.6, (214, 226, 238), rng, roughness=0.04)
        for x in (-0.1, 0.1, 0.9, 1.12):
            _fir(
                canvas,
                x + rng.uniform(-0.05, 0.05),
                0.74,
                rng.uniform(0.3, 0.42),
                _shade((112, 150, 150), rng),
            )
        _ground(canvas, 0.74, (240, 245, 249), rng, roughness=0.015)
    return canvas.array()


def _underwater(side: int, rng: np.random.Generator) -> np.ndarray:
    canvas, world = _world(_sky(side, _shade((96, 190, 214), rng), (30, 96, 150), horizon=1.0))
    with canvas.transformed(world):
        for x in rng.uniform(0.0, 1.0, 3):
            canvas.polygon(
                [(x, -0.3), (x + 0.16, -0.3), (x + 0.05, 1.0), (x - 0.25, 1.0)],
                (190, 232, 236),
                opacity=0.22,
            )
        _ground(canvas, 0.88, _shade((206, 190, 140), rng), rng, roughness=0.02)
        for x in (0.04, 0.13, 0.88, 0.96):
            foot = x + rng.uniform(-0.03, 0.03)
            y = np.linspace(0.95, rng.uniform(0.45, 0.65), 5)
            weed = np.stack([foot + 0.025 * np.sin(np.arange(5) * 2.0), y], axis=1)
            canvas.stroke(spline(weed), _shade((60, 150, 110), rng), 0.035)
    return canvas.array()


PAINTERS: dict[str, Callable[[int, np.random.Generator], np.ndarray]] = {
    "plain": _plain,
    "meadow": _meadow,
    "forest": _forest,
    "beach": _beach,
    "city": _city,
    "mountains": _mountains,
    "room": _room,
    "night sky": _night_sky,
    "snow field": _snow_field,
    "underwater": _underwater,
}
