"""Routes of what comes in: uploads, clips to be judged, manifests and talking heads."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from emogen.errors import InputError
from ui.api.answers import file_answer
from ui.batches import Batches
from ui.inbox import Kind
from ui.studio import Studio


class ManifestIn(BaseModel):
    """A manifest as a browser sends it.

    Attributes:
        name: of its file.
        text: what it says.
        files: uploads by the names that it uses.
    """

    name: Annotated[str, Field(max_length=200)]
    text: str
    files: dict[str, str] = {}


def add_files(router: APIRouter, studio: Studio) -> None:
    """Add the routes of uploads."""

    @router.post("/uploads", status_code=201)
    async def upload(
        request: Request, kind: Kind, name: Annotated[str, Query(max_length=1000)] = "file"
    ) -> dict[str, Any]:
        most, chunks, size = studio.settings.limits.upload_bytes, [], 0
        async for chunk in request.stream():
            chunks.append(chunk)
            size += len(chunk)
            if size > most:
                break  # the inbox says what is wrong with it
        found = await run_in_threadpool(studio.inbox.take, chunks, name=name, kind=kind)
        return found.public()

    @router.get("/uploads/{identity}")
    def uploaded(identity: str) -> dict[str, Any]:
        return studio.inbox.find(identity).public()

    @router.get("/uploads/{identity}/file")
    def file(identity: str) -> FileResponse:
        return file_answer(studio.inbox.path(studio.inbox.find(identity)))

    @router.get("/uploads/{identity}/picture")
    def picture(identity: str) -> FileResponse:
        path = studio.inbox.picture(studio.inbox.find(identity))
        if not path.is_file():
            raise InputError("no picture in that upload; it is sound")
        return file_answer(path)


def add_readings(router: APIRouter, studio: Studio) -> None:
    """Add the routes of the judge's readings."""

    @router.post("/readings", status_code=202)
    def read(
        job: Annotated[str | None, Body(embed=True)] = None,
        upload: Annotated[str | None, Body(embed=True)] = None,
    ) -> dict[str, Any]:
        return studio.judge(job=job, upload=upload)

    @router.get("/readings/{identity}")
    def reading(identity: str) -> dict[str, Any]:
        return studio.readings.find(identity)

    @router.post("/readings/{identity}/cancel")
    def stop(identity: str) -> dict[str, Any]:
        studio.readings.cancel(identity)
        return {"id": identity}


def add_batches(router: APIRouter, studio: Studio) -> None:
    """Add the routes of manifests and their runs."""
    batches = Batches(studio, studio.store.path.parent / "batches")

    @router.post("/batches/plan")
    def plan(manifest: ManifestIn) -> dict[str, Any]:
        return batches.plan(manifest.text, name=manifest.name, files=manifest.files)

    @router.post("/batches", status_code=201)
    def start(manifest: ManifestIn) -> dict[str, Any]:
        return batches.start(manifest.text, name=manifest.name, files=manifest.files)

    @router.get("/batches")
    def runs() -> dict[str, Any]:
        return {"runs": batches.runs()}

    @router.get("/batches/{run}/zip")
    def pack(run: str) -> FileResponse:
        return file_answer(batches.pack(run), name=f"{run}.zip")


def add_talks(router: APIRouter, studio: Studio) -> None:
    """Add the routes of talking heads."""

    @router.post("/talks", status_code=202)
    def talk(values: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
        return studio.talks.start(values)

    @router.get("/talks/{identity}")
    def talking(identity: str) -> dict[str, Any]:
        return studio.talks.find(identity)

    @router.get("/talks/{identity}/clip")
    def talked(identity: str, download: bool = False) -> FileResponse:  # noqa: FBT001, FBT002
        path = studio.talks.clip(identity)
        return file_answer(path, name=path.name if download else None)

    @router.post("/talks/{identity}/cancel")
    def hush(identity: str) -> dict[str, Any]:
        studio.talks.cancel(identity)
        return {"id": identity}
