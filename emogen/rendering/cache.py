"""What this machine remembers between runs: a name in, a JSON file in the user's cache out."""

import json
from typing import Any

from emogen.assets import cache_folder
from emogen.media.atomic import write_bytes_atomic


def read_cache(name: str) -> dict[str, Any]:
    """Return what was remembered under a name; nothing where there is none or it is damaged."""
    try:
        found = json.loads((cache_folder() / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_cache(name: str, values: dict[str, Any]) -> bool:
    """Remember values under a name; tell whether that could be done, which nothing depends on."""
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_bytes_atomic(folder / name, json.dumps(values, indent=1).encode())
    except (OSError, ValueError):
        return False
    return True
