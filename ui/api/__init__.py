"""The HTTP API: JSON in, JSON or a file out; the same actions as on the pages.

docs/studio.md describes it. Errors are {"error": "expected ..., got ...; remedy", "problems": [..]}
with status 400 for the request, 404 for what is not there, 503 for the machine.
"""

from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse

from emogen.errors import EmogenError, InputError
from ui.api.answers import refused
from ui.api.files import add_batches, add_files, add_readings, add_talks
from ui.api.jobs import add_clips, add_jobs, add_queue
from ui.studio import Studio

WEB = Path(__file__).resolve().parent.parent / "web"
ROUTE = "/api/v1"
TYPES = {".js": "text/javascript", ".css": "text/css"}
ADDED = (add_jobs, add_clips, add_queue, add_files, add_readings, add_batches, add_talks)


def add_routes(app: FastAPI, studio: Studio) -> None:
    """Add the API of a studio to an application."""
    router = APIRouter(prefix=ROUTE)
    for add in ADDED:
        add(router, studio)
    app.include_router(router)
    app.add_exception_handler(EmogenError, refused)

    @app.get("/web/{name}", include_in_schema=False)
    def web(name: str) -> FileResponse:
        path = WEB / name
        if path.name != name or path.suffix not in TYPES or not path.is_file():
            raise InputError("no such page; begin at /")
        return FileResponse(
            path, media_type=TYPES[path.suffix], headers={"cache-control": "no-cache"}
        )
