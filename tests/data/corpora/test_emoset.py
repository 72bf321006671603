"""EmoSet: lists and annotations in, labelled and captioned pictures out."""

import json

import pytest

from emogen.data.corpora import read_corpus
from emogen.errors import CorpusError

SAID = {"image_id": "awe_00001", "emotion": "awe", "brightness": 0.4, "colorfulness": 0.6,
        "scene": "mountain_path", "object": ["Person", "Tree"], "human_action": "hiking"}


def annotate(root, name, **changes):
    path = root / "annotation" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(SAID | changes))


def test_lists_give_splits(tmp_path):
    annotate(tmp_path, "awe/awe_00001")
    annotate(tmp_path, "fear/fear_00002", emotion="fear", object=[], scene=None)
    for split, name in (("train", "awe/awe_00001"), ("test", "fear/fear_00002")):
        row = [name.split("/")[0], f"image/{name}.jpg", f"annotation/{name}.json"]
        (tmp_path / f"{split}.json").write_text(json.dumps([row]))
    first, second = read_corpus("emoset", tmp_path)
    assert (first.path, first.emotion, first.split, first.kind) == (
        "image/awe/awe_00001.jpg", "awe", "train", "image")
    assert first.caption == "a photo of person, tree, hiking, mountain path"
    assert first.attributes["brightness"] == 0.4
    assert (second.emotion, second.split, second.caption) == ("fear", "test", "a photo of hiking")


def test_annotations_as_they_lie(tmp_path):
    annotate(tmp_path, "awe/a")
    (tmp_path / "image/awe").mkdir(parents=True)
    (tmp_path / "image/awe/a.png").write_bytes(b"x")
    one, = read_corpus("emoset", tmp_path)
    assert (one.path, one.split) == ("image/awe/a.png", "")


@pytest.mark.parametrize(("name", "text", "says"), [
    ("train.json", "{", "expected JSON in train.json"),
    ("train.json", "{}", "expected a list"),
    ("train.json", '[["awe", "a.jpg"]]', "row 1: expected [emotion, picture, annotation]"),
    ("annotation/awe/a.json", "[]", "expected an object"),
    ("other.txt", "", "found neither"),
])  # fmt: skip
def test_what_is_no_emoset(tmp_path, name, text, says):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    with pytest.raises(CorpusError) as caught:
        read_corpus("emoset", tmp_path)
    assert says in str(caught.value)
