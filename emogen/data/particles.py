"""What floats around a subject: an amount, a time and fixed random numbers in, bold shapes out.

An effect is ``effect(canvas, amount, seconds, random, head)``: ``amount`` in [0, 1] scales the
number, size and opacity of its shapes, ``random`` [16, 4] is drawn once a clip, ``head`` is
(x, y, scale) of the subject. Shapes are few and large to survive in a frame of 128 pixels.
"""

from collections.abc import Callable, Iterator

import numpy as np

from emogen.data.canvas import Canvas, Colour, affine

Head = tuple[float, float, float]
Effect = Callable[[Canvas, float, float, np.ndarray, Head], None]

_ANGLES = np.linspace(0, 2 * np.pi, 8, endpoint=False)
_SPARKLE = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1) * np.tile([1.0, 0.3], 4)[:, None]
_TURN = np.linspace(0, 2 * np.pi, 18, endpoint=False)
_HEART = (
    np.stack(
        [
            16 * np.sin(_TURN) ** 3,
            -13 * np.cos(_TURN) + 5 * np.cos(2 * _TURN) + 2 * np.cos(3 * _TURN) + np.cos(4 * _TURN),
        ],
        axis=1,
    )
    / 16
)
_SQUARE = np.array([(-1, -0.6), (1, -0.6), (1, 0.6), (-1, 0.6)])
_DROP = np.array(
    [
        (0, -1.6),
        (0.55, -0.5),
        (0.8, 0.2),
        (0.5, 0.85),
        (0, 1.05),
        (-0.5, 0.85),
        (-0.8, 0.2),
        (-0.55, -0.5),
    ]
)
_LEAF = np.array([(-1, 0), (-0.4, -0.5), (0.4, -0.45), (1, 0), (0.4, 0.45), (-0.4, 0.5)])


def _present(amount: float, count: int) -> Iterator[tuple[int, float]]:
    """Yield index and opacity of the shapes that ``amount`` lets in, the last one half faded in."""
    for index in range(count):
        opacity = min(amount * count - index, 1.0)
        if opacity <= 0:
            return
        yield index, opacity


def _spread(index: int, count: int, jitter: float) -> float:
    """Return an x in [0, 1] such that any first few of ``count`` shapes lie well apart."""
    golden = (0.12 + index * 0.618) % 1.0
    return (golden + (jitter - 0.5) / count) % 1.0


def _place(
    canvas: Canvas,
    shape: np.ndarray,
    fill: Colour,
    at: tuple[float, float],
    size: float,
    *,
    turn: float = 0.0,
    opacity: float = 1.0,
) -> None:
    matrix = affine(move=at, scale=size, rotate=turn)
    canvas.polygon(shape @ matrix[:2, :2].T + matrix[:2, 2], fill, opacity=opacity)


def _fall(start: float, speed: float, seconds: float) -> float:
    """Return a height that runs down the frame again and again, from -0.15 to 1.15."""
    return (start * 1.3 + speed * seconds) % 1.3 - 0.15


def confetti(canvas: Canvas, amount: float, seconds: float, random: np.ndarray, head: Head) -> None:
    """Amusement: tumbling paper in party colours."""
    colours = ((236, 72, 108), (40, 160, 220), (60, 180, 90), (160, 90, 210), (255, 250, 240))
    for i, opacity in _present(amount, 14):
        start, sway, speed, spin = random[i]
        y = _fall(start, 0.32 + 0.12 * speed, seconds)
        x = _spread(i, 14, sway) + 0.03 * np.sin(3 * seconds + 6 * sway)
        _place(
            canvas,
            _SQUARE,
            colours[i % 5],
            (x, y),
            0.05,
            turn=6 * spin + (2 + 2 * speed) * seconds,
            opacity=opacity,
        )


