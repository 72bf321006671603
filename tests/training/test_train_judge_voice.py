"""The recipe of the judge's voice on two tiny corpora of buzzes, from folds to shipped files."""

import json
from argparse import Namespace

import numpy as np
import pytest

from emogen.data.speech import Utterance
from emogen.errors import InputError
from emogen.evaluation.recogniser.voice import VoiceEncoder
from emogen.evaluation.recogniser.voice_examples import Batches, Sounds, read_pictures
from training import train_judge_voice as recipe


@pytest.fixture(scope="module")
def sounds():
    items, parts = [], []
    kinds = [("ravdess", "calm", 120), ("ravdess", "angry", 300), ("nemo", "fear", 200)]
    for number in range(30):
        corpus, label, pitch = kinds[number % 3]
        t = np.arange(12_000) / 16_000
        waves = sum(np.sin(2 * np.pi * pitch * k * t) / k for k in range(1, 12))
        parts.append(np.round(3000 * waves).astype(np.int16))
        speaker = number // 3 % 5
        items.append(Utterance(
            corpus=corpus, file=f"{number}", label=label, strong=None, text="",
            speaker=f"{corpus}-{speaker}", sex="male" if speaker % 2 else "female",
        ))  # fmt: skip
    return Sounds(samples=np.concatenate(parts), offsets=np.cumsum([0, *map(len, parts)]),
                  utterances=tuple(items))


@pytest.fixture(scope="module")
def arguments(tmp_path_factory):
    root = tmp_path_factory.mktemp("voice")
    return Namespace(runs=root / "runs", out=root / "judge" / "voice", folds=5, only=None, seed=0)


@pytest.fixture(scope="module")
def make(sounds, tmp_path_factory):
    pictures, begins = read_pictures(tmp_path_factory.mktemp("cache"), sounds, 0)

    def make(rows, seed):
        batches = Batches(pictures, begins, sounds, rows=rows, seed=seed)
        return recipe.train(batches, steps=2, batch=4, rate=1e-3, minutes=None, seed=seed)

    return make


def test_folds_share_no_speaker_and_cover_all(sounds):
    groups = recipe.groups_of(sounds, 5)
    assert sum(map(len, groups)) == len(set.union(*groups)) == 10
    assert all({name.split("-")[0] for name in group} == {"ravdess", "nemo"} for group in groups)


@pytest.mark.filterwarnings("ignore:no temperature")
def test_folds_then_the_encoder_that_ships(sounds, arguments, make):
    with pytest.raises(InputError, match="run with --folds 5 first"):
        recipe.run_final(arguments, sounds, make)
    recipe.run_folds(arguments, sounds, make)
    said = recipe.read_folds(arguments.runs, 5)
    assert sorted(set(said["row"].tolist())) == list(range(30))
    assert np.exp(said["ravdess"]).sum(1) == pytest.approx(1, abs=1e-4)
    before = {path: path.stat().st_mtime_ns for path in arguments.runs.rglob("*.safetensors")}
    recipe.run_folds(arguments, sounds, make)
    assert before == {path: path.stat().st_mtime_ns for path in before}
    recipe.run_final(arguments, sounds, make)
    config = json.loads((arguments.out / "config.json").read_text("utf-8"))
    assert len(config["speakers_trained_on"]) == 10
    assert set(config["temperature"]) == {"ravdess", "nemo"}
    assert VoiceEncoder.load(arguments.out)(sounds[0]).num_windows == 2


@pytest.mark.filterwarnings("ignore:no temperature")
def test_the_second_judge_hears_half_of_the_speakers(sounds, arguments, tmp_path):
    pictures, begins = read_pictures(tmp_path, sounds, 0)

    def make(rows, seed):
        batches = Batches(pictures, begins, sounds, rows=rows, seed=seed)
        return recipe.train_second(batches, steps=30, batch=16, rate=4e-3, seed=seed)

    recipe.run_second(arguments, sounds, make)
    folder = arguments.out.parent / "second" / "voice"
    heard = set(json.loads((folder / "config.json").read_text("utf-8"))["speakers_trained_on"])
    with np.load(arguments.runs / "second" / "held_out.npz") as said:
        scored = {sounds.utterances[row].speaker for row in said["row"]}
    assert not heard & scored
    assert len(heard | scored) == 10
