"""A real studio in a process of its own with a tiny model, and a real browser if there is one."""

import os
import shutil
import signal

import pytest

pytest.importorskip("gradio", reason="the studio needs gradio: pip install 'emogen[ui]'")
from tests.ui.serving import PATIENCE_S, Served, deadline

TEST_S = 4 * PATIENCE_S
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory):
    """A folder with an untrained Wan pipeline and its emotion adapter, both real."""
    from tests.tiny import save_tiny_model

    return save_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def served(tmp_path_factory, tiny_model):
    """A studio for tests that leave it as it was."""
    studio = Served(tmp_path_factory.mktemp("studio"), "--model", tiny_model, "--device", "cpu")
    studio.start()
    yield studio
    studio.stop()


@pytest.fixture
def own(tmp_path, tiny_model):
    """A studio for one test, which may kill it."""
    studio = Served(tmp_path / "studio", "--model", tiny_model, "--device", "cpu").start()
    yield studio
    if studio.process.poll() is None:
        studio.stop()


@pytest.fixture(scope="module")  # its event loop would stand in the way of other modules
def chromium():
    """A real browser, where it is asked for: it takes minutes and a quiet machine."""
    if not os.environ.get("EMOGEN_BROWSER"):
        pytest.skip("set EMOGEN_BROWSER=1 to drive a real browser")
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        pytest.fail("EMOGEN_BROWSER needs a browser: apt-get install chromium")
    with sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--mute-audio"]
        )
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium):
    """Open a page of a studio as a new visitor; fails a test whose page raised an error.

    A browser that hangs is killed, which ends whatever waits for it, as a failure.
    """
    contexts, errors = [], []

    def open_(url, **options):
        context = chromium.new_context(**options)
        context.set_default_timeout(1000 * PATIENCE_S)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(url)
        page.wait_for_selector("#pad-handle")
        return page

    pid = pid_of(chromium)
    with deadline(TEST_S, lambda: os.kill(pid, signal.SIGKILL)):
        yield open_
        for context in contexts:
            context.close()
    away = ("Failed to fetch", "network error", "aborted")  # a studio that a test killed
    assert [error for error in errors if not any(word in error for word in away)] == []


def pid_of(browser):
    """Return the process of a browser."""
    session = browser.new_browser_cdp_session()
    found = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    return next(one["id"] for one in found if one["type"] == "browser")
