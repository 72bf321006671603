"""Manifests from a browser: text and files in; a plan, jobs that belong together, a ZIP out."""

import hashlib
import os
import re
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from emogen.errors import InputError, ResourceError
from emogen.media import sidecar_path
from emogen.media.atomic import atomic_path
from emogen.rendering.manifest.reading import SUFFIXES
from emogen.rendering.outputs import slug
from ui.settings import MIB
from ui.studio import Studio

NAME = re.compile(r"[\w][\w .()+-]{0,119}")
RUN = re.compile(r"[a-z0-9-]{1,60}")
MOST_FILES = 200
SPARE = 1.1


class Batches:
    """Manifests of a studio.

    Args:
        studio: whose queue takes the jobs.
        folder: where the files that manifests name are kept.
    """

    def __init__(self, studio: Studio, folder: Path) -> None:
        self._studio, self._folder = studio, folder

    def plan(self, text: str, *, name: str, files: Mapping[str, str]) -> dict[str, Any]:
        """Return what a manifest would make and take, and the name of its run.

        Args:
            text: the manifest.
            name: of its file; the ending says how it is written.
            files: uploads by the names under which the manifest speaks of them.

        Raises:
            RefusedError: it has problems; every one is named.
        """
        run, found = self._planned(text, name=name, files=files)
        return {"run": run, "plan": found["plan"], "jobs": len(found["entries"])}

    def start(self, text: str, *, name: str, files: Mapping[str, str]) -> dict[str, Any]:
        """Put the jobs of a manifest into the queue; the same one again goes on with it."""
        run, found = self._planned(text, name=name, files=files)
        for entry in found["entries"]:
            own = str(entry["job"]["output"])
            if not own.startswith(entry["id"]):  # named by the manifest: into a folder of its own
                entry["job"]["output"] = f"{run}/{own}"
        return {"run": run, **self._studio.add(found["entries"], run=run)}

    def runs(self) -> list[dict[str, Any]]:
        """Return every run with its counts, the newest first."""
        newest: dict[str, float] = {}
        for record in self._studio.store.jobs():
            newest[record.run] = max(record.added, newest.get(record.run, 0.0))
        return [
            {"run": run, "added": round(newest[run], 1), "counts": self._studio.store.counts(run)}
            for run in sorted(newest, key=lambda name: -newest[name])
        ]

    def pack(self, run: str) -> Path:
        """Return a ZIP of the finished clips of a run with their sidecars.

        Raises:
            InputError: there is no such run, or nothing of it is finished.
            ResourceError: the disk has no room for it.
        """
        if not RUN.fullmatch(run):
            raise InputError("no such run; see the list")
        paths = []
        for record in self._studio.store.jobs("done", run=run):
            path = self._studio.folder / record.output
            paths += [one for one in (path, sidecar_path(path)) if one.is_file()]
        if not paths:
            raise InputError(f"no finished clip in {run!r}; wait for the first")
        size = sum(path.stat().st_size for path in paths)
        if shutil.disk_usage(self._studio.folder).free < size * SPARE:
            raise ResourceError(f"no room for a ZIP of {size // MIB} MiB; free some disk space")
        self._folder.mkdir(parents=True, exist_ok=True)
        target = self._folder / f"{run}.zip"
        with atomic_path(target) as temporary, zipfile.ZipFile(temporary, "w") as packed:
            for path in paths:
                packed.write(path, path.relative_to(self._studio.folder))
        return target

    def _planned(
        self, text: str, *, name: str, files: Mapping[str, str]
    ) -> tuple[str, dict[str, Any]]:
        most = self._studio.settings.limits.manifest_bytes
        size = len(text.encode())
        if size > most:
            raise InputError(f"expected at most {most // MIB} MiB in a manifest; split it")
        kind = SUFFIXES.get(PurePosixPath(name).suffix.lower())
        if kind is None:
            raise InputError(f"expected a manifest that ends in {', '.join(SUFFIXES)}; rename it")
        digest = hashlib.sha256(text.encode()).hexdigest()[:8]
        run = f"{slug(PurePosixPath(name).stem)}-{digest}"
        inputs = self._inputs(run, files)
        found = self._studio.room.plan(text, format=kind, name=name[:120], inputs=inputs)
        return run, found

    def _inputs(self, run: str, files: Mapping[str, str]) -> Path:
        """Lay uploads out under the names that the manifest uses, and return their folder."""
        if len(files) > MOST_FILES:
            raise InputError(f"expected at most {MOST_FILES} files beside a manifest; split it")
        folder = self._folder / run
        folder.mkdir(parents=True, exist_ok=True)
        for name, identity in files.items():
            if not NAME.fullmatch(name):
                raise InputError(f"expected a plain file name, got {name[:60]!r}; rename the file")
            source = self._studio.inbox.path(self._studio.inbox.find(identity))
            target = folder / name
            if target.is_file() and target.samefile(source):
                continue
            target.unlink(missing_ok=True)
            try:
                os.link(source, target)
            except OSError:  # another disk, or a file system without links
                shutil.copyfile(source, target)
        return folder
