"""Readers of filmed corpora: tiny folders as each is published in, people and emotions out."""

import json

import numpy as np
import pytest

from emogen.data.talking_head.films import FILMED, read_films
from emogen.emotion.labels import MIKELS
from emogen.errors import CorpusError

FILES = {
    "hdtf": ["WDA_BarackObama_000.mp4", "clips/RD_Radio1_001.mp4"],
    "mead": ["M003/video/front/angry/level_3/001.mp4", "M003/audio/angry/level_3/001.m4a",
             "M003/video/left_30/angry/level_3/001.mp4",
             "W009/video/front/neutral/level_1/002.mp4"],
    "crema-d": ["VideoFlash/1001_DFA_FEA_LO.flv", "AudioWAV/1001_DFA_FEA_LO.wav",
                "VideoFlash/1002_IEO_NEU_XX.flv", "VideoFlash/notes.flv"],
    "ravdess": ["Actor_01/01-01-05-02-01-01-01.mp4", "Actor_01/02-01-05-02-01-01-01.mp4",
                "Actor_24/01-02-05-02-01-01-24.mp4", "Actor_24/01-01-01-01-01-01-24.mp4"],
    "celebv-hq": ["processed/a_1_0.mp4", "processed/b_2_0.mp4", "processed/stray.mp4"],
}  # fmt: skip
CLIPS = {
    "a_1_0": {"ytb_id": "a", "attributes": {"emotion": {"sep_flag": False, "labels": "anger"}}},
    "b_2_0": {"ytb_id": "b", "attributes": {"emotion": {"sep_flag": True, "labels": [
        {"emotion": "happy", "start_sec": 0, "end_sec": 1},
        {"emotion": "sadness", "start_sec": 1, "end_sec": 2}]}}},
    "missing_0_0": {"ytb_id": "c", "attributes": {"emotion": {"labels": "neutral"}}},
}  # fmt: skip
EXPECTED = {
    "hdtf": [("RD_Radio1", None), ("WDA_BarackObama", None)],
    "mead": [("M003", "anger"), ("W009", "")],
    "crema-d": [("1001", "fear"), ("1002", "")],
    "ravdess": [("01", "anger"), ("24", "")],
    "celebv-hq": [("a", "anger"), ("b", None)],
}


@pytest.fixture(params=list(FILMED))
def corpus(request, tmp_path):
    for name in FILES[request.param]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "celebvhq_info.json").write_text(json.dumps({"clips": CLIPS}))
    return request.param, tmp_path


def strongest(film):
    if film.emotion is None:
        return None
    vector = film.emotion.vector()
    return MIKELS[int(vector[:8].argmax())] if vector.any() else ""


def test_people_and_emotions_are_read_from_names(corpus):
    name, folder = corpus
    found = {(film.person, strongest(film)) for film in read_films(name, folder)}
    assert found == set(EXPECTED[name])


def test_sound_beside_the_film_is_taken(corpus):
    name, folder = corpus
    films = {film.person: film for film in read_films(name, folder)}
    beside = {"mead": ("M003", ".m4a"), "crema-d": ("1001", ".wav")}
    for person, film in films.items():
        if name in beside and person == beside[name][0]:
            assert film.audio.suffix == beside[name][1]
        else:
            assert film.audio == film.video


def test_levels_are_intensities(tmp_path):
    for level in ("level_1", "level_3"):
        path = tmp_path / f"W011/video/front/sad/{level}/001.mp4"
        path.parent.mkdir(parents=True)
        path.touch()
    weak, strong = read_films("mead", tmp_path)
    assert weak.emotion.intensity < strong.emotion.intensity == 1
    assert strong.vectors(3).shape == (3, 12)
    assert np.allclose(strong.vectors(3)[2], strong.emotion.vector())


def test_empty_folders_unknown_corpora_and_damage_are_named(tmp_path):
    with pytest.raises(CorpusError, match="found none"):
        read_films("hdtf", tmp_path)
    with pytest.raises(CorpusError, match="did you mean 'mead'"):
        read_films("meat", tmp_path)
    (tmp_path / "celebvhq_info.json").write_text("{}")
    with pytest.raises(CorpusError, match="annotations of CelebV-HQ"):
        read_films("celebv-hq", tmp_path)
