"""The door: every request in; those of this machine's browsers, or with the password, through.

Against pages of other sites that send requests to a studio on this machine, the names by which it
may be addressed and the origin of whatever changes something are checked; against other people, the
password. What leaves carries headers that let no other site frame or read it.
"""

import base64
import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from ui.settings import MIB, Settings, is_loopback

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
CLOSED = ("/gradio_api/upload", "/gradio_api/file", "/gradio_api/proxy", "/gradio_api/stream",
          "/gradio_api/deep_link", "/gradio_api/component_server")
"""Doors of Gradio that the studio does not need: it takes and gives files by its own."""
SMALL_BYTES = 8 * MIB
"""Most bytes of a request that is no upload."""
HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=(self)",
    b"content-security-policy": (
        b"default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:;"
        b" style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:;"
        b" media-src 'self' blob:; font-src 'self' data:; connect-src 'self'; object-src 'none';"
        b" frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
    ),
}


class Gate:
    """Middleware around the whole studio.

    Args:
        app: what is behind the door.
        settings: who may come in.
    """

    def __init__(self, app: App, settings: Settings) -> None:
        self._app, self._settings = app, settings
        self._key = None
        if settings.auth is not None:
            self._key = base64.b64encode(":".join(settings.auth).encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through or answer it."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await _answer(scope, send, *refusal)
            return
        most = self._settings.limits.upload_bytes + MIB if _is_upload(scope) else SMALL_BYTES
        await self._app(scope, _counted(receive, most), _with_headers(send, scope["path"]))

    def _refusal(self, scope: Scope, headers: dict[bytes, bytes]) -> tuple[int, str] | None:
        """Return status and reason where a request may not pass."""
        if scope["path"].startswith(CLOSED):
            return 404, "not here; the studio has files under /api/v1"
        host = headers.get(b"host", b"").decode("latin-1")
        if not self._is_known(host):
            return 421, "this studio is not known by that name; see --name in emogen ui --help"
        if not self._has_password(headers.get(b"authorization", b"")):
            return 401, "name and password, please"
        is_page = scope.get("method", "GET") in SAFE and not scope["path"].startswith("/api/")
        if not is_page and not _is_own(headers, host):
            return 403, "requests of other sites are refused"
        length = headers.get(b"content-length", b"0")
        most = self._settings.limits.upload_bytes + MIB if _is_upload(scope) else SMALL_BYTES
        if not length.isdigit() or int(length) > most:
            return 413, f"expected at most {most // MIB} MiB, got more; send a smaller file"
        return None

    def _is_known(self, host: str) -> bool:
        name = urlsplit(f"//{host}").hostname or ""
        if is_loopback(name) or name in self._settings.names:
            return True
        return self._settings.auth is not None and not self._settings.names

    def _has_password(self, given: bytes) -> bool:
        if self._key is None:
            return True
        kind, _, key = given.partition(b" ")
        return kind.lower() == b"basic" and hmac.compare_digest(key.strip(), self._key)


def _is_own(headers: dict[bytes, bytes], host: str) -> bool:
    """Tell whether a request comes from the studio's own pages or from no page at all."""
    if headers.get(b"sec-fetch-site", b"none") not in {b"same-origin", b"none"}:
        return False
    origin = headers.get(b"origin")
    return origin is None or urlsplit(origin.decode("latin-1")).netloc == host


def _is_upload(scope: Scope) -> bool:
    return scope["path"].rstrip("/").endswith(("/uploads", "/upload"))


def _counted(receive: Receive, most: int) -> Receive:
    """Return a receiver that ends a body which is larger than its header may have said."""
    size = 0

    async def counted() -> MutableMapping[str, Any]:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        return {"type": "http.disconnect"} if size > most else message

    return counted


def _with_headers(send: Send, path: str) -> Send:
    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            there = {name.lower() for name, _ in message["headers"]}
            more = dict(HEADERS)
            if path.startswith("/api/") and b"cache-control" not in there:
                more[b"cache-control"] = b"no-store"
            kept = [(name, value) for name, value in message["headers"]
                    if name.lower() not in more and not name.lower().startswith(b"access-control")]
            message = {**message, "headers": [*kept, *more.items()]}
        await send(message)

    return sending


async def _answer(scope: Scope, send: Send, status: int, reason: str) -> None:
    """Refuse a request with one line."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8"), *HEADERS.items()]
    if status == 401:
        headers.append((b"www-authenticate", b'Basic realm="emogen studio", charset="UTF-8"'))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": f"{reason}\n".encode()})
