"""What a file says about where it comes from, and whether that holds: a path in, a verdict out."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import numpy as np

from emogen.errors import MediaError
from emogen.media import iterate_frames, probe, read_image, read_parameters, sidecar_path
from emogen.media.metadata import read_sidecar
from emogen.provenance import xmp
from emogen.provenance.containers import KINDS, content_hash, extract, kind_of
from emogen.provenance.credentials import Credentials
from emogen.provenance.credentials import read as read_credentials
from emogen.provenance.identity import VERSION, clip_id, read_payload, record_hash
from emogen.provenance.watermark import Detection, detect

FRAMES = 32
"""Frames of a clip that are looked at for the watermark."""
LONGEST = 60.0
"""Seconds of a clip over which they are spread."""
MIN_RATE = 0.5


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What was found in a file.

    Attributes:
        path: of the file.
        mark: the machine-readable mark, or None.
        parameters: how it was made, or None.
        source: where the parameters stand: in the ``file``, in its ``sidecar``, or nowhere.
        credentials: state of the content credentials.
        watermark: what the frames say; None where they were not looked at.
        problems: what contradicts itself, one line each.
        notes: what could not be checked, one line each.
    """

    path: Path
    mark: xmp.Mark | None
    parameters: dict[str, Any] | None
    source: Literal["file", "sidecar", "none"]
    credentials: Credentials
    watermark: Detection | None
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def synthetic(self) -> bool:
        """Whether anything at all says that the file was generated."""
        said = self.mark is not None and self.mark.source_type in {xmp.MADE, xmp.COMPOSED}
        signed = self.credentials.source_type in {xmp.MADE, xmp.COMPOSED}
        seen = self.watermark is not None and self.watermark.found
        return said or signed or seen or self.parameters is not None

    @property
    def holds(self) -> bool:
        """Whether the file is marked and nothing in it contradicts anything else."""
        return self.synthetic and not self.problems

    @property
    def payload(self) -> tuple[int, str] | None:
        """Version and clip id in the watermark, None where none could be read."""
        if self.watermark is None or self.watermark.payload is None:
            return None
        return read_payload(self.watermark.payload)


def verify(path: str | Path, *, look: bool = True, crops: bool = True) -> Verdict:
    """Read back everything that `marked` and `sealed` left in a file and hold it together.

    Args:
        path: a video or picture.
        look: whether to decode frames and look for the watermark.
        crops: whether to look for it in cropped frames too.

    Raises:
        MediaError: the file cannot be read.
    """
    path = Path(path)
    notes: list[str] = []
    problems: list[str] = []
    try:
        kind = kind_of(path)
    except MediaError:
        probe(path)  # other videos have no mark, but frames; what is no video ends here
        kind = ""
    mark, content = _mark(path, kind, problems)
    parameters, source = _parameters(path)
    credentials = read_credentials(path, kind=kind)
    watermark = detect(_frames(path, kind), crops=crops) if look else None
    verdict = Verdict(
        path=path, mark=mark, parameters=parameters, source=source, credentials=credentials,
        watermark=watermark, problems=(), notes=tuple(notes),
    )
    problems += _contradictions(verdict, content)
    return replace(verdict, problems=tuple(problems))


def _mark(path: Path, kind: str, problems: list[str]) -> tuple[xmp.Mark | None, str]:
    if kind not in KINDS:
        return None, ""
    try:
        packet = extract(path, kind=kind)
        mark = None if packet is None else xmp.read(packet)
    except MediaError as error:
        problems.append(str(error))
        return None, ""
    hashed = mark is not None and mark.content_sha256
    return mark, content_hash(path, kind=kind) if hashed else ""


def _parameters(path: Path) -> tuple[dict[str, Any] | None, Literal["file", "sidecar", "none"]]:
    parameters = read_parameters(path)
    if parameters is not None:
        return parameters, "file"
    if sidecar_path(path).is_file():
        try:
            return read_sidecar(path), "sidecar"
        except MediaError:
            return None, "none"  # somebody else's JSON
    return None, "none"


def _frames(path: Path, kind: str) -> Iterator[np.ndarray]:
    """Yield frames spread evenly over a clip, or over the first minute of a long one."""
    if kind == ".png":
        yield read_image(path)
        return
    video = probe(path).video
    seconds = min(video.seconds, LONGEST)
    wanted = min(video.fps, max(FRAMES / seconds, MIN_RATE))
    yield from islice(iterate_frames(path, fps=wanted, end=seconds), FRAMES)


def _contradictions(verdict: Verdict, content: str) -> list[str]:
    """Return what does not fit together."""
    found: list[str] = []
    mark, parameters, signed = verdict.mark, verdict.parameters, verdict.credentials
    if signed.state == "tampered":
        codes = ", ".join(signed.problems) or "unreadable"
        found.append(f"the content credentials do not hold ({codes})")
    if mark is not None and mark.content_sha256 and mark.content_sha256 != content:
        found.append("picture or sound are not those that were marked; the file was changed")
    if parameters is None:
        return found
    if mark is not None and mark.record_sha256 not in {"", record_hash(parameters)}:
        found.append(f"the parameters in the {verdict.source} are not those that were marked")
    if signed.parameters not in (None, parameters):
        found.append(f"the parameters in the {verdict.source} are not those that were signed")
    payload = verdict.payload
    if payload is not None and payload[0] == VERSION and payload[1] != clip_id(parameters):
        found.append(f"the watermark is that of another clip, {payload[1]}")
    return found
