"""The plane of cells: balanced, complete in every corner, the same on every machine."""

import hashlib

import numpy as np

from emogen.provenance.watermark.code import CODED_BITS, encode
from emogen.provenance.watermark.pattern import SIDE, cells, roles, signs, window


def test_never_changes() -> None:
    digest = hashlib.sha256(cells(encode(12345)).astype(np.int8).tobytes()).hexdigest()
    assert digest[:16] == "9bca0b0ed1ee4e94"


def test_signs_are_balanced_and_unlike_their_shifts() -> None:
    plane = signs()
    assert abs(plane.mean()) < 4 / SIDE
    spectrum = np.abs(np.fft.fft2(plane)) ** 2
    echo = np.fft.ifft2(spectrum).real / SIDE**2
    echo[0, 0] = 0
    assert np.abs(echo).max() < 6 / SIDE


def test_every_part_holds_every_bit() -> None:
    for top, left in ((0, 0), (30, 50), (80, 10), (100, 100)):
        part = window(roles(), 40, 40, origin=(top, left))
        counts = np.bincount(part[part >= 0], minlength=CODED_BITS)
        assert counts.min() >= 1
        assert 0.2 < np.mean(part < 0) < 0.32
