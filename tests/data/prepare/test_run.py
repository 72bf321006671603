"""Preparing from end to end: what is kept, what is set aside and why, always the same bytes."""

import json
import shutil

import numpy as np
import pytest

from emogen.data.corpora import Place
from emogen.data.prepare.choose import Planned
from emogen.data.prepare.frames import read_frames
from emogen.data.prepare.run import prepare
from emogen.data.prepare.settings import PrepareSettings
from emogen.data.prepare.work import Crew
from emogen.errors import InputError, MediaError
from tests.data.prepare.clips import SETTINGS, scene, tree, write

HERE = Crew(workers=0)


def lines(folder, name):
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


@pytest.fixture(scope="module")
def folder(prepared):
    from pathlib import Path

    return Path(prepared.output)


def test_every_entry_is_an_example_or_left_out_with_a_reason(prepared, folder):
    rows = lines(folder, "manifest.jsonl")
    assert [row["path"] for row in rows] == [
        "animation/amusement/cat.mp4", "animation/contentment/dog.mp4", "sticker/awe/star.gif",
        "movie/storm_001.mp4", "movie/storm_002.mp4", "movie/storm_003.mp4", "movie/storm_004.mp4",
    ]
    out = {row["path"]: row for row in lines(folder, "left_out.jsonl")}
    assert {path: row["rule"] for path, row in out.items()} == {
        "animation/amusement/again.mp4": "duplicate", "sticker/anger/brief.gif": "short",
        "sticker/anger/tiny.gif": "small",
    }
    assert "looks like animation/amusement/cat.mp4" in out["animation/amusement/again.mp4"][
        "reason"]
    assert "at least 5 frames at 16 fps, got 3" in out["sticker/anger/brief.gif"]["reason"]
    assert len(rows) + len(out) + len(prepared.quarantined) == prepared.statistics["entries"] == 14


def test_files_that_are_no_clips_are_in_quarantine(folder):
    reasons = {row["path"]: row["reason"] for row in lines(folder, "quarantine.jsonl")}
    assert set(reasons) == {"movie/half.mp4", "movie/text.mp4", "movie/empty.mp4", "movie/gone.mp4"}
    assert "no such file" in reasons["movie/gone.mp4"]
    assert "empty file" in reasons["movie/empty.mp4"]
    assert all("\n" not in reason for reason in reasons.values())


def test_examples_lie_in_buckets_at_their_own_speed(folder):
    rows = {row["path"]: row for row in lines(folder, "manifest.jsonl")}
    assert rows["sticker/awe/star.gif"]["bucket"] == "48x64x17"
    storm = rows["movie/storm_001.mp4"]  # two seconds at 24 fps are 32 frames at 16
    assert (storm["bucket"], storm["first_frame"], storm["seconds"]) == ("64x48x17", 7, 2.0)
    cut = rows["movie/storm_004.mp4"]  # its longest shot begins at frame 18
    assert cut["bucket"] == "64x48x17"
    assert cut["first_frame"] >= 19
    assert cut["emotion"] == "sadness"
    assert cut["words"]["emovid"] == 'storm_004 at sea. The video is in the "sadness" emotion'


def test_neighbours_share_a_split_and_give_transitions(prepared, folder):
    rows = [row for row in lines(folder, "manifest.jsonl") if row["kind"] == "movie"]
    assert len({row["split"] for row in rows}) == len({row["group"] for row in rows}) == 1
    table = prepared.statistics["transitions"]
    assert table["pairs"] == 3
    fear, sadness = table["labels"].index("fear"), table["labels"].index("sadness")
    assert table["counts"][fear][fear] == table["counts"][fear][sadness] == 1
    assert table["counts"][sadness][sadness] == 1


def test_the_frames_are_those_of_the_shot(corpus, folder):
    line = next(line for line in (folder / "manifest.jsonl").read_text().splitlines()
                if "storm_004" in line)
    example = Planned.from_line(line)
    assert example.to_line() == line
    frames = read_frames(Place(corpus), example)
    want = scene(10, 30)[example.first_frame - 18:][:17]
    assert frames.shape == want.shape
    assert np.abs(frames.astype(int) - want).mean() < 8


def test_a_file_that_was_cut_short_since_is_noticed(corpus, folder, tmp_path):
    line = (folder / "manifest.jsonl").read_text().splitlines()[1]
    example = Planned.from_line(line)
    write(tmp_path / example.path, scene(2, 6), 16)
    with pytest.raises(MediaError, match="has changed"):
        read_frames(Place(tmp_path), example)


def test_again_changes_nothing_and_a_lost_shard_comes_back(corpus, folder, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    before = tree(copy)
    seen = (copy / "index/00000.jsonl").stat().st_mtime_ns
    prepare("emovid", str(corpus), str(copy), settings=SETTINGS, crew=HERE)
    assert tree(copy) == before
    assert (copy / "index/00000.jsonl").stat().st_mtime_ns == seen
    whole = before["index/00000.jsonl"]
    (copy / "index/00000.jsonl").write_bytes(whole[: len(whole) // 2])
    prepare("emovid", str(corpus), str(copy), settings=SETTINGS, crew=HERE)
    assert tree(copy) == before


def test_rules_can_be_others(corpus, tmp_path):
    settings = PrepareSettings(sizes=((64, 48),), frames=(9,), cuts="split", windows=3,
                               duplicate_bits=-1, upscale=8, test=0.5)
    found = prepare("emovid", str(corpus), str(tmp_path / "o"), settings=settings, crew=HERE)
    rows = lines(tmp_path / "o", "manifest.jsonl")
    assert [row["first_frame"] for row in rows if "storm_004" in row["path"]] == [4, 19, 29, 39]
    assert {row["path"] for row in rows} >= {"animation/amusement/again.mp4",
                                             "sticker/anger/tiny.gif"}
    assert len({row["id"] for row in rows}) == len(rows)
    assert found.statistics["left_out"] == {"damaged": 4, "short": 1}


def test_the_card_says_what_was_done(prepared, folder):
    text = (folder / "README.md").read_text()
    assert text.startswith("---\n")
    for words in ("7 examples", "non-commercial", "| 4 | cannot be read", "3 pairs of neighbours",
                  "figures/transitions.png", "duplicate bits | 18"):
        assert words in text
    names = {path.name for path in (folder / "figures").iterdir()}
    assert names == {"emotions.png", "colours.png", "transitions.png", "lengths.png",
                     "examples.png"}
    assert json.loads((folder / "statistics.json").read_text()) == prepared.statistics


def test_an_output_inside_the_corpus_is_refused(corpus):
    with pytest.raises(InputError, match="outside the corpus"):
        prepare("emovid", str(corpus), str(corpus / "out"), settings=SETTINGS, crew=HERE)


def test_places_that_are_addresses(corpus, folder):
    import fsspec

    memory = fsspec.filesystem("memory")
    for name, data in tree(corpus).items():
        memory.pipe_file(f"/films/{name}", data)
    prepare("emovid", "memory://films", "memory://out", settings=SETTINGS, crew=HERE)
    found = {name.removeprefix("/out/"): memory.cat_file(name) for name in memory.find("/out")}
    here = tree(folder)
    assert set(found) == set(here)
    assert {name for name in here if found[name] != here[name]} == {"prepare.json"}
