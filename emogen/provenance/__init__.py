"""Where a clip comes from: marked before encoding, sealed after it, verified from the file.

`marked` puts the invisible watermark (and a visible label, if asked) into the frames, and
`marked_stream` does so while they are made; `sealed` puts the machine-readable mark and the content
credentials into the file, `verify` reads all of it back.
"""

from emogen.provenance.seal import Seal, marked, marked_stream, sealed
from emogen.provenance.verify import Verdict, verify

__all__ = ["Seal", "Verdict", "marked", "marked_stream", "sealed", "verify"]
