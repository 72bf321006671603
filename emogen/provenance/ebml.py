"""The elements of a WEBM file (EBML, RFC 8794; Matroska, RFC 9559): bytes in, parts and tags out.

Nobody has fixed a place for XMP in Matroska. Here it is a tag named XMP in an element of tags
behind everything else, which players pass over.
"""

from collections.abc import Iterator
from typing import BinaryIO

from emogen.errors import MediaError

CLUSTER = bytes.fromhex("1f43b675")
_SEGMENT = bytes.fromhex("18538067")
_TAGS = bytes.fromhex("1254c367")
_TAG, _TARGETS, _SIMPLE = (bytes.fromhex(name) for name in ("7373", "63c0", "67c8"))
_NAME, _STRING = bytes.fromhex("45a3"), bytes.fromhex("4487")
_XMP = b"XMP"

Part = tuple[bytes, int, int]
"""Kind, begin and end of what a part of a file holds, its head left out."""


def parts(data: bytes) -> Iterator[Part]:
    """Yield the elements inside the segment of a file; damaged sizes end the walk."""
    for name, begin, end in elements(data, 0, len(data)):
        if name == _SEGMENT:
            yield from elements(data, begin, end)


def elements(data: bytes, at: int, end: int) -> Iterator[Part]:
    """Yield the elements that lie between two places."""
    while at < end:
        width = _width(data[at])
        name, after = data[at : at + width], at + width
        if width > 4 or after >= end:
            return
        size_width = _width(data[after])
        begin = after + size_width
        if size_width > 8 or begin > end:
            return
        size = int.from_bytes(data[after:begin], "big") - (1 << 7 * size_width)
        unknown = size == (1 << 7 * size_width) - 1
        stop = end if unknown else min(begin + size, end)
        yield name, begin, stop
        at = stop


def insert(data: bytes, packet: bytes) -> Iterator[bytes]:
    """Yield the bytes of the file with a packet in its tags.

    The size of the segment is rewritten in place, in the eight bytes that writers leave for it.
    """
    tag = _element(_NAME, _XMP) + _element(_STRING, packet)
    added = _element(_TAGS, _element(_TAG, _element(_TARGETS, b"") + _element(_SIMPLE, tag)))
    head, size, rest = _split(data)
    if int.from_bytes(size, "big") != (1 << 57) - 1:  # all ones: the size is left open
        size = (len(rest) + len(added) | 1 << 56).to_bytes(8, "big")
    yield from (head, size, rest, added)


def extract(file: BinaryIO) -> bytes | None:
    """Return the packet among the tags of a file, None where there is none."""
    data = file.read()
    for name, begin, end in parts(data):
        if name != _TAGS:
            continue
        for _, first, last in elements(data, begin, end):
            packet = _xmp(data, first, last)
            if packet is not None:
                return packet
    return None


def _xmp(data: bytes, begin: int, end: int) -> bytes | None:
    for name, first, last in elements(data, begin, end):
        if name == _SIMPLE:
            values = {one: data[a:b] for one, a, b in elements(data, first, last)}
            if values.get(_NAME) == _XMP:
                return values.get(_STRING)
    return None


def _split(data: bytes) -> tuple[bytes, bytes, bytes]:
    """Return what comes before the segment's size, the size, and what the segment holds."""
    for name, begin, end in elements(data, 0, len(data)):
        if name == _SEGMENT and data[begin - 8] == 1 and end == len(data):
            return data[: begin - 8], data[begin - 8 : begin], data[begin:]
    raise MediaError("expected a WEBM file of one segment with room for its size, got another")


def _element(name: bytes, body: bytes) -> bytes:
    return name + (len(body) | 1 << 28).to_bytes(4, "big") + body


def _width(first: int) -> int:
    """Return the length that the first byte of a number states, 9 for none."""
    return 9 - first.bit_length()
