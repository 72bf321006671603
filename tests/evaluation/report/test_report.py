"""The report of a campaign on disk: three files that say the same and load nothing."""

import base64
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from emogen.emotion import MIKELS
from emogen.errors import InputError
from emogen.evaluation.campaign import ClipRequest
from emogen.evaluation.report import write_report
from emogen.evaluation.report.gallery import SIDE, embedded, extremes, small
from emogen.media import Clip, probe, read_video, write_video
from tests.evaluation.made import category, distribution, of, on_disk, said

HOSTILE = "a cat</script><img src=x onerror=alert(1)>\"'&"
PROMPTS = ("a dog", "a fox", HOSTILE)
VOID = {"meta", "br", "img", "link", "input"}


class Page(HTMLParser):
    """Notes every element, and whether all are closed in order."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.text = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def rows():
    made = [
        category(prompt, asked, asked if asked != "fear" else "sadness", group="sticker")
        for prompt in PROMPTS for asked in MIKELS
    ]
    made += [
        category(prompt, "awe", "awe", strength=strength, intensity=strength)
        for prompt in PROMPTS for strength in (0.2, 0.6, 1.0)
    ]
    for prompt in PROMPTS:
        asked = {"prompt": prompt, "seed": 0}
        curve = (distribution("fear", 0.9), distribution("awe", 0.9))
        judge = said("fear", curve=curve)
        made.append(of(ClipRequest(part="curves", measures="curve", emotion="fear:1 -> awe:1",
                                   **asked), judge, judge))
        made.append(of(ClipRequest(part="neutral", measures="neutral", emotion="neutral", **asked),
                       said("neutral"), said("neutral")))
    lost = category("a lost one", "fear", "fear", seed=9)
    return [*made, lost.model_copy(update={"error": "it broke", "clip": None, "picture": None,
                                           "judges": {}})]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report") / "run"
    on_disk(folder, rows())
    on_disk(folder / "ceiling", rows()[:24], card=False)
    return write_report(folder, resamples=100)


@pytest.fixture(scope="module")
def page(report):
    return Page(report.html.read_text())


def test_every_element_is_closed_and_every_link_has_its_target(page) -> None:
    assert page.open == []
    names = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    assert {link["href"].removeprefix("#") for link in page.all("a")} <= names
    for attributes in (a for _, a in page.elements):
        assert attributes.get("aria-labelledby", "main") in names


def test_nothing_is_loaded_from_anywhere(report, page) -> None:
    [policy] = [m["content"] for m in page.all("meta") if "http-equiv" in m]
    assert policy.startswith("default-src 'none'")
    for _, attributes in page.elements:
        for name in ("src", "href", "poster", "data", "srcset"):
            assert attributes.get(name, "#").startswith(("#", "data:video/mp4;base64,"))
    text = report.html.read_text()
    assert not re.search(r"url\(|@import|fetch\(|https?://", text)


def test_a_hostile_prompt_stays_text(page) -> None:
    assert not page.all("img")
    assert HOSTILE in "".join(page.text)
    assert len(page.all("script")) == 1


def test_clips_play_inside(page, tmp_path) -> None:
    videos = page.all("video")
    assert len(videos) >= 3 + 8  # curves, worst and best
    for video in videos:
        assert {"controls", "muted", "loop", "playsinline", "aria-label"} <= set(video)
    path = tmp_path / "a.mp4"
    path.write_bytes(base64.b64decode(videos[0]["src"].partition(",")[2]))
    assert probe(path).video.num_frames == 9


def test_pictures_speak(page) -> None:
    charts = page.all("svg")
    assert len(charts) == 3 + 2 + 2  # curves, strength and reliability a judge
    assert all(chart["role"] == "img" and chart["aria-label"] for chart in charts)
    for table in ("heat", "figures"):
        assert any(table in (a.get("class") or "") for a in page.all("table"))
    assert sum(a.get("scope") == "col" for a in page.all("th")) > 9


def test_the_three_files_say_the_same(report, page) -> None:
    summary = json.loads(report.json.read_text())
    assert summary == report.summary
    value = summary["judges"]["main"]["figures"]["ea8"]["value"]
    shown = f"{100 * value:.0f}\u00a0%"
    assert shown == "88\u00a0%"
    markdown, text = report.markdown.read_text(), "".join(page.text)
    for part in (shown, "it broke", "nano", "Second judge", "EA-2", "Cohen's kappa"):
        assert part in markdown
        assert part in text
    for asked in MIKELS:
        assert f"| {asked} |" in markdown


def test_run_card_is_whole(report, page) -> None:
    card = json.loads((report.html.parent / "run.json").read_text())
    text = "".join(page.text)
    for part in (card["protocol"]["sha256"], card["generator"]["sha256"], card["emogen"],
                 card["started"], "emogen evaluate"):
        assert part in text
        assert part in report.markdown.read_text()


def test_worst_and_best(report) -> None:
    worst, best = extremes(rows()[:24], ["main", "second"])
    assert {row.asked for row in worst[:2]} == {"fear"}
    assert "fear" not in {row.asked for row in best}
    assert max(sum(row.asked == name for row in best) for name in MIKELS) <= 2


def test_large_clips_are_made_small(tmp_path) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (5, 300, 500, 3), dtype=np.uint8)
    clip = Clip(frames=frames, fps=8.0)
    assert (small(clip).width, small(clip).height) == (SIDE, SIDE * 300 // 500)
    data = embedded(write_video(clip, tmp_path / "a.webm"))
    (tmp_path / "b.mp4").write_bytes(base64.b64decode(data.partition(",")[2]))
    shown = read_video(tmp_path / "b.mp4")
    assert shown.num_frames == 5
    assert max(shown.width, shown.height) == SIDE


def test_no_campaign(tmp_path) -> None:
    with pytest.raises(InputError, match="no campaign in"):
        write_report(tmp_path)
