"""Bits that survive noise: a payload in, coded bits out; noisy soft bits in, the payload back.

A payload of 40 bits gets a checksum of 16, then a convolutional code of rate 1/4 with 256 states
(constraint length 9, generators 463 535 733 745 octal, free distance 24; Larsen 1973), ended by
zeros. The decoder is Viterbi's: of all 2^56 code words it takes the likeliest.
"""

from functools import cache

import numpy as np

PAYLOAD_BITS = 40
CHECK_BITS = 16
_MEMORY = 8
_GENERATORS = (0o463, 0o535, 0o733, 0o745)
_STATES = 1 << _MEMORY
CODED_BITS = (PAYLOAD_BITS + CHECK_BITS + _MEMORY) * len(_GENERATORS)


def encode(payload: int) -> np.ndarray:
    """Return the coded bits of a payload as signs, float32 (256,), +1 for a zero and -1 for a one.

    >>> encode(0).sum() == CODED_BITS - 2 * (encode(0) < 0).sum()
    np.True_
    >>> decode(encode(123456789))
    123456789

    Args:
        payload: 0 to 2^40 - 1.
    """
    bits = _bits((payload << CHECK_BITS) | checksum(payload), PAYLOAD_BITS + CHECK_BITS)
    state, signs = 0, []
    for bit in [*bits, *[0] * _MEMORY]:
        signs.append(_outputs()[bit][state])
        state = (state >> 1) | (bit << (_MEMORY - 1))
    return np.concatenate(signs).astype(np.float32)


def decode(soft: np.ndarray) -> int | None:
    """Return the payload that soft bits (256,) spell, or None where the checksum does not fit.

    Noise passes the checksum once in 65,536 times.

    Args:
        soft: positive where a zero is likelier, negative for a one, larger when surer.
    """
    word = 0
    for bit in _viterbi(np.asarray(soft, np.float64).reshape(-1, len(_GENERATORS))):
        word = (word << 1) | int(bit)
    payload = word >> CHECK_BITS
    return payload if checksum(payload) == word & ((1 << CHECK_BITS) - 1) else None


def wrong_share(soft: np.ndarray, payload: int | None) -> float | None:
    """Return the share of soft bits (256,) whose sign a payload contradicts, None without one.

    >>> wrong_share(-encode(5), 5)
    1.0
    """
    if payload is None:
        return None
    return float(np.mean(np.where(np.asarray(soft) >= 0, 1, -1) != encode(payload)))


def checksum(payload: int) -> int:
    """Return the CRC-16 of a payload (polynomial 0x1021, start 0xFFFF, never 0 for payload 0).

    >>> hex(checksum(0))
    '0x110c'
    """
    register = 0xFFFF
    for bit in _bits(payload, PAYLOAD_BITS):
        high = (register >> 15) ^ bit
        register = ((register << 1) & 0xFFFF) ^ (0x1021 if high else 0)
    return register


def _bits(value: int, count: int) -> list[int]:
    return [(value >> place) & 1 for place in range(count - 1, -1, -1)]


@cache
def _outputs() -> np.ndarray:
    """Return the four signs that leave each state with each input bit, float (2, 256, 4)."""
    registers = np.arange(2 * _STATES)  # the input bit in front of the state
    taps = np.array(_GENERATORS)
    parity = np.zeros((2 * _STATES, len(taps)), int)
    for place in range(_MEMORY + 1):
        parity ^= ((registers[:, None] & taps) >> place) & 1
    return (1.0 - 2.0 * parity).reshape(2, _STATES, len(taps))


def _viterbi(soft: np.ndarray) -> list[int]:
    """Return the input bits of the likeliest path through soft bits (steps, 4), without the end."""
    gains = np.einsum("bsk,tk->tbs", _outputs(), soft)  # (steps, 2, 256)
    after = np.arange(_STATES)
    bit = after >> (_MEMORY - 1)  # the bit that led into a state
    before = ((after << 1) & (_STATES - 1))[None] | np.array([[0], [1]])  # (2, 256)
    score = np.full(_STATES, -np.inf)
    score[0] = 0.0
    choices = []
    for gain in gains:
        ways = score[before] + gain[bit, before]
        choice = ways.argmax(axis=0)
        choices.append(choice)
        score = ways[choice, after]
    state, found = 0, []
    for choice in reversed(choices):
        found.append(state >> (_MEMORY - 1))
        state = int(before[choice[state], state])
    return found[::-1][:-_MEMORY]
