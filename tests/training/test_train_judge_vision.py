"""The recipes of the judge's pictures on a tiny cache, from frames to shipped files."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from emogen.data.synthetic import emotion_vector
from emogen.errors import CorpusError
from emogen.evaluation.recogniser.faces import FaceNetwork
from emogen.evaluation.recogniser.shots import FIRST_SEED, Feelings, rig_shot
from emogen.evaluation.recogniser.vision import CONFIG, WEIGHTS, VisionEncoder
from emogen.evaluation.recogniser.vision_examples import (
    BATCH,
    FOLDS,
    WITH_HEADS,
    Rows,
    draw_batch,
    fold_of,
    open_heads,
    open_part,
)
from emogen.evaluation.recogniser.vision_networks import TwoStreamNetwork
from emogen.evaluation.recogniser.vision_pretraining import pretrain
from emogen.evaluation.recogniser.vision_weights import keep_state, resume_state
from training import cache_judge_vision, train_judge_faces, train_judge_vision

PARTS = ("main", "second", "val")
SETS = {"moments": 3, "clips": 9, "cutouts": 3, "heads": 3, "heads-clips": 9}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    for number, part in enumerate(PARTS):
        for name, count in SETS.items():
            shots = []
            for index, emotion in enumerate(("sadness", "amusement")):
                felt = np.tile(emotion_vector({emotion: 0.9}), (count, 1))
                feelings = Feelings(face=felt, staging=felt, body=felt)
                seed = FIRST_SEED + 10 * number + index
                shot = rig_shot(seed, feelings, cutout=name == "cutouts")
                if name.startswith("heads"):
                    object.__setattr__(shot, "identity", f"head {index}")
                if name == "cutouts":
                    object.__setattr__(shot, "identity", f"1f60{index}")  # as Noto's are named
                shots.append(shot)
            cache_judge_vision.write(folder / f"{part}-{name}.npy", shots)
    return folder


def run(recipe, monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["recipe", *map(str, words)])
    recipe.main()


def test_a_batch_holds_staged_laid_and_empty_pictures(cache):
    staged, cutouts = open_part(cache, "main")
    batch = draw_batch(staged, cutouts, torch.Generator().manual_seed(0))
    total = sum(BATCH.values())
    assert batch.x.shape == (total, 3, 96, 96)
    assert int(batch.blank.sum()) == BATCH["blanks"]
    assert bool(batch.boxes[batch.blank].isnan().all())
    laid = slice(BATCH["staged"], total - BATCH["blanks"])
    assert not batch.staging[laid].any()
    shares, vectors = train_judge_vision.targets(batch)
    assert shares.sum(1).numpy() == pytest.approx(1, abs=1e-5)
    assert shares[-1].numpy() == pytest.approx(1 / 9)
    assert vectors.shape == (total, 12)


def test_a_third_of_a_batch_are_heads_where_there_are_any(cache):
    staged, cutouts = open_part(cache, "main")
    heads = [replace(rows, staging=rows.staging + 7) for rows in open_heads(cache, "main")]
    batch = draw_batch(staged, cutouts, torch.Generator().manual_seed(0), heads=heads)
    assert len(batch.x) == sum(WITH_HEADS.values())
    marked = (batch.staging > 5).all(1)
    assert int(marked.sum()) == WITH_HEADS["heads"]
    assert 0.3 < WITH_HEADS["heads"] / len(batch.x) < 0.4
    assert not bool(batch.boxes[marked].isnan().any())


def test_the_same_seed_draws_the_same_batch(cache):
    staged, cutouts = open_part(cache, "main")
    first, again = (draw_batch(staged, cutouts, torch.Generator().manual_seed(4)) for _ in range(2))
    assert torch.equal(first.x, again.x)


def test_a_fold_hides_its_families_and_no_rig_character(cache):
    fold = fold_of("1f600")
    assert 0 <= fold < FOLDS
    assert fold_of("rig a red cat") is None
    assert fold_of("head robot 7") is None
    whole, less = (Rows.read(cache, "main-cutouts", fold=f) for f in (None, fold))
    assert len(less) < len(whole)
    assert len(Rows.read(cache, "main-clips", fold=fold)) == 18


@pytest.mark.parametrize(("words", "architecture"), [((), "two-stream"), (("--second",), "cells")])
def test_trains_writes_and_takes_up_again(cache, tmp_path, monkeypatch, words, architecture):
    out, state = tmp_path / "out", tmp_path / "state.pt"
    shared = ("--cache", cache, "--out", out, "--state", state, "--familiar-batches", 1)
    steps = ("--steps", 2, "--video-steps", 1, *(() if words else ("--heads-steps", 2)))
    run(train_judge_vision, monkeypatch, *words, *shared, *steps)
    config = json.loads((out / CONFIG).read_text("utf-8"))
    assert config["architecture"] == architecture
    assert set(config["temperature"]) == {"synthetic", "noto"}
    assert torch.load(state, weights_only=True)["step"] == 2
    with_heads = tmp_path / "state-heads.pt"
    assert with_heads.is_file() == (architecture == "two-stream")
    assert set(config["val_accuracy"]) == {"synthetic", "noto"} | (
        {"heads"} if with_heads.is_file() else set()
    )
    before = (out / WEIGHTS).read_bytes()
    run(train_judge_vision, monkeypatch, *words, *shared, *steps)
    assert (out / WEIGHTS).read_bytes() == before
    assert VisionEncoder.load(out)(np.zeros((2, 64, 64, 3), np.uint8)).num_windows == 2


def test_filling_in_gets_better():
    torch.manual_seed(0)
    ramp = torch.linspace(-1, 1, 96).expand(16, 3, 96, 96)
    losses = pretrain(TwoStreamNetwork(norm=True), lambda _: ramp, steps=12, seed=0)
    assert losses[-1] < 0.7 * losses[0]


def test_states_come_back_whole(tmp_path):
    first, second = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    assert resume_state(tmp_path / "none.pt", {"network": second}) == 0
    keep_state(tmp_path / "state.pt", {"network": first}, 7)
    assert resume_state(tmp_path / "state.pt", {"network": second}) == 7
    assert torch.equal(first.weight, second.weight)
    assert [path.name for path in tmp_path.iterdir()] == ["state.pt"]


def test_says_where_the_cache_comes_from(tmp_path):
    with pytest.raises(CorpusError, match="render it with"):
        Rows.read(tmp_path, "main-moments")


@pytest.fixture(scope="module")
def ferplus(tmp_path_factory):
    folder, rng = tmp_path_factory.mktemp("ferplus"), np.random.default_rng(0)
    votes = np.zeros((300, 10), np.uint8)
    votes[np.arange(300), rng.integers(0, 8, 300)] = 6
    votes[:, 8] = 4
    np.savez(
        folder / train_judge_faces.FILE,
        images=rng.integers(0, 256, (300, 48, 48), np.uint8),
        votes=votes,
        usage=np.repeat(["Training", "PublicTest", "PrivateTest"], 100),
    )
    return folder


def test_faces_are_trained_from_votes_and_marked(cache, ferplus, tmp_path, monkeypatch):
    out = tmp_path / "out"
    words = ("--faces", "--data", ferplus, "--cache", cache, "--state", tmp_path / "s.pt")
    run(train_judge_vision, monkeypatch, *words, "--out", out, "--steps", 2)
    config = json.loads((out / CONFIG).read_text("utf-8"))
    assert config["tier"] == "research-only"
    assert config["architecture"] == "faces"
    assert set(config["temperature"]) == {"faces"}


def test_only_faces_that_half_of_the_votes_agree_on_count():
    votes = torch.zeros(3, 10)
    votes[0, 3], votes[0, 0] = 0.5, 0.5
    votes[1, 3], votes[1, 0], votes[1, 1] = 0.4, 0.3, 0.3
    votes[2, 9] = 0.9
    agreed, label = train_judge_faces.majority(votes)
    assert agreed.tolist() == [True, False, False]
    assert int(label[1]) == 3


def test_pictures_of_no_whole_face_vote_for_none(cache):
    rng = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (50, 48, 48), generator=rng, dtype=torch.uint8)
    votes = torch.nn.functional.one_hot(torch.zeros(50, dtype=torch.long), 10).float()
    drawn = np.load(cache / "main-moments.npy", mmap_mode="r")
    x, labels = train_judge_faces.draw(images, votes, drawn, rng)
    total = train_judge_faces.BATCH + train_judge_faces.NEGATIVES
    assert x.shape == (total, 1, 48, 48)
    assert (labels[-train_judge_faces.NEGATIVES :, -1] == 1).all()
    assert not labels[: train_judge_faces.BATCH, -1].any()
    assert torch.isfinite(FaceNetwork(norm=True)(x)).all()
