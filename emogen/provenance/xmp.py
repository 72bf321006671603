"""The machine-readable mark: what a clip is in, an XMP packet out; an untrusted packet in, back.

The terms are IPTC's: the digital source type says that a trained algorithm made the picture, or
took part (https://cv.iptc.org/newscodes/digitalsourcetype/), and the properties for generative
models are those of the IPTC Photo Metadata Standard 2025.1.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from emogen.errors import MediaError

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/"
MADE = "trainedAlgorithmicMedia"
COMPOSED = "compositeWithTrainedAlgorithmicMedia"
MAX_BYTES = 1 << 18
_IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_OWN = "urn:emogen:provenance#"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_BEGIN = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What the mark says.

    Attributes:
        source_type: last word of the IPTC address, such as ``trainedAlgorithmicMedia``.
        system: what made it.
        version: of that.
        prompt: what was asked for.
        record_sha256: hash of the parameters that lie in the same file.
        content_sha256: hash of the encoded picture and sound, see ``content_hash``.
        clip_id: nine hexadecimal digits, as in the watermark.
    """

    source_type: str
    system: str = ""
    version: str = ""
    prompt: str = ""
    record_sha256: str = ""
    content_sha256: str = ""
    clip_id: str = ""


_PLACES = {
    "source_type": ("Iptc4xmpExt", _IPTC, "DigitalSourceType"),
    "system": ("Iptc4xmpExt", _IPTC, "AISystemUsed"),
    "version": ("Iptc4xmpExt", _IPTC, "AISystemVersionUsed"),
    "prompt": ("Iptc4xmpExt", _IPTC, "AIPromptInformation"),
    "record_sha256": ("emogen", _OWN, "RecordSha256"),
    "content_sha256": ("emogen", _OWN, "ContentSha256"),
    "clip_id": ("emogen", _OWN, "ClipId"),
}


def write(mark: Mark) -> bytes:
    """Return the XMP packet of a mark.

    >>> read(write(Mark(source_type=MADE, prompt='a "red" robot & <fox>'))).prompt
    'a "red" robot & <fox>'
    """
    lines = []
    for name, (prefix, _, tag) in _PLACES.items():
        value = getattr(mark, name)
        if value:
            value = SOURCE_TYPE + value if name == "source_type" else value
            printable = "".join(letter for letter in value if letter.isprintable())
            lines.append(f"   {prefix}:{tag}={quoteattr(printable)}")
    body = "\n".join(lines)
    return (
        f'{_BEGIN}\n<x:xmpmeta xmlns:x="adobe:ns:meta/">\n <rdf:RDF xmlns:rdf="{_RDF}">\n'
        f'  <rdf:Description rdf:about=""\n   xmlns:Iptc4xmpExt="{_IPTC}"\n'
        f'   xmlns:emogen="{_OWN}"\n{body}/>\n </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="w"?>'
    ).encode()


def read(packet: bytes) -> Mark | None:
    """Return the mark in an XMP packet, None where it names no digital source type.

    Raises:
        MediaError: the packet is too long or no XML that may be read.
    """
    if len(packet) > MAX_BYTES:
        raise MediaError(f"expected XMP of at most {MAX_BYTES} bytes, got {len(packet)}")
    if b"<!" in packet:  # no document types: entities can grow without end
        raise MediaError("expected XMP without a document type, got one; it is not to be trusted")
    try:
        root = ElementTree.fromstring(packet.strip(b"\x00 \r\n\t"))
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise MediaError(f"expected well-formed XMP, got {error}; it may be damaged") from error
    found: dict[str, str] = {}
    for name, (_, space, tag) in _PLACES.items():
        found[name] = next(_values(root, f"{{{space}}}{tag}"), "")
    kind = found["source_type"].rstrip("/").rpartition("/")[2]
    return Mark(**{**found, "source_type": kind}) if kind else None


def _values(root: ElementTree.Element, name: str) -> Iterator[str]:
    """Yield a property's values, as an attribute or as an element, in any of RDF's spellings."""
    for element in root.iter():
        if name in element.attrib:
            yield element.attrib[name]
        if element.tag == name:
            inner = element.attrib.get(f"{{{_RDF}}}resource") or "".join(element.itertext())
            yield inner.strip()
