"""What a visitor does with a page of the studio, each with an end: a page in, what it shows out.

Nothing here waits without a limit. What runs inside the page, such as a clip that plays, is looked
at from outside, since an evaluation that never returns has no time limit of its own.
"""

import os
import re

import pytest

from tests.ui.serving import PATIENCE_S, until

IS_ASKED = bool(os.environ.get("EMOGEN_BROWSER"))
if IS_ASKED:
    from playwright.sync_api import expect
else:
    expect = pytest.importorskip("playwright.sync_api", reason="pip install playwright").expect
expect.set_options(timeout=1000 * PATIENCE_S)

CLIP = "#results .card video"
TABS = ("Create", "Talk", "Judge", "Queue", "Gallery", "Grid", "Batch")
PLAYED = """(selector) => {
    const video = document.querySelector(selector);
    if (!video) return null;
    if (video.error) throw new Error(`the clip cannot be played: ${video.error.message}`);
    if (video.paused) video.play().catch(() => {});
    const hasPlayed = video.currentTime > 0 || video.played.length > 0;
    return hasPlayed && video.readyState >= 2 && video.videoWidth;
}"""


def fill_in(page, prompt="a red robot", *, seed=None, steps=2, frames=5):
    """Fill in the form, as small as the tiny model makes it."""
    page.locator("#prompt textarea").fill(prompt)
    page.get_by_role("button", name="Settings").click()
    for name, value in (("Steps", steps), ("Frames", frames)):
        field = page.get_by_label(f"number input for {name}", exact=True)
        field.fill(str(value))
        field.blur()
    page.get_by_label("Let the judge read the clip").uncheck()
    if seed is not None:
        page.get_by_label("Seed", exact=True).fill(str(seed))
        page.get_by_label("Keep seed").check()


def shows(page, emotion):
    """Wait until the emotion is written so, a text or a pattern, and return it."""
    field = page.locator("#emotion-text")
    expect(field).to_have_value(emotion)
    return field.input_value()


def create(page):
    """Press Create and return the id of the job."""
    cards = page.locator("#results .card")
    before = {card.get_attribute("data-id") for card in cards.all()}
    page.locator("#create").click()
    expect(cards).to_have_count(len(before) + 1)
    return next(one for card in cards.all() if (one := card.get_attribute("data-id")) not in before)


def plays(page, selector=CLIP):
    """Wait until a clip is there and has played."""
    page.wait_for_selector(selector)
    assert page.wait_for_function(PLAYED, arg=selector).json_value() == 32


def open_tab(page, name):
    """Open a tab, from the menu where the page is too narrow for all of them."""
    tab = page.get_by_role("tab", name=name, exact=True)
    more = page.get_by_role("button", name="More tabs")
    until(lambda: tab.count() or more.count(), said=lambda: f"for the tab {name}")
    if not tab.count():
        more.click()
        tab = page.locator(".overflow-dropdown").get_by_role("button", name=name, exact=True)
    tab.click()


def starting(text):
    """Return a pattern for what begins with a text."""
    return re.compile("^" + re.escape(text))
