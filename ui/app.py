"""The studio itself: settings in, a web application out. `python -m ui.app` starts it."""

import argparse
import os
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from emogen.errors import EmogenError, ResourceError
from ui.settings import FOLDER, HOST, PORT, Settings, read_auth

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


def build(settings: Settings) -> Any:  # noqa: ANN401 - an ASGI application
    """Return the application of a studio, ready for a server.

    Raises:
        EmogenError: the folder cannot be used.
    """
    import gradio as gr
    from fastapi import FastAPI

    from ui.api import add_routes
    from ui.gate import Gate
    from ui.page import page
    from ui.studio import Studio
    from ui.theme import HEAD, theme

    studio = Studio(settings)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        del app
        studio.start()
        yield
        studio.close()

    app = FastAPI(lifespan=life, docs_url=None, redoc_url=None, openapi_url=None)
    add_routes(app, studio)
    app = gr.mount_gradio_app(
        app, page(studio), path="/", theme=theme(), head=HEAD, run_history=False, footer_links=[],
        show_error=True, max_file_size=1, allowed_paths=[], ssr_mode=False, pwa=False,
        mcp_server=False, app_kwargs={"docs_url": None, "redoc_url": None},
    )
    return Gate(app, settings)


def serve(settings: Settings) -> None:
    """Serve a studio until it is interrupted.

    Raises:
        EmogenError: the folder or the port cannot be used.
    """
    import uvicorn

    sock = bind(settings.host, settings.port)
    app = build(settings)
    host, port = sock.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    print(f"http://{shown}:{port}/", flush=True)  # noqa: T201 - its answer
    config = uvicorn.Config(
        app, log_level="warning", server_header=False, lifespan="on", timeout_graceful_shutdown=2,
        proxy_headers=False,
    )
    uvicorn.Server(config).run(sockets=[sock])


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        ResourceError: the address is taken or not of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host.strip("[]"), port))
        sock.listen(64)
    except OSError as error:
        sock.close()
        raise ResourceError(
            f"cannot listen at {host}:{port} ({error.strerror}); choose another --port"
        ) from error
    return sock


def parse(arguments: Sequence[str] | None = None) -> Settings:
    """Return the settings of a command line."""
    parser = argparse.ArgumentParser(prog="python -m ui.app", description="The emogen studio.")
    parser.add_argument("-o", "--output", type=Path, default=FOLDER, help="where clips lie")
    parser.add_argument("--host", default=HOST)
    parser.add_argument("--port", type=int, default=PORT, help="0 takes any that is free")
    parser.add_argument("--auth", help="NAME:PASSWORD; needed for a host that others see")
    parser.add_argument("--name", action="append", default=[], help="by which browsers know it")
    parser.add_argument("--model", action="append", help="a name or folder to offer")
    parser.add_argument("--device", help="such as cpu or cuda:0")
    given = parser.parse_args(arguments)
    return Settings(
        folder=given.output, host=given.host, port=given.port, auth=read_auth(given.auth),
        names=tuple(given.name), models=tuple(given.model or ["nano"]), device=given.device,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Be the process: serve, and say in one line what went wrong; return the exit code."""
    try:
        serve(parse(arguments))
    except EmogenError as error:
        print(f"emogen: {error}", file=sys.stderr)  # noqa: T201 - its answer
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
