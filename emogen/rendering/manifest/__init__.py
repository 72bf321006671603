"""Manifests: JSONL, CSV or YAML in, checked jobs out, or everything that is wrong at once."""

from emogen.rendering.manifest.problems import ManifestError, ManifestProblem
from emogen.rendering.manifest.reading import Format, Manifest, parse_manifest, read_manifest

__all__ = [
    "Format",
    "Manifest",
    "ManifestError",
    "ManifestProblem",
    "parse_manifest",
    "read_manifest",
]
