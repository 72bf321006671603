"""What `gradio_client` can call: the actions of the page under stable names, plain values in, out.

Errors are raised as on the page; docs/studio.md has examples.
"""

from typing import Any

import gradio as gr

from emogen.errors import EmogenError
from ui.curve import read_curve
from ui.studio import Studio


def add(studio: Studio) -> None:
    """Add the functions to the page that is being built."""

    def create(settings: dict[str, Any]) -> dict[str, Any]:
        """Put a clip into the queue; settings as in a line of a manifest."""
        return _told(lambda: studio.create(settings))

    def plan(settings: dict[str, Any]) -> dict[str, Any]:
        """Say what a request would make and take."""
        return _told(lambda: studio.plan(settings))

    def job(id: str) -> dict[str, Any]:  # noqa: A002 - the word of the API
        """Say where a job is."""
        return _told(lambda: studio.job(id))

    def jobs(text: str = "", emotion: str = "", limit: int = 48) -> dict[str, Any]:
        """Return finished clips, the newest first."""
        return _told(lambda: studio.jobs(
            ["done"], wanted={"text": text, "emotion": emotion}, limit=limit
        ))

    def cancel(ids: list[str]) -> list[str]:
        """Take jobs out of the queue."""
        return _told(lambda: studio.cancel(ids))

    def retry(ids: list[str]) -> list[str]:
        """Put jobs back into the queue."""
        return _told(lambda: studio.retry(ids))

    def emotion(spec: str, seconds: float = 2.0) -> dict[str, Any]:
        """Say what an emotion means over a clip."""
        return _told(lambda: read_curve(spec, seconds=seconds))

    for function in (create, plan, job, jobs, cancel, retry, emotion):
        gr.api(function, api_name=function.__name__)


def _told(action: Any) -> Any:  # noqa: ANN401 - passes on what it returns
    try:
        return action()
    except EmogenError as error:
        problems = getattr(error, "problems", None) or [str(error)]
        raise gr.Error("\n".join(problems), print_exception=False) from error
