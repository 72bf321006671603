"""Models that may not be here yet: a published name in, the folder of its weights out."""

import os
import shutil
from pathlib import Path

from emogen.diffusion.backbones import INDEX, Backbone
from emogen.errors import ResourceError

_UNUSED = ["*.md", "*.png", "*.jpg", "*.mp4", "*.gif", "assets/*", "examples/*"]


def cached_folder(hub: str) -> Path | None:
    """Return where the hub's cache on this machine holds a whole model, None if it does not.

    Args:
        hub: Repository, as ``owner/name``.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(hub, local_files_only=True))
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError, ValueError):
        return None
    return folder if (folder / INDEX).is_file() and not _broken(folder) else None


def fetch(hub: str, *, backbone: Backbone | None = None) -> Path:
    """Return the folder of a model, from the hub's cache or else downloaded into it.

    Args:
        hub: Repository, as ``owner/name``.
        backbone: What is known of it; its size is held against the free disk first.

    Raises:
        ResourceError: The hub cannot be reached, refuses, or the disk is too small.
    """
    folder = cached_folder(hub)
    if folder is not None:
        return folder
    if backbone is not None:
        _check_disk(backbone)
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(hub, ignore_patterns=_UNUSED))
    except Exception as error:  # the client passes on whatever its HTTP library raises
        reason = (str(error).strip() or repr(error)).splitlines()[0][:160]
        raise ResourceError(
            f"cannot get {hub} from the hub ({reason}); where it can be reached run"
            f" 'hf download {hub} --local-dir FOLDER' and give --model FOLDER"
        ) from error


def _broken(folder: Path) -> bool:
    """Tell whether files that an index of weights names are missing from a snapshot."""
    parts = [part for part in folder.iterdir() if part.is_dir()]
    weights = {part.name for part in parts if any(part.glob("*.safetensors"))}
    return not {"transformer", "vae", "text_encoder"} <= weights


def _check_disk(backbone: Backbone) -> None:
    from huggingface_hub import constants

    place = Path(os.path.abspath(constants.HF_HUB_CACHE))  # noqa: PTH100 - it may not exist
    there = next(path for path in (place, *place.parents) if path.exists())
    free = shutil.disk_usage(there).free
    if free < backbone.disk_bytes():
        raise ResourceError(
            f"{backbone.hub} takes up to {backbone.disk_bytes() / 1e9:.0f} GB of disk,"
            f" {free / 1e9:.0f} GB are free in {place}; free some, or set HF_HOME to another disk"
        )
