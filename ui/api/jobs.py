"""Routes of jobs and of the queue."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Query
from fastapi.responses import FileResponse, Response

import emogen
from emogen.errors import InputError
from emogen.rendering.store import STATES
from ui.api.answers import file_answer
from ui.batches import RUN
from ui.curve import read_curve
from ui.packs import pack
from ui.studio import RUN as DEFAULT_RUN
from ui.studio import Studio

MOST = 200
Ids = Annotated[list[str], Body(embed=True, max_length=1000)]
Move = Literal["first", "up", "down", "last"]
PLACES: dict[str, int] = {"first": -(10**6), "up": -1, "down": 1, "last": 10**6}


def add_jobs(router: APIRouter, studio: Studio) -> None:
    """Add the routes of asking for clips and finding them."""

    @router.post("/jobs", status_code=201)
    def create(values: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
        run = str(values.get("run") or DEFAULT_RUN)
        if not RUN.fullmatch(run):
            raise InputError(f"expected a run of a-z, 0-9 and dashes, got {run[:60]!r}")
        return studio.create(values, run=run)

    @router.post("/plan")
    def plan(values: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
        return studio.plan(values)

    @router.get("/jobs")
    def jobs(  # noqa: PLR0913 - one argument a filter
        state: Annotated[list[str] | None, Query()] = None,
        id: Annotated[list[str] | None, Query(max_length=MOST)] = None,  # noqa: A002
        text: str = "", emotion: str = "",
        read: str = "", min_score: Annotated[float, Query(ge=0, le=1)] = 0.0,
        starred: bool = False, run: str = "",  # noqa: FBT001, FBT002 - from the query
        limit: Annotated[int, Query(ge=1, le=MOST)] = 48, skip: Annotated[int, Query(ge=0)] = 0,
    ) -> dict[str, Any]:
        unknown = set(state or ()) - set(STATES)
        if unknown:
            raise InputError(f"expected states of {', '.join(STATES)}, got {', '.join(unknown)}")
        wanted = {"text": text, "emotion": emotion, "read": read, "min_score": min_score,
                  "is_starred": starred, "run": run}
        return studio.jobs(state or None, ids=id, wanted=wanted, limit=limit, skip=skip)

    @router.get("/emotion")
    def emotion(
        spec: Annotated[str, Query(max_length=2000)] = "",
        seconds: Annotated[float, Query(gt=0, le=3600)] = 2.0,
    ) -> dict[str, Any]:
        return read_curve(spec, seconds=seconds)


def add_clips(router: APIRouter, studio: Studio) -> None:
    """Add the routes of one clip."""

    @router.get("/jobs/{identity}")
    def job(identity: str) -> dict[str, Any]:
        return studio.job(identity)

    @router.get("/jobs/{identity}/clip")
    def clip(identity: str, download: bool = False) -> FileResponse:  # noqa: FBT001, FBT002
        path = studio.clip(identity)
        return file_answer(path, name=path.name if download else None)

    @router.get("/jobs/{identity}/preview")
    def preview(identity: str) -> Response:
        return Response(studio.preview(identity), media_type="image/jpeg")

    @router.get("/jobs/{identity}/export")
    def export(identity: str, kind: str) -> FileResponse:
        path = studio.export(identity, kind)
        stem = studio.clip(identity).stem
        return file_answer(path, name=f"{stem}-{kind}{path.suffix}")

    @router.get("/pack")
    def packed(
        ids: Annotated[list[str], Query(max_length=100)], kind: str = "mp4"
    ) -> FileResponse:
        return file_answer(pack(studio, ids, kind=kind), name=f"emogen-{kind}.zip")

    @router.get("/jobs/{identity}/extend")
    def extend(identity: str) -> dict[str, Any]:
        return studio.extend(identity)


def add_queue(router: APIRouter, studio: Studio) -> None:
    """Add the routes of the queue."""

    @router.get("/feed")
    def feed() -> dict[str, Any]:
        return {**studio.feed(), "version": emogen.__version__}

    @router.post("/cancel")
    def cancel(ids: Ids) -> dict[str, Any]:
        return {"ids": studio.cancel(ids)}

    @router.post("/retry")
    def retry(ids: Ids) -> dict[str, Any]:
        return {"ids": studio.retry(ids)}

    @router.post("/star")
    def star(ids: Ids, is_starred: Annotated[bool, Body(embed=True)] = True) -> dict[str, Any]:  # noqa: FBT002
        whole = studio.store.whole_ids(ids)
        studio.ledger.star(whole, is_starred=is_starred)
        return {"ids": whole, "is_starred": is_starred}

    @router.post("/move")
    def move(
        id: Annotated[str, Body(embed=True)], to: Annotated[Move, Body(embed=True)]  # noqa: A002
    ) -> dict[str, Any]:
        return {"place": studio.move(id, places=PLACES[to])}

    @router.post("/pause")
    def pause(is_paused: Annotated[bool, Body(embed=True)]) -> dict[str, Any]:
        studio.pause(is_paused=is_paused)
        return {"is_paused": is_paused}
