"""Payloads through noise: the code against its own definition and against chance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emogen.provenance.watermark.code import CODED_BITS, PAYLOAD_BITS, checksum, decode, encode

payloads = st.integers(0, 2**PAYLOAD_BITS - 1)


@given(payloads)
@settings(deadline=None, max_examples=25)
def test_comes_back(payload) -> None:
    assert decode(encode(payload)) == payload


@given(payloads, st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=25)
def test_survives_ten_wrong_bits(payload, seed) -> None:
    signs = encode(payload)
    wrong = np.random.default_rng(seed).permutation(CODED_BITS)[: CODED_BITS // 25]
    signs[wrong] *= -1  # ten anywhere: fewer than half of the free distance of 24
    assert decode(signs) == payload


def test_is_linear_and_far_apart() -> None:
    rng = np.random.default_rng(0)
    pairs = rng.integers(0, 2**PAYLOAD_BITS, (200, 2))
    distances = [np.sum(encode(int(a)) != encode(int(b))) for a, b in pairs]
    assert min(distances) >= 24


def test_checksum_is_the_standard_one() -> None:
    register = 0xFFFF  # CRC-16/CCITT-FALSE of five bytes, byte by byte
    for byte in (0x12, 0x34, 0x56, 0x78, 0x9A):
        register ^= byte << 8
        for _ in range(8):
            register = ((register << 1) ^ 0x1021 if register & 0x8000 else register << 1) & 0xFFFF
    assert checksum(0x123456789A) == register


def test_noise_rarely_passes() -> None:
    rng = np.random.default_rng(1)
    assert sum(decode(rng.normal(size=CODED_BITS)) is not None for _ in range(60)) == 0


@pytest.mark.parametrize("level", [0.8])
def test_soft_bits_help(level) -> None:
    rng = np.random.default_rng(2)
    soft = [encode(99) + rng.normal(0, 1 / level, CODED_BITS) for _ in range(20)]
    assert sum(decode(one) == 99 for one in soft) >= 19
