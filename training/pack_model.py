"""Make a model folder smaller for shipping, without loss: ``python training/pack_model.py FOLDER``.

Files of 16-bit weights are compressed where they lie and ``packed.json`` names every file with its
hash; `emogen.assets.model_dir` unpacks the folder into the user's cache on first use.
"""

import argparse
import sys
from pathlib import Path

from emogen.errors import EmogenError, InputError
from emogen.unpacking import pack_folder


def main() -> None:
    """Parse the command line and pack the folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    if not folder.is_dir():
        raise InputError(f"expected a model folder, got {folder}")
    before = size_of(folder)
    pack_folder(folder)
    print(f"{folder}: {before / 1e6:.1f} MB before, {size_of(folder) / 1e6:.1f} MB packed")


def size_of(folder: Path) -> int:
    """Return the bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
