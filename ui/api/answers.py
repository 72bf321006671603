"""What the API answers with: files under types of ours, errors as sentences."""

from pathlib import Path

from fastapi import Request
from fastapi.responses import FileResponse, JSONResponse

from ui.views import scrub

KINDS = {
    ".mp4": "video/mp4", ".webm": "video/webm", ".gif": "image/gif", ".webp": "image/webp",
    ".png": "image/png", ".wav": "audio/wav", ".flac": "audio/flac", ".ogg": "audio/ogg",
    ".mp3": "audio/mpeg", ".zip": "application/zip",
}


def file_answer(path: Path, *, name: str | None = None) -> FileResponse:
    """Return a file under a type of ours, never as a page; `name` makes it a download."""
    kind = KINDS.get(path.suffix.lower(), "application/octet-stream")
    return FileResponse(path, media_type=kind, filename=name,
                        headers={"cache-control": "private, no-cache"})


def refused(request: Request, error: Exception) -> JSONResponse:
    """Answer with what a person can do about an error."""
    del request
    message = scrub(str(error))
    is_machine = getattr(error, "exit_code", 1) == 3
    status = 503 if is_machine else 404 if message.startswith("no ") else 400
    problems = [scrub(text) for text in getattr(error, "problems", ())]
    return JSONResponse({"error": message, "problems": problems}, status_code=status)
