"""The invisible mark in the frames of a clip: embed it, find it, read its payload."""

from emogen.provenance.watermark.detect import Detection, detect
from emogen.provenance.watermark.embed import embed, embed_stream

__all__ = ["Detection", "detect", "embed", "embed_stream"]