def glory(canvas: Canvas, amount: float, seconds: float, random: np.ndarray, head: Head) -> None:
    """Awe, behind: a halo and wide slow rays of light from above."""
    turn = 0.06 * np.sin(0.9 * seconds + 6 * random[0, 0])
    for angle in np.linspace(-0.62, 0.62, 5) + turn:
        low, high = angle - 0.075, angle + 0.075
        ray = np.array([(0, 0), (np.sin(low), np.cos(low)), (np.sin(high), np.cos(high))])
        canvas.polygon(np.add(1.7 * ray, (0.5, -0.3)), (255, 236, 178), opacity=0.3 * amount)
    for radius in (0.46, 0.37, 0.28):
        canvas.ellipse(
            (head[0], head[1]),
            radius * (1 + 0.03 * np.sin(2 * seconds)),
            (200, 170, 255),
            opacity=0.2 * amount,
        )


def stars(canvas: Canvas, amount: float, seconds: float, random: np.ndarray, head: Head) -> None:
    """Awe: large glowing stars that breathe and drift upwards."""
    for i, opacity in _present(amount, 9):
        start, jitter, pace, size = random[i]
        y = 1 - _fall(start, 0.1 + 0.05 * pace, seconds)
        x = _spread(i, 9, jitter)
        glow = 0.5 + 0.5 * np.sin(2 * np.pi * (0.45 * seconds + pace))
        radius = (0.06 + 0.035 * size) * (0.7 + 0.3 * glow)
        canvas.ellipse((x, y), 0.75 * radius, (255, 240, 190), opacity=0.3 * opacity)
        _place(canvas, _SPARKLE, (255, 246, 208), (x, y), radius, opacity=opacity)


def hearts(canvas: Canvas, amount: float, seconds: float, random: np.ndarray, head: Head) -> None:
    """Contentment: small hearts and petals that rise slowly in a sway."""
    colours = ((240, 128, 148), (250, 190, 84), (246, 164, 150))
    for i, opacity in _present(amount, 9):
        start, jitter, pace, size = random[i]
        y = 1 - _fall(start, 0.13 + 0.04 * pace, seconds)
        sway = np.sin(2 * np.pi * (0.4 * seconds + pace))
        x = _spread(i, 9, jitter) + 0.03 * sway
        _place(
            canvas,
            _HEART,
            colours[i % 3],
            (x, y),
            0.04 + 0.015 * size,
            turn=0.3 * sway,
            opacity=opacity,
        )


def sunburst(canvas: Canvas, amount: float, seconds: float, random: np.ndarray, head: Head) -> None:
    """Excitement, behind: a wheel of bright rays that turns."""
    centre = np.array([head[0], 0.55])
    for angle in np.arange(8) * np.pi / 4 + 0.4 * seconds + random[0, 0]:
        rim = [(np.cos(angle + d), np.sin(angle + d)) for d in (-0.2, 0.2)]
        canvas.polygon(
            np.concatenate([[centre], centre + 1.2 * np.array(rim)]),
            (255, 190, 40),
            opacity=0.85 * amount,
        )


def sparks(canvas: Canvas, amount: float, seconds: float, random: np.ndarray, head: Head) -> None:
    """Excitement: sparkles that fly outwards in quick bursts."""
    colours = ((255, 255, 255), (255, 240, 90), (90, 240, 255))
    for i, opacity in _present(amount, 10):
        start, jitter, _, size = random[i]
        angle = i * 2.4 + 0.6 * jitter
        flight = (start + 0.9 * seconds) % 1.0
        radius = 0.24 + 0.45 * flight
        at = head[0] + radius * np.cos(angle), 0.5 + radius * np.sin(angle)
        grown = np.sin(np.pi * flight) ** 0.7
        _place(canvas, _SPARKLE, colours[i % 3], at, (0.075 + 0.03 * size) * grown, opacity=opacity)


def spikes(canvas: Canvas, amount: float, seconds: float, random: np.ndarray, head: Head) -> None:
    """Anger, behind: dark jagged teeth that stab in from the edges of the frame."""
    for i in range(14):
        angle = (i + 0.3 * (random[i, 0] - 0.5)) * 2 * np.pi / 14
        beat = 0.5 + 0.5 * np.sin(2 * np.pi * (2.0 * seconds + 0.5 * (i % 2)))
        rays = np.array([(np.cos(angle + d), np.sin(angle + d)) for d in (-0.2, 0.0, 0.2)])
        rays *= 0.52 / np.abs(rays).max(axis=1, keepdims=True)  # onto the edge of the frame
        rays[1] *= 1 - amount * (0.22 + 0.2 * random[i, 1] + 0.1 * beat)
        canvas.polygon(
            rays + 0.5, (70, 4, 14) if i % 2 else (255, 120, 20), opacity=0.5 + 0.5 * amount
        )


