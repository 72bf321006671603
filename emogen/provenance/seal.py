"""The two steps that make a clip say what it is: marked before encoding, sealed after it.

``write_video(marked(clip, record), path, parameters=record, finish=finish)`` writes one, where
``finish`` calls ``sealed(part, record, kind=".mp4")`` with the temporary name it is given.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from emogen import __version__
from emogen.errors import MediaError
from emogen.media import Clip
from emogen.media.atomic import atomic_path
from emogen.provenance import credentials, xmp
from emogen.provenance.containers import content_hash, insert
from emogen.provenance.identity import clip_id, has_inputs, payload_of, record_hash
from emogen.provenance.label import labelled
from emogen.provenance.watermark import embed, embed_stream


@dataclass(frozen=True, kw_only=True)
class Seal:
    """What was written into a file.

    Attributes:
        mark: the machine-readable mark.
        signed: whether content credentials were added.
        warnings: what a person should know.
    """

    mark: xmp.Mark
    signed: bool
    warnings: tuple[str, ...] = ()


def marked(
    clip: Clip, record: Mapping[str, Any], *, watermark: bool = True, label: bool = False
) -> Clip:
    """Return the clip as it should be encoded: visible label, then the invisible mark.

    Args:
        clip: frames below 64 pixels a side get no watermark.
        record: the parameters, plain JSON, that ``write_video`` gets too; the payload follows.
        watermark: whether to mark the frames.
        label: whether to show "AI-generated" in a corner.
    """
    if label:
        clip = labelled(clip)
    return embed(clip, payload_of(record)) if watermark else clip


def marked_stream(
    frames: Iterable[np.ndarray], record: Mapping[str, Any], *, fps: float,
    watermark: bool = True, label: bool = False,
) -> Iterator[np.ndarray]:
    """Yield frames as they should be encoded, as `marked` would have them, while they come.

    Args:
        frames: uint8 [H, W, 3], all of one size.
        record: see `marked`.
        fps: frames a second.
        watermark: whether to mark the frames.
        label: whether to show "AI-generated" in a corner.
    """
    if label:
        frames = (labelled(Clip(frames=frame[None], fps=fps)).frames[0] for frame in frames)
    yield from embed_stream(frames, payload_of(record), fps=fps) if watermark else frames


def sealed(path: str | Path, record: Mapping[str, Any], *, kind: str | None = None) -> Seal:
    """Write the machine-readable mark into a file and sign it where a certificate is configured.

    This comes last: whatever changes the file afterwards breaks the signature. The file is
    replaced as a whole or stays as it is.

    Args:
        path: a finished file without XMP.
        record: the parameters inside it.
        kind: its extension, where the name does not say it (``.mp4``, ``.webm``, ``.gif``,
            ``.webp``, ``.png``).

    Raises:
        MediaError: the file is of another kind, damaged or sealed already.
        InputError: the certificate or its key cannot be used.
        ResourceError: a certificate is configured but c2pa-python is not installed.
    """
    path = Path(path)
    kind = (kind or path.suffix).lower()
    if not path.is_file():
        raise MediaError(f"no such file: {path}; encode it first")
    mark = _mark(record, content_hash(path, kind=kind))
    wanted = credentials.configured()
    signs = wanted and kind in credentials.TYPES
    with atomic_path(path) as whole:
        insert(path, whole, xmp.write(mark), kind=kind)
        if signs:
            _sign_in_place(whole, record, kind=kind, title=f"clip{kind}")
    notes = (f"{kind} holds no content credentials; it was not signed",) if wanted > signs else ()
    return Seal(mark=mark, signed=signs, warnings=notes)


def _sign_in_place(path: Path, record: Mapping[str, Any], *, kind: str, title: str) -> None:
    signed = path.with_name(f"{path.name}.signed.part")
    try:
        credentials.sign(path, signed, record, kind=kind, title=title)
        signed.replace(path)
    finally:
        signed.unlink(missing_ok=True)


def _mark(record: Mapping[str, Any], content: str) -> xmp.Mark:
    model = record.get("model")
    name = model.get("name") if isinstance(model, Mapping) else model
    return xmp.Mark(
        source_type=xmp.COMPOSED if has_inputs(record) else xmp.MADE,
        system="emogen" + (f" with {name}" if name else ""),
        version=str(record.get("emogen") or __version__),
        prompt=str(record.get("prompt") or ""),
        record_sha256=record_hash(record),
        content_sha256=content,
        clip_id=clip_id(record),
    )
