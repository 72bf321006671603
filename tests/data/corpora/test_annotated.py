"""Folders with tables, folder names and texts: what a row means, and what is refused."""

import json

import pytest

from emogen.data.corpora import CORPORA, Layout, Place, read_corpus
from emogen.data.corpora.annotated import label_of_path
from emogen.data.corpora.layout import read_layout
from emogen.data.corpora.tables import read_rows
from emogen.errors import CorpusError


def touch(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def only(root, kind="emovid", **options):
    return read_corpus(kind, root, **options)


def test_a_table_of_names_without_folders_or_endings(tmp_path):
    touch(tmp_path, "movie/up_001.mp4", "movie/up_002.mp4", "sticker/star.gif")
    (tmp_path / "labels.csv").write_text(
        "video_id,label,description,actor\nup_001,Fear,a  house,Ann\nup_002.mp4,AWE,,\n"
        "sticker/star.gif,contentment,a star,\n")
    first, second, third = only(tmp_path)
    assert (first.path, first.emotion, first.caption) == ("movie/up_001.mp4", "fear", "a house")
    assert (first.kind, first.group, first.order) == ("movie", "movie/up", 1)
    assert (second.order, second.emotion, third.kind) == (2, "awe", "sticker")
    assert first.attributes == {"actor": "Ann"}
    assert third.group == third.id == "sticker/star.gif"


def test_one_table_a_kind_and_json(tmp_path):
    touch(tmp_path, "clips/movie/a.mp4", "clips/sticker/a.mp4")
    (tmp_path / "movie.json").write_text(json.dumps({"a.mp4": {"emotion": "anger"}}))
    (tmp_path / "sticker.jsonl").write_text('{"path": "a.mp4", "emotion": "awe"}\n\n')
    movie, sticker = only(tmp_path)
    assert (movie.path, movie.kind) == ("clips/movie/a.mp4", "movie")
    assert (sticker.path, sticker.kind) == ("clips/sticker/a.mp4", "sticker")


def test_folders_alone(tmp_path):
    touch(tmp_path, "animation/Sadness/x.mp4", "animation/awe/awe_0012.mp4", "rest/y.webm")
    (tmp_path / "rest/y.txt").write_text("a boat\non a lake")
    found = {one.path: one for one in only(tmp_path)}
    assert [one.emotion for one in found.values()] == ["sadness", "awe", ""]
    assert found["animation/awe/awe_0012.mp4"].order is None  # a count of clips, not of a film
    assert found["rest/y.webm"].caption == "a boat on a lake"


def test_a_layout_says_what_columns_mean(tmp_path):
    touch(tmp_path, "v/1.mp4", "notes.csv")
    (tmp_path / "notes.csv").write_text("not a table")
    (tmp_path / "t.tsv").write_text("fn\tfeels\tval\taro\tlevel\n1.mp4\thappy!\t9\t3\t4\n")
    layout = tmp_path / "layout.toml"
    layout.write_text(
        'tables = ["*.tsv"]\n[columns]\npath = "fn"\nemotion = "feels"\nvalence = "val"\n'
        'arousal = "aro"\nintensity = ["strength", "level"]\n[labels]\n"happy!" = "joy"\n'
        "[ranges]\nvalence = [1, 9]\narousal = [1, 5]\nintensity = [0, 5]\n")
    one, = only(tmp_path, layout=layout)
    assert one.emotion == "joy:0.8[v=1,a=0]"
    assert one.category == "amusement"


def test_coordinates_alone_and_spans(tmp_path):
    touch(tmp_path, "a.mp4")
    (tmp_path / "t.csv").write_text(
        "path,valence,arousal,start,end,split\na.mp4,-0.5,0.7,1,2.5,dev\na.mp4,,,2.5,,\n")
    first, second = only(tmp_path, kind="folder")
    assert (first.emotion, first.id, first.split) == ("v=-0.5,a=0.7", "a.mp4#1-2.5", "val")
    assert (second.emotion, second.start, second.end) == ("", 2.5, None)


@pytest.mark.parametrize(("text", "says"), [
    ("path,emotion\na.mp4,hapy\n", "t.csv, row 1: a.mp4: unknown emotion 'hapy'"),
    ("path,emotion\na.mp4\n", "line 2: expected 2 cells, got 1"),
    ("emotion\nawe\n", "no column for the path among emotion"),
    ("path,path\na,b\n", "one column a name"),
    ("path,order\na.mp4,first\n", "expected a number for order, got 'first'"),
    ("path,valence\na.mp4,7\n", "expected valence of -1 to 1, got 7"),
    ("path,start,end\na.mp4,3,2\n", "expected 0 <= start < end"),
    ("path,split\na.mp4,other\n", "split of train, val or test"),
    ('path,emotion\n"a.mp4,awe\n', "check the quotes"),
    ("path,emotion\na.mp4,awe\na.mp4,awe\n", "got a.mp4 twice"),
    ("", "found none"),
])  # fmt: skip
def test_rows_that_cannot_be_read(tmp_path, text, says):
    touch(tmp_path, "a.mp4")
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(CorpusError) as caught:
        only(tmp_path)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("text", "says"), [
    ("colums = {}", "; did you mean 'columns'? Known: tables"),
    ("[columns]\nemotoin = 'x'", "did you mean 'emotion'?"),
    ("[columns]\npath = 3", "list of texts"),
    ("sequence = '(.+)_(.+)'", "(?P<group>...)"),
    ("sequence = '(?P<group>'", "expected a pattern"),
    ("[ranges]\nvalence = [3, 1]", "lower number first"),
    ("[labels", "expected TOML or JSON"),
    ("labels = 3", "expected a table [labels]"),
])  # fmt: skip
def test_layouts_that_cannot_be_read(tmp_path, text, says):
    (tmp_path / "l.toml").write_text(text)
    with pytest.raises(CorpusError) as caught:
        read_layout(tmp_path / "l.toml", Layout())
    assert says in str(caught.value)