def steam(canvas: Canvas, amount: float, seconds: float, random: np.ndarray, head: Head) -> None:
    """Anger: puffs of steam from both sides of the head."""
    x, y, scale = head
    for side in (-1, 1):
        for i, opacity in _present(amount, 3):
            flight = (i / 3 + 0.1 * random[i, 0] + 1.0 * seconds + 0.12 * side) % 1.0
            at = x + side * scale * (0.24 + 0.24 * flight), y - scale * (0.1 + 0.2 * flight)
            fade = min(1.0, 2.5 * (1 - flight)) * min(1.0, 5 * flight)
            canvas.ellipse(
                at, 0.03 + 0.055 * flight, (252, 248, 246), opacity=0.95 * opacity * fade
            )


def stink(canvas: Canvas, amount: float, seconds: float, random: np.ndarray, head: Head) -> None:
    """Disgust, behind: wavy lines of stench that creep upwards."""
    y = np.linspace(0, 1, 12)
    for i, opacity in _present(amount, 6):
        x = (0.09, 0.91, 0.22, 0.78, 0.35, 0.65)[i] + 0.03 * (random[i, 0] - 0.5)
        foot = 0.88 - 0.1 * random[i, 1]
        wave = 0.032 * np.sin(2 * np.pi * (2 * y + 0.7 * seconds + random[i, 2]))
        line = np.stack([x + wave, foot - 0.72 * y], axis=1)
        canvas.stroke(
            line, (150, 196, 30) if i % 2 else (196, 206, 60), 0.036, opacity=0.85 * opacity
        )


def bubbles(canvas: Canvas, amount: float, seconds: float, random: np.ndarray, head: Head) -> None:
    """Disgust: slimy bubbles that rise and wobble."""
    for i, opacity in _present(amount, 7):
        start, jitter, pace, size = random[i]
        y = 1 - _fall(start, 0.22 + 0.08 * pace, seconds)
        at = _spread(i, 7, jitter) + 0.02 * np.sin(4 * seconds + 6 * pace), y
        radius = 0.035 + 0.03 * size
        canvas.ellipse(at, radius, (112, 140, 22), opacity=0.9 * opacity)
        canvas.ellipse(
            (at[0] - 0.3 * radius, at[1] - 0.3 * radius),
            0.35 * radius,
            (222, 232, 130),
            opacity=opacity,
        )


def watchers(canvas: Canvas, amount: float, seconds: float, random: np.ndarray, head: Head) -> None:
    """Fear, behind: pairs of eyes that open and blink in the dark."""
    places = ((0.13, 0.2), (0.87, 0.3), (0.1, 0.62), (0.86, 0.08), (0.9, 0.72))
    for i, opacity in _present(amount, 5):
        x, y = np.asarray(places[i]) + 0.05 * (random[i, :2] - 0.5)
        open_ = 1 - np.exp(-((((0.5 * seconds + random[i, 2]) % 1.0 - 0.5) / 0.06) ** 2))
        look = 0.012 * np.sin(1.5 * seconds + 6 * random[i, 3])
        for dx in (-0.045, 0.045):
            canvas.ellipse(
                (x + dx, y), (0.034, 0.046 * open_ + 0.004), (250, 226, 90), opacity=opacity
            )
            canvas.ellipse(
                (x + dx + look, y), (0.013, 0.026 * open_), (20, 10, 20), opacity=opacity
            )


