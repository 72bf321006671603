"""Readers of GoEmotions and EmoBank, on tiny zips and on the corpora themselves."""

import zipfile

import numpy as np
import pytest

from emogen.data.texts import Texts, read_emobank, read_goemotions
from emogen.emotion import GOEMOTIONS
from emogen.errors import CorpusError


@pytest.fixture
def folder(tmp_path):
    with zipfile.ZipFile(tmp_path / "goemotions.zip", "w") as file:
        file.writestr("dev.tsv", 'I "love it\t18,0\taaa\nMeh.\t27\tbbb\n')
        file.writestr("test.tsv", "Only text\n")
    with zipfile.ZipFile(tmp_path / "emobank.zip", "w") as file:
        rows = 'a,dev,3.5,3,2,"One, two"\nb,train,1,1,1,Three\n'
        file.writestr("emobank.csv", f"id,split,V,A,D,text\n{rows}")
        for view, valence in (("reader", 4), ("writer", 2)):
            rows = f"id,V,A,D\na,{valence},3,3\nb,3,3,3\n"
            file.writestr(f"{view}.csv", rows)
    return tmp_path


def test_reads_comments_with_several_labels_and_lone_quotes(folder):
    dev = read_goemotions("dev", data=folder)
    assert dev.texts == ['I "love it', "Meh."]
    assert dev.names == ["aaa", "bbb"]
    given = [{GOEMOTIONS[label] for label in np.flatnonzero(row)} for row in dev.targets]
    assert given == [{"love", "admiration"}, {"neutral"}]


def test_reads_each_view_of_the_same_sentences(folder):
    views = [read_emobank("dev", view=view, data=folder)
             for view in ("emobank", "reader", "writer")]
    assert [texts.texts for texts in views] == [["One, two"]] * 3
    assert [texts.targets[0, 0] for texts in views] == [3.5, 4, 2]


def test_picks_rows(folder):
    dev = read_goemotions("dev", data=folder)
    assert dev.pick(np.array([1])).texts == ["Meh."]
    assert repr(dev) == "Texts(2 texts, 28 targets)"


def test_refuses_columns_that_do_not_fit():
    with pytest.raises(CorpusError, match="expected a name and targets for each text"):
        Texts(names=["a"], texts=[], targets=np.zeros((1, 3), np.float32))


def test_says_what_is_wrong_with_a_zip(folder, monkeypatch):
    with pytest.raises(CorpusError, match=r"expected text, labels, name in test\.tsv"):
        read_goemotions("test", data=folder)
    with pytest.raises(CorpusError, match=r"expected train\.tsv in .*copy it again"):
        read_goemotions("train", data=folder)
    with pytest.raises(CorpusError, match="there is none"):
        read_emobank("dev", data=folder / "nowhere")
    monkeypatch.delenv("EMOGEN_DATA", raising=False)
    with pytest.raises(CorpusError, match="EMOGEN_DATA"):
        read_emobank("dev")


@pytest.mark.corpus
def test_the_corpora_have_their_published_sizes():
    splits = ("train", "dev", "test")
    assert [len(read_goemotions(split)) for split in splits] == [43410, 5426, 5427]
    assert [len(read_emobank(split)) for split in splits] == [8062, 1000, 1000]
