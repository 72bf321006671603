"""Which clip it is: the parameters in, an id of 36 bits and a payload of the watermark out."""

import hashlib
from collections.abc import Mapping
from typing import Any

from emogen.media.metadata import pack

VERSION = 1
"""Of the watermark: how the payload is laid out, in its first four bits."""
ID_BITS = 36
_INPUTS = ("image", "portrait", "audio", "inputs")


def record_hash(record: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the parameters as they stand in the file.

    >>> record_hash({"seed": 7}) == record_hash({"seed": 8})
    False
    """
    return hashlib.sha256(pack(dict(record)).encode()).hexdigest()


def clip_id(record: Mapping[str, Any]) -> str:
    """Return the first 36 bits of the record's hash, nine hexadecimal digits.

    A clip shares its id with one of a million others with a chance of about 1 in 69,000: it finds a
    clip in an archive and does not prove which one it is.

    >>> clip_id({"seed": 7})
    'acd660a31'
    """
    return record_hash(record)[: ID_BITS // 4]


def payload_of(record: Mapping[str, Any]) -> int:
    """Return the payload of the watermark: the version in four bits, then the id."""
    return (VERSION << ID_BITS) | int(clip_id(record), 16)


def read_payload(payload: int) -> tuple[int, str]:
    """Return the version and the id of a payload.

    >>> read_payload(payload_of({"seed": 7})) == (VERSION, clip_id({"seed": 7}))
    True
    """
    return payload >> ID_BITS, f"{payload & ((1 << ID_BITS) - 1):0{ID_BITS // 4}x}"


def has_inputs(record: Mapping[str, Any]) -> bool:
    """Whether a picture or sound of somebody else's took part.

    >>> has_inputs({"image": None}), has_inputs({"image": {"name": "cat.png"}})
    (False, True)
    """
    return any(record.get(name) for name in _INPUTS)
