"""The door: requests of all kinds in, who passes out."""

import asyncio

import httpx
import pytest

from ui.gate import SMALL_BYTES, Gate
from ui.settings import Limits, Settings

AUTH = ("ada", "long enough")


async def echo(scope, receive, send):
    """Answer with how much came."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    headers = [(b"content-type", b"text/plain"), (b"access-control-allow-origin", b"*")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": str(size).encode()})


def ask(settings, method="GET", path="/", host="127.0.0.1:7860", **options):
    async def asked():
        transport = httpx.ASGITransport(app=Gate(echo, settings))
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
            return await client.request(method, path, **options)

    return asyncio.run(asked())


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1:7860", 200), ("localhost", 200), ("[::1]:7860", 200), ("evil.example", 421),
     ("127.0.0.1.evil.example", 421)],
)
def test_only_names_of_this_machine(host, status) -> None:
    assert ask(Settings(), host=host).status_code == status


def test_a_name_can_be_allowed() -> None:
    settings = Settings(names=("studio.example",))
    assert ask(settings, host="studio.example").status_code == 200
    assert ask(settings, host="other.example").status_code == 421


def test_the_password() -> None:
    settings = Settings(host="0.0.0.0", auth=AUTH)
    refused = ask(settings, host="10.0.0.1")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Basic")
    assert ask(settings, host="10.0.0.1", auth=("ada", "long enougi")).status_code == 401
    assert ask(settings, host="10.0.0.1", auth=AUTH).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 200), ({"origin": "http://127.0.0.1:7860"}, 200), ({"origin": "null"}, 403),
     ({"origin": "http://evil.example"}, 403), ({"sec-fetch-site": "cross-site"}, 403),
     ({"origin": "http://127.0.0.1:8000"}, 403), ({"sec-fetch-site": "same-site"}, 403)],
)
def test_other_sites_change_nothing(headers, status) -> None:
    assert ask(Settings(), "POST", headers=headers).status_code == status


def test_other_sites_may_link_to_the_page_but_ask_nothing_of_the_api() -> None:
    elsewhere = {"sec-fetch-site": "cross-site"}
    assert ask(Settings(), headers=elsewhere).status_code == 200
    assert ask(Settings(), path="/api/v1/feed", headers=elsewhere).status_code == 403


def test_no_other_site_may_read_or_frame() -> None:
    headers = ask(Settings(), headers={"origin": "http://evil.example"}).headers
    assert "access-control-allow-origin" not in headers
    assert headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


def test_large_requests_end_at_the_door() -> None:
    assert ask(Settings(), "POST", content=b"x" * (SMALL_BYTES + 1)).status_code == 413
    settings = Settings(limits=Limits(upload_bytes=SMALL_BYTES * 2))
    large = b"x" * (SMALL_BYTES + 1)
    assert ask(settings, "POST", "/api/v1/uploads", content=large).text == str(len(large))


def test_a_length_that_lies_is_counted() -> None:
    async def chunks():
        for _ in range(10):
            yield b"x" * (SMALL_BYTES // 4)

    assert int(ask(Settings(), "POST", content=chunks()).text) <= SMALL_BYTES


def test_gradio_takes_and_gives_no_files() -> None:
    for path in ("/gradio_api/upload", "/gradio_api/file=/etc/passwd", "/gradio_api/proxy=x"):
        assert ask(Settings(), "POST", path).status_code == 404
