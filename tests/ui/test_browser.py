"""What people do with the studio, in a real browser: gestures in, clips on the page out."""

import re
import signal

import pytest

from tests.ui.browsing import (
    TABS,
    create,
    expect,
    fill_in,
    open_tab,
    plays,
    shows,
    starting,
)


def test_a_drawn_curve_becomes_a_clip_then_a_remix(served, visit) -> None:
    page = visit(served.url)
    box = page.locator(".pad-plane").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.2, steps=4)
    page.mouse.up()
    shows(page, starting("v=-0.6,a=0.6"))
    page.locator("#add-moment").click()
    shows(page, re.compile("->"))
    page.locator("#strength-contentment").fill("0.9")
    asked = shows(page, re.compile(r"^v=-0\.6,a=0\.6.* -> .*contentment:0\.9.*@0\.5s$"))

    fill_in(page, seed=5)
    identity = create(page)
    plays(page)
    job = served.ask(f"jobs/{identity}")
    assert (job["state"], job["seed"], job["emotion"]) == ("done", 5, asked)
    assert job["asked"][0] in {"fear", "anger", "disgust"}

    open_tab(page, "Gallery")
    page.locator("#gallery-emotion").select_option(job["asked"][0])
    card = page.locator(f"#gallery [data-id='{identity}']")
    card.wait_for()
    page.locator("#gallery-text").fill("no such scene")
    card.wait_for(state="detached")
    page.locator("#gallery-text").fill("robot")
    card.get_by_role("button", name="Remix").click()
    page.locator("#create").wait_for()
    shows(page, asked)
    expect(page.locator("#prompt textarea")).to_have_value("a red robot")
    expect(page.get_by_label("Seed", exact=True)).to_have_value(re.compile(r"^(?!0$|5$)\d+$"))


def test_text_and_editor_say_the_same(served, visit) -> None:
    page = visit(served.url)
    page.locator("#emotion-text").fill("sadness:0.8@0s ~> joy@0.4s")
    page.locator(".keyframe").nth(1).wait_for()
    assert page.locator(".keyframe").count() == 2
    expect(page.locator("#strength-sadness")).to_have_value("0.8")
    page.locator(".keyframe").nth(1).focus()
    page.keyboard.press("ArrowLeft")
    shows(page, "sadness:0.8@0s ~> joy@0.35s")
    expect(page.locator("#keyframe-way")).to_be_disabled()
    page.locator(".keyframe").nth(0).focus()
    page.locator("#keyframe-way").select_option("=>")
    shows(page, re.compile("=>"))
    page.locator(".keyframe").nth(1).focus()
    page.keyboard.press("Delete")
    shows(page, "sadness:0.8")
    page.locator("#pad-handle").focus()
    page.keyboard.press("ArrowRight")
    shows(page, starting("v=-0.43,"))
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("number input for Frames", exact=True).fill("9")
    page.get_by_label("number input for Frames", exact=True).blur()
    expect(page.locator(".timeline-ends")).to_have_text(re.compile("1 s$"))
    page.locator("#emotion-text").fill("quiet dread")
    expect(page.locator("#emotion-means")).to_contain_text("is read as")
    page.locator("#emotion-text").fill("hapy")
    expect(page.locator("#emotion-means")).to_contain_text("did you mean")


@pytest.mark.slow  # a studio of its own
def test_reload_and_restart_lose_nothing(own, visit) -> None:
    page = visit(own.url)
    fill_in(page, "a long one", steps=100, frames=161)
    identity = create(page)
    card = page.locator(f"#results [data-id='{identity}']")
    assert own.wait(identity, "running", "done")["state"] == "running"
    page.reload()
    card.wait_for()
    own.stop(signal.SIGKILL)
    page.locator(".away").wait_for(state="visible")
    own.start()
    job = own.wait(identity)
    assert job["state"] == "done"
    page.reload()
    plays(page)