def sweat(canvas: Canvas, amount: float, seconds: float, random: np.ndarray, head: Head) -> None:
    """Fear: cold drops that leap off both sides of the head."""
    x, y, scale = head
    for i, opacity in _present(amount, 4):
        side = -1 if i % 2 else 1
        flight = (0.25 * i + 0.9 * seconds + 0.2 * random[i, 0]) % 1.0
        at = x + side * scale * (0.26 + 0.12 * flight), y - scale * (0.12 - 0.3 * flight**2)
        fade = min(1.0, 4 * (1 - flight)) * min(1.0, 6 * flight)
        _place(canvas, _DROP, (150, 214, 250), at, 0.034, turn=-0.5 * side, opacity=opacity * fade)


def cloud(canvas: Canvas, amount: float, seconds: float, random: np.ndarray, head: Head) -> None:
    """Sadness, behind: a heavy cloud above the subject."""
    drift = 0.02 * np.sin(1.2 * seconds + 6 * random[0, 0])
    y = 0.11 - 0.3 * (1 - amount) ** 2
    for dx, dy, radius in (
        (-0.26, 0.02, 0.1),
        (0.26, 0.02, 0.1),
        (-0.1, -0.03, 0.15),
        (0.12, -0.02, 0.14),
        (0.0, 0.05, 0.12),
    ):
        canvas.ellipse(
            (head[0] + dx + drift, y + dy),
            (1.25 * radius, radius),
            (74, 84, 104),
            opacity=min(1.0, 0.55 + amount),
        )


def teardrops(
    canvas: Canvas, amount: float, seconds: float, random: np.ndarray, head: Head
) -> None:
    """Sadness: slow heavy drops that fall straight down."""
    for i, opacity in _present(amount, 11):
        start, jitter, pace, size = random[i]
        y = _fall(start, 0.55 + 0.1 * pace, seconds)
        x = _spread(i, 11, jitter)
        _place(canvas, _DROP, (96, 168, 250), (x, y), 0.036 + 0.008 * size, opacity=0.95 * opacity)


def rain(canvas: Canvas, amount: float, seconds: float, random: np.ndarray, head: Head) -> None:
    """Weather: slanted white streaks."""
    for i, opacity in _present(amount, 12):
        y = _fall(random[i, 0], 1.3, seconds)
        x = (_spread(i, 12, random[i, 1]) - 0.2 * y) % 1.1
        canvas.stroke(
            [(x, y - 0.05), (x - 0.02, y + 0.05)], (232, 240, 248), 0.014, opacity=0.75 * opacity
        )


def snow(canvas: Canvas, amount: float, seconds: float, random: np.ndarray, head: Head) -> None:
    """Weather: round slow flakes."""
    for i, opacity in _present(amount, 12):
        start, jitter, pace, size = random[i]
        x = _spread(i, 12, jitter) + 0.03 * np.sin(2 * seconds + 6 * pace)
        canvas.ellipse(
            (x, _fall(start, 0.22 + 0.1 * pace, seconds)),
            0.016 + 0.01 * size,
            (255, 255, 255),
            opacity=0.95 * opacity,
        )


def leaves(canvas: Canvas, amount: float, seconds: float, random: np.ndarray, head: Head) -> None:
    """Weather: leaves that the wind carries from left to right."""
    colours = ((214, 122, 46), (196, 160, 60), (150, 150, 70))
    for i, opacity in _present(amount, 7):
        start, jitter, pace, size = random[i]
        x = _fall(start, 0.6 + 0.2 * pace, seconds)
        y = _spread(i, 7, jitter) + 0.05 * np.sin(4 * seconds + 6 * pace)
        _place(
            canvas,
            _LEAF,
            colours[i % 3],
            (x, y),
            0.04 + 0.01 * size,
            turn=3 * seconds + 6 * pace,
            opacity=opacity,
        )


BACKDROP: dict[str, Effect] = {
    "awe": glory,
    "excitement": sunburst,
    "anger": spikes,
    "disgust": stink,
    "fear": watchers,
    "sadness": cloud,
}
AROUND: dict[str, Effect] = {
    "amusement": confetti,
    "awe": stars,
    "contentment": hearts,
    "excitement": sparks,
    "disgust": bubbles,
    "sadness": teardrops,
}
IN_FRONT: dict[str, Effect] = {"anger": steam, "fear": sweat}
WEATHER: dict[str, Effect] = {"rain": rain, "snow": snow, "leaves": leaves}
