"""Where clips go: what a person named in, the output folder out."""

from pathlib import Path
from typing import TYPE_CHECKING

from emogen.errors import InputError

if TYPE_CHECKING:
    from emogen.rendering.store import Store

OUTPUTS = Path("outputs")
STDIN = "-"


def output_folder(manifest: str | Path, output: Path | None) -> Path:
    """Return the output folder of a manifest: the one that is named, else outputs/<its name>.

    >>> output_folder("jobs/night.jsonl", None).as_posix(), output_folder("-", None).as_posix()
    ('outputs/night', 'outputs/stdin')

    Raises:
        InputError: the folder's name is a file's.
    """
    name = "stdin" if str(manifest) == STDIN else Path(manifest).stem
    folder = output or OUTPUTS / name
    if folder.exists() and not folder.is_dir():
        raise InputError(f"expected a folder for -o, got the file {str(folder)!r}")
    return folder


def open_store(target: Path) -> "Store":
    """Open the store of a manifest or of an output folder.

    Raises:
        InputError: there is none.
    """
    from emogen.rendering.store import Store, store_path

    choices = [target] if target.is_dir() else [output_folder(target, None), target]
    for folder in choices:
        if store_path(folder).is_file():
            return Store.open(folder, create=False)
    raise InputError(
        f"no store in {str(choices[0])!r}; name the folder that emogen render run wrote to"
    )


def folder_of(store: "Store") -> Path:
    """Return the output folder of a store."""
    return store.path.parent.parent
