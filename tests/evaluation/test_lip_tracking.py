"""Measuring a mouth without trained weights: drawn faces whose opening is known."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from emogen.errors import InputError
from emogen.evaluation.lip_tracking import track_lips


def face(opening, *, shift=(0, 0), noise=2.0, seed=0):
    """Draw a face 360x288, four times as fine, whose lips are so many pixels apart."""
    image = Image.new("RGB", (1440, 1152), (40, 120, 160))
    draw = ImageDraw.Draw(image)
    x, y = 720 + 4 * shift[0], 600 + 4 * shift[1]

    def oval(dx, dy, half_width, half_height, colour):
        corners = [(dx - half_width, dy - half_height), (dx + half_width, dy + half_height)]
        draw.ellipse([(x + 4 * across, y + 4 * down) for across, down in corners], fill=colour)

    oval(0, 15, 52, 75, (205, 160, 135))
    for side in (-1, 1):
        oval(20 * side, -12, 8, 4, (240, 240, 235))
        oval(20 * side, -12, 4, 4, (60, 40, 30))
        oval(20 * side, -22, 12, 2, (80, 55, 40))
        oval(5 * side, 14, 2, 1.5, (120, 80, 70))
    oval(0, 41 + opening / 2, 20, 2 + opening / 2, (70, 20, 25))
    oval(0, 38, 20, 3, (185, 85, 90))
    oval(0, 44 + opening, 19, 4, (200, 95, 100))
    oval(0, 55 + opening, 10, 1.5, (185, 140, 118))
    pixels = np.asarray(image.resize((360, 288), Image.Resampling.BOX), float)
    return pixels + np.random.default_rng(seed).normal(0, noise, pixels.shape)


def test_a_known_opening_is_measured_while_the_head_moves():
    rng = np.random.default_rng(0)
    openings = np.concatenate([np.zeros(6), 8 * np.abs(np.sin(np.arange(24) / 3)), np.zeros(6)])
    moves = np.cumsum(rng.normal(0, 0.5, (len(openings), 2)), axis=0).clip(-5, 5)
    moves[0] = 0
    frames = [face(o, shift=m, seed=k) for k, (o, m) in
              enumerate(zip(openings, moves, strict=True))]  # fmt: skip
    track = track_lips(np.stack(frames), mouth=(180, 191), nose=(180, 162))
    assert np.corrcoef(track.opening, openings)[0, 1] > 0.97
    assert track.opening[:4].max() < 1.2
    assert track.certainty.min() > 0.3


def test_a_still_face_has_a_still_mouth():
    frames = np.stack([face(0, seed=k) for k in range(8)])
    assert np.abs(track_lips(frames, mouth=(180, 191), nose=(180, 162)).opening).max() < 0.5


def test_points_off_the_face_are_refused():
    frames = np.zeros((3, 288, 360, 3))
    with pytest.raises(InputError, match="40 pixels"):
        track_lips(frames, mouth=(10, 200), nose=(180, 160))
    with pytest.raises(InputError, match=r"\[T, H, W, 3\]"):
        track_lips(frames[0], mouth=(180, 190), nose=(180, 160))