@pytest.mark.slow  # two visitors, many jobs
def test_two_people_at_once_and_a_cancelled_job(own, visit) -> None:
    first, second = visit(own.url), visit(own.url)
    for page, prompt in ((first, "a red robot"), (second, "a blue cat")):
        fill_in(page, prompt, steps=40)
    mine, yours = create(first), create(second)
    assert mine != yours
    third = own.create(prompt="never made", steps=100, seed=9)
    open_tab(second, "Queue")
    row = second.locator(f"#queue tr[data-id='{third}']")
    row.get_by_role("button", name="Cancel").click()
    own.wait(third, "cancelled")
    plays(first)
    assert own.wait(mine)["prompt"] == "a red robot"
    assert own.wait(yours)["prompt"] == "a blue cat"
    assert first.locator(f"#results [data-id='{yours}']").count() == 0


@pytest.mark.slow  # reads files in processes of their own
def test_bad_files_are_refused_in_words(served, visit, tmp_path) -> None:
    page = visit(served.url)
    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 200)
    (tmp_path / "page.png").write_text("<script>alert(1)</script>")
    for name, said in (("bad.png", "cannot be decoded"), ("page.png", "begins otherwise")):
        page.locator("#first-picture-file").set_input_files(tmp_path / name)
        page.locator("#emogen-said", has_text=said).wait_for()
        assert str(tmp_path) not in page.locator("#emogen-said").inner_text()
    assert page.locator(".dropped img").count() == 0


@pytest.mark.slow
@pytest.mark.judge("vision", "fusion")
def test_two_clips_side_by_side(served, visit, tmp_path) -> None:
    first = served.create(prompt="a red robot", emotion="fear:0.8", seed=21)
    second = served.create(prompt="a red robot", emotion="joy:0.8", seed=22)
    for one in (first, second):
        served.wait(one)
    page = visit(served.url)
    open_tab(page, "Judge")
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(served.client.get(f"api/v1/jobs/{first}/clip").content)
    page.locator("#judge-A").set_input_files(clip)
    page.locator(".panel").nth(0).locator(".verdict").wait_for()
    assert "fear:0.8" in page.locator(".panel").nth(0).inner_text(), "what was asked is shown"
    open_tab(page, "Gallery")
    page.locator(f"#gallery [data-id='{second}']").get_by_role("button", name="Judge").click()
    page.locator(".panel").nth(1).locator(".verdict").wait_for()
    expect(page.locator(".difference")).to_contain_text("B against A")
    page.locator("#scrub").fill("0.25")
    clips = page.locator(".panel video")
    times = clips.evaluate_all("(clips) => clips.map((clip) => clip.currentTime)")
    assert times == pytest.approx([0.25, 0.25], abs=0.02)


@pytest.mark.slow
def test_a_batch_from_its_manifest_to_a_zip(served, visit) -> None:
    page = visit(served.url)
    open_tab(page, "Batch")
    lines = [
        '{"prompt": "a cat", "model": "tiny", "matrix": {"seed": "0..1"}, "steps": 2}',
        '{"prompt": "a fox", "image": "/etc/passwd", "model": "tiny"}',
    ]
    page.locator("#manifest-text").fill("\n".join(lines))
    page.locator("#batch-plan").click()
    page.locator(".plan .problem", has_text="uploaded file").wait_for()
    page.locator("#manifest-text").fill(lines[0])
    page.locator("#batch-start").click()
    page.locator(".plan", has_text="2 new jobs").wait_for()
    row = page.locator("tr[data-run^='manifest-']", has_text="ZIP")
    expect(row.locator("td").first).to_have_text("2")
    with page.expect_download() as download:
        row.get_by_role("link").click()
    assert download.value.suggested_filename.startswith("manifest-")


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_against_accessibility(served, visit, scheme) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    served.wait(served.create(seed=31, emotion="awe:0.5"))
    page = visit(served.url, color_scheme=scheme)
    for tab in TABS:
        open_tab(page, tab)
        page.wait_for_timeout(1500)
        found = axe.Axe().run(page)
        serious = [
            f"{tab}: {one['id']}: {one['nodes'][0]['html'][:200]}"
            for one in found.response["violations"] if one["impact"] in {"serious", "critical"}
        ]
        assert serious == []


@pytest.mark.slow
def test_a_phone_needs_no_sideways_scrolling(served, visit) -> None:
    page = visit(served.url, viewport={"width": 375, "height": 740})
    for tab in TABS:
        if tab != "Create":
            open_tab(page, tab)
        page.wait_for_timeout(500)
        assert page.evaluate("document.documentElement.scrollWidth") <= 376, tab


