"""Where shipped files lie: the name of a model in, its folder out.

Looked up in this order: the folder named by the environment variable EMOGEN_ASSETS, `assets/` of a
source checkout, `emogen/_assets/` of an installed wheel. Each holds `models/NAME`, some of them
packed (`emogen.unpacking`): their files lie in the user's cache from the first use on.
"""

import os
import re
from pathlib import Path

from emogen.errors import ModelError
from emogen.unpacking import unpacked

_PACKAGE = Path(__file__).resolve().parent


def asset_roots() -> list[Path]:
    """Return the folders that may hold assets, the first to be asked first."""
    named = os.environ.get("EMOGEN_ASSETS")
    roots = [Path(named).expanduser()] if named else []
    return [*roots, _PACKAGE.parent / "assets", _PACKAGE / "_assets"]


def cache_folder() -> Path:
    """Return the user's cache: EMOGEN_CACHE, else emogen in XDG_CACHE_HOME, else in ~/.cache."""
    named = os.environ.get("EMOGEN_CACHE")
    if named:
        return Path(named).expanduser()
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "emogen"


def model_dir(name: str) -> Path:
    """Return the folder of a shipped model, such as ``"words"`` or ``"nano"``, ready to be opened.

    Raises:
        ModelError: no root holds it, the name is not a plain folder name, or a file is damaged.
        ResourceError: it is packed, and the user's cache cannot be written.

    >>> model_dir("../secrets")
    Traceback (most recent call last):
    emogen.errors.ModelError: expected a plain model name such as 'nano', got '../secrets'
    """
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise ModelError(f"expected a plain model name such as 'nano', got {name!r}")
    folders = [root / "models" / name for root in asset_roots()]
    for folder in folders:
        if folder.is_dir():
            return unpacked(folder, cache_folder() / "models")
    tried = ", ".join(str(folder) for folder in folders)
    raise ModelError(
        f"expected the shipped model {name!r} in one of {tried}; found none:"
        " reinstall emogen or set EMOGEN_ASSETS to a folder that holds models/"
    )
