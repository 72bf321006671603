"""Where a clip comes from: marked before encoding, sealed after it, verified from the file.

`marked` puts the invisible watermark (and a visible label, if asked) into the frames, `sealed` the
machine-readable mark and the content credentials into the file, `verify` reads all of it back.
"""

from emogen.provenance.seal import Seal, marked, sealed
from emogen.provenance.verify import Verdict, verify

__all__ = ["Seal", "Verdict", "marked", "sealed", "verify"]
