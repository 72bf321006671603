"""Several clips in one file: ids and a kind in; a ZIP of clips, GIFs or stickers out."""

import hashlib
import zipfile
from collections.abc import Sequence
from pathlib import Path

from emogen.errors import InputError
from emogen.media.atomic import atomic_path
from emogen.rendering.outputs import slug
from ui.studio import Studio

MOST = 30
PLAIN = "mp4"


def pack(studio: Studio, ids: Sequence[str], *, kind: str) -> Path:
    """Return a ZIP of finished clips, each under its scene, emotion and seed.

    Args:
        studio: whose clips.
        ids: of finished jobs, 1 to 30.
        kind: "mp4" for the clips as they are, else as in `Studio.export`; stickers of a messenger
            make a pack of it.

    Raises:
        InputError: there are too many or none, or one is not finished or does not fit the kind.
    """
    if not 1 <= len(ids) <= MOST:
        raise InputError(f"expected 1 to {MOST} clips, got {len(ids)}; star or search fewer")
    folder = studio.store.path.parent / "exports"
    folder.mkdir(exist_ok=True)
    digest = hashlib.sha256(" ".join([kind, *ids]).encode()).hexdigest()[:12]
    target = folder / f"pack-{digest}.zip"
    paths = {
        identity: studio.clip(identity) if kind == PLAIN else studio.export(identity, kind)
        for identity in dict.fromkeys(studio.store.whole_ids(ids))
    }
    with atomic_path(target) as temporary, zipfile.ZipFile(temporary, "w") as packed:
        for identity, path in paths.items():
            job = studio.job(identity)
            name = slug(f"{job['prompt'] or job['kind']} {' '.join(job['asked'])}")
            packed.write(path, f"{name}-{job['seed']}-{identity[:6]}{path.suffix}")
    return target
