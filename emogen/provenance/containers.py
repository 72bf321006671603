"""XMP inside files: a file and a packet in, the file with the packet out, and the packet back.

MP4 holds it in a `uuid` box behind everything else, PNG in an `iTXt` chunk, WebP in an `XMP `
chunk, GIF in an application extension, WEBM, for which nobody has fixed a place, in a tag named
XMP. The same walk over the parts of a file gives the hash of its content: picture and sound as
encoded, without anything that is said about them.
"""

import hashlib
import shutil
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from emogen.errors import MediaError, suggest
from emogen.media.container import check_file, open_media, sniff
from emogen.provenance import ebml
from emogen.provenance.ebml import Part
from emogen.provenance.xmp import MAX_BYTES

_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_PNG_KEY = b"XML:com.adobe.xmp\0\0\0\0\0"
_GIF_LABEL = b"XMP DataXMP"
_GIF_TRAILER = bytes([1, *range(255, -1, -1), 0])
_CONTENT = {
    ".webp": (b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF"),
    ".png": (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"acTL", b"fcTL", b"fdAT"),
    ".webm": (ebml.CLUSTER,),
}


def kind_of(path: Path) -> str:
    """Return the extension that fits what a file holds, ``.mp4`` for anything of its family.

    Raises:
        MediaError: no file, or of a kind that carries no mark here.
    """
    path = check_file(path)
    image = sniff(path)
    if image in {"PNG", "WEBP", "GIF"}:
        return f".{image.lower()}"
    head = path.open("rb").read(12)
    if head[4:8] == b"ftyp":
        return ".mp4"
    if head[:4] == b"\x1aE\xdf\xa3":
        return ".webm"
    raise MediaError(
        f"expected a file of {', '.join(KINDS)}, got another kind: {path}; other kinds carry no"
        " mark that is known here"
    )


def insert(source: Path, target: Path, packet: bytes, *, kind: str) -> None:
    """Write a copy of a file with an XMP packet in it.

    Args:
        source: the file.
        target: where the copy goes, another path.
        packet: XMP.
        kind: what the file is, ``.mp4``, ``.webm``, ``.gif``, ``.webp`` or ``.png``.

    Raises:
        MediaError: there is a packet already, the kind is unknown or the file is damaged.
    """
    if extract(source, kind=kind) is not None:
        raise MediaError(f"{source} carries XMP already; seal a freshly written file")
    if kind == ".mp4":  # the box comes behind everything: nothing of a long file is held
        shutil.copyfile(source, target)
        with target.open("ab") as file:
            file.writelines(_insert_mp4(b"", packet))
        return
    data = source.read_bytes()
    with target.open("wb") as file:
        file.writelines(_of(kind).insert(data, packet))


def extract(path: Path, *, kind: str) -> bytes | None:
    """Return the first XMP packet of a file, None where there is none."""
    with path.open("rb") as file:
        packet = _of(kind).extract(file)
    if packet is not None and len(packet) > MAX_BYTES:
        raise MediaError(f"expected XMP of at most {MAX_BYTES} bytes in {path}")
    return packet


def content_hash(path: Path, *, kind: str) -> str:
    """Return the SHA-256 of picture and sound as encoded, whatever lies around them.

    Of MP4 the packets of all streams count, of WEBM the clusters, of pictures the parts that hold
    pixels and times. A new encoding has another hash, a new label or signature has not.
    """
    digest = hashlib.sha256()
    if kind == ".mp4":
        with open_media(path) as container:
            for packet in container.demux():
                if packet.size:
                    digest.update(packet.stream_index.to_bytes(2, "big"))
                    digest.update(bytes(packet))
        return digest.hexdigest()
    data = path.read_bytes()
    for name, begin, end in _of(kind).parts(data):
        if _is_content(kind, name):
            digest.update(name + data[begin:end])
    return digest.hexdigest()


def _is_content(kind: str, name: bytes) -> bool:
    if kind == ".gif":
        return name not in {b"\x21\xfe", b"\x21\xff"}
    return name in _CONTENT[kind]


def _of(kind: str) -> "_Kind":
    if kind not in _KINDS:
        known = ", ".join(KINDS)
        raise MediaError(f"expected a file of {known}, got {kind!r}{suggest(kind, KINDS)}")
    return _KINDS[kind]


def _insert_mp4(data: bytes, packet: bytes) -> Iterator[bytes]:
    yield data
    yield (24 + len(packet)).to_bytes(4, "big") + b"uuid" + _UUID
    yield packet


def _extract_mp4(file: BinaryIO) -> bytes | None:
    """Walk the boxes of the first level; damaged sizes end the walk."""
    end = file.seek(0, 2)
    at = 0
    while at + 8 <= end:
        file.seek(at)
        head = file.read(32)
        size = int.from_bytes(head[:4], "big")
        begin = 8
        if size == 1:
            size, begin = int.from_bytes(head[8:16], "big"), 16
        size = end - at if size == 0 else size
        if size < begin:
            return None
        if head[4:8] == b"uuid" and head[begin : begin + 16] == _UUID:
            file.seek(at + begin + 16)
            return file.read(min(size - begin - 16, MAX_BYTES + 1))
        at += size
    return None


def _png_parts(data: bytes) -> Iterator[Part]:
    at = 8
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], at + 8, min(at + 8 + size, len(data))
        at += size + 12