def test_a_named_column_must_be_there(tmp_path):
    touch(tmp_path, "a.mp4")
    (tmp_path / "t.csv").write_text("path,felt\na.mp4,awe\n")
    (tmp_path / "l.toml").write_text('[columns]\nemotion = "felts"\n')
    with pytest.raises(CorpusError, match=r"'felts' in t\.csv; did you mean 'felt'"):
        only(tmp_path, layout=tmp_path / "l.toml")


def test_hostile_tables(tmp_path):
    with pytest.raises(CorpusError, match="UTF-8"):
        read_rows(b"\xff\xfe\x00path", "t.csv")
    with pytest.raises(CorpusError, match="expected JSON"):
        read_rows(b"[" * 100000, "t.json")
    with pytest.raises(CorpusError, match=r"object in t\.json, row 1, got int"):
        read_rows(b"[1, 2]", "t.json")
    with pytest.raises(CorpusError, match="expected a folder"):
        only(tmp_path / "absent")
    with pytest.raises(CorpusError, match="did you mean 'emovid'"):
        read_corpus("emovdi", tmp_path)


def test_labels_of_folders():
    assert label_of_path("a/content/b.mp4", Layout()) == ""  # a folder of content, no feeling
    assert label_of_path("joy/x/b.mp4", Layout(labels={"x": "awe:0.5"})) == "awe:0.5"


def test_every_corpus_says_what_it_holds():
    assert set(CORPORA) == {"emovid", "folder", "emoset"}
    for one in CORPORA.values():
        assert one.holds
        assert one.expects
        assert one.terms


def test_places_are_folders_or_addresses(tmp_path):
    touch(tmp_path, "a/b.txt", ".hidden/c.txt")
    place = Place(tmp_path)
    assert place.sizes() == {"a/b.txt": 1}
    place.write("d/e.txt", b"yes")
    assert place.read("d/e.txt") == b"yes"
    place.remove("d/e.txt")
    assert not place.exists("d/e.txt")
    with pytest.raises(CorpusError, match="cannot read"):
        place.read("d/e.txt")
    with Place("memory://x").local("/dev/null") as path:
        assert path.as_posix() == "/dev/null"
