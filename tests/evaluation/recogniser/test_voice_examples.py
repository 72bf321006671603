"""Batches of tiny corpora: what is drawn, how evenly, and that labels stay with their sounds."""

import numpy as np
import pytest
import torch

from emogen.data.speech import Utterance
from emogen.evaluation.recogniser.voice_examples import (
    COPIES,
    Batches,
    Sounds,
    at_level,
    copies_of,
    read_pictures,
)


@pytest.fixture(scope="module")
def sounds():
    """Twelve buzzes; the label is told by the pitch, and anger is rarer than calm."""
    items, parts = [], []
    for number in range(12):
        label = "angry" if number % 4 == 0 else "calm"
        t = np.arange(16_000 + 320 * number) / 16_000
        pitch = 300 if label == "angry" else 120
        waves = sum(np.sin(2 * np.pi * pitch * k * t) / k for k in range(1, 12))
        parts.append(np.round(3000 * waves).astype(np.int16))
        items.append(Utterance(
            corpus="ravdess", file=f"{number}.flac", label=label, strong=label == "angry",
            speaker=f"ravdess-{number % 3}", sex="male", text="",
        ))  # fmt: skip
    return Sounds(samples=np.concatenate(parts), offsets=np.cumsum([0, *map(len, parts)]),
                  utterances=tuple(items))


@pytest.fixture(scope="module")
def batches(sounds, tmp_path_factory):
    pictures, begins = read_pictures(tmp_path_factory.mktemp("cache"), sounds, 0)
    assert pictures.shape[0] == COPIES
    assert begins[-1] == pictures.shape[1]
    return Batches(pictures, begins, sounds, rows=list(range(12)), seed=0)


def test_rows_are_split_by_speaker(sounds):
    inside = sounds.rows_of({"ravdess-1"}, inside=True)
    outside = sounds.rows_of({"ravdess-1"}, inside=False)
    assert sorted(inside + outside) == list(range(12))
    assert {sounds.utterances[row].speaker for row in inside} == {"ravdess-1"}


def test_copies_differ_and_the_first_is_clean(sounds):
    copies = copies_of(sounds[0], torch.Generator().manual_seed(0)).float()
    again = copies_of(sounds[0], torch.Generator().manual_seed(1)).float()
    assert torch.equal(copies[0], again[0])
    assert not torch.equal(copies[1], again[1])
    assert (copies[1:] - copies[0]).abs().mean((1, 2)).min() > 1


def test_labels_come_up_evenly_and_stay_with_their_sound(batches):
    pictures, picks = batches.draw(400)
    angry = batches.labels[picks] == 4
    assert angry.float().mean().item() == pytest.approx(0.5, abs=0.08)
    assert pictures.shape == (400, 2, 64, 150)
    assert pictures[:, 0].max() < 2.5
    assert pictures.min() >= -1.3
    rows = pictures[:, 1].mean(-1).argmax(1).float()
    assert rows[angry].median() > rows[~angry].median() + 10
    assert torch.equal(batches.strong[picks] == 1, angry)


def test_harder_pictures_keep_their_shape(batches):
    pictures, _ = batches.draw(8)
    harder = batches.harder(pictures)
    assert harder.shape == pictures.shape
    assert not torch.equal(harder, pictures)


def test_the_level_is_set_again():
    energy = torch.full((1, 150, 64), -1.0)
    energy[:, 60:100] = 0.2
    levelled = at_level(energy)
    assert levelled[:, 60:100].mean().item() == pytest.approx(1, abs=0.01)
    assert levelled.min() == -1