def _insert_png(data: bytes, packet: bytes) -> Iterator[bytes]:
    body = b"iTXt" + _PNG_KEY + packet
    at = 8 + 12 + int.from_bytes(data[8:12], "big")
    check = zlib.crc32(body).to_bytes(4, "big")
    yield from (data[:at], (len(body) - 4).to_bytes(4, "big"), body, check, data[at:])


def _extract_png(file: BinaryIO) -> bytes | None:
    data = file.read()
    for name, begin, end in _png_parts(data):
        if name == b"iTXt" and data[begin:end].startswith(_PNG_KEY):
            return data[begin + len(_PNG_KEY) : end]
    return None


def _webp_parts(data: bytes) -> Iterator[Part]:
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        yield data[at : at + 4], at + 8, min(at + 8 + size, len(data))
        at += 8 + size + (size & 1)


def _insert_webp(data: bytes, packet: bytes) -> Iterator[bytes]:
    if data[12:16] != b"VP8X":
        raise MediaError("expected an extended WebP file, got a simple one; write an animation")
    body = bytearray(data[8:])
    body[12] |= 0x04
    body += b"XMP " + len(packet).to_bytes(4, "little") + packet + bytes(len(packet) & 1)
    yield b"RIFF" + len(body).to_bytes(4, "little")
    yield bytes(body)


def _extract_webp(file: BinaryIO) -> bytes | None:
    data = file.read()
    parts = (data[begin:end] for name, begin, end in _webp_parts(data) if name == b"XMP ")
    return next(parts, None)


def _gif_parts(data: bytes) -> Iterator[Part]:
    """Yield header, extensions (named by their two bytes), frames and the end of a GIF."""
    at = 13 + _palette(data[10]) if len(data) > 13 else len(data)
    yield b"GIF", 0, at
    while at < len(data):
        begin, name = at, data[at : at + 1]
        if name == b"\x21":
            name, at = data[at : at + 2], at + 2
        elif name == b"\x2c" and at + 10 < len(data):
            at += 11 + _palette(data[at + 9])
        else:
            yield name, begin, len(data)
            return
        while at < len(data) and data[at]:
            at += data[at] + 1
        at += 1
        yield name, begin, min(at, len(data))


def _palette(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _insert_gif(data: bytes, packet: bytes) -> Iterator[bytes]:
    at = 13 + _palette(data[10])
    yield from (data[:at], b"\x21\xff\x0b" + _GIF_LABEL, packet, _GIF_TRAILER, data[at:])


def _extract_gif(file: BinaryIO) -> bytes | None:
    data = file.read()
    for name, begin, end in _gif_parts(data):
        if name == b"\x21\xff" and data[begin + 3 : begin + 14] == _GIF_LABEL:
            return data[begin + 14 : max(begin + 14, end - len(_GIF_TRAILER))]
    return None


@dataclass(frozen=True)
class _Kind:
    insert: Callable[[bytes, bytes], Iterator[bytes]]
    extract: Callable[[BinaryIO], bytes | None]
    parts: Callable[[bytes], Iterator[Part]]


_KINDS = {
    ".mp4": _Kind(_insert_mp4, _extract_mp4, lambda _: iter(())),
    ".webm": _Kind(ebml.insert, ebml.extract, ebml.parts),
    ".png": _Kind(_insert_png, _extract_png, _png_parts),
    ".webp": _Kind(_insert_webp, _extract_webp, _webp_parts),
    ".gif": _Kind(_insert_gif, _extract_gif, _gif_parts),
}
KINDS = tuple(_KINDS)
