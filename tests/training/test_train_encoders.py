"""The recipe of the voice encoder: who is held out, how often whom, losses that learn."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from emogen.emotion import RAVDESS
from emogen.encoders.spectrum import ROWS
from emogen.encoders.voice_examples import Recordings, VoiceBatches
from emogen.encoders.voice_network import NEMO_COLUMNS, VoiceNetwork, VoiceOutput, VoiceShape

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", autouse=True)
def recipes():
    sys.path.insert(0, str(ROOT / "training"))
    yield
    sys.path.remove(str(ROOT / "training"))


@pytest.fixture
def recordings():
    count, frames = 12, 200
    rows = torch.randint(0, 150, (count * frames, ROWS), generator=torch.Generator().manual_seed(0))
    return Recordings(
        rows=rows.byte(), begins=torch.arange(count + 1) * frames,
        label=torch.tensor([0, 0, 0, 1, 4, 4, 4, 5, 2, 2, -1, -1]),
        corpus=torch.tensor([0] * 6 + [1] * 4 + [2] * 2),
        strong=torch.tensor([-1.0, -1, -1, 0, 1, 0] + [-1] * 6), affect=torch.zeros(12, 3),
    )  # fmt: skip


def test_who_is_held_out_is_nowhere_else():
    from train_a2m import HELD_OUT
    from train_encoders import CALIBRATING, TESTED

    assert set(TESTED) == set(HELD_OUT)
    assert not set(TESTED) & set(CALIBRATING)


def test_labels_come_up_evenly_and_nobody_who_is_left_out(recordings):
    from train_encoders import SHARES, odds_of

    learned = torch.tensor([True] * 5 + [False] + [True] * 6)
    odds = odds_of(recordings, learned)
    assert odds[5] == 0
    assert float(odds.sum()) == pytest.approx(1.0)
    for corpus in range(3):
        assert float(odds[recordings.corpus == corpus].sum()) == pytest.approx(
            float(SHARES[corpus]), abs=1e-6
        )
    first = recordings.corpus == 0
    shares = [float(odds[first & (recordings.label == label)].sum()) for label in (0, 1, 4)]
    assert shares == pytest.approx([float(SHARES[0]) / 3] * 3, abs=1e-6)


def test_a_corpus_is_not_blamed_for_labels_it_does_not_have(recordings):
    from train_encoders import losses

    picks = torch.tensor([8])  # nEMO, happy
    sure_of_calm = torch.zeros(1, 8)
    sure_of_calm[0, RAVDESS.index("calm")] = 20
    zero = torch.zeros(1)
    said = VoiceOutput(emotion=sure_of_calm, affect=torch.zeros(1, 3), strong=zero, speech=zero)
    even = VoiceOutput(emotion=torch.zeros(1, 8), affect=torch.zeros(1, 3), strong=zero,
                       speech=zero)  # fmt: skip
    assert torch.allclose(losses(said, recordings, picks), losses(even, recordings, picks))
    assert RAVDESS.index("calm") not in NEMO_COLUMNS


def test_only_speech_is_learned_where_nobody_speaks(recordings):
    from train_encoders import losses

    picks, zero = torch.tensor([10]), torch.zeros(1)
    rows = [
        losses(VoiceOutput(emotion=torch.randn(1, 8), affect=torch.rand(1, 3), strong=zero,
                           speech=speech), recordings, picks)
        for speech in (zero, zero, zero + 3)
    ]  # fmt: skip
    assert torch.allclose(rows[0], rows[1])
    assert rows[2] > rows[0]


def test_a_small_network_learns_a_few_recordings(recordings):
    from train_encoders import loss_of, odds_of

    torch.manual_seed(0)
    batches = VoiceBatches(recordings, odds_of(recordings, torch.ones(12, dtype=bool)), seed=0)
    network = VoiceNetwork(
        VoiceShape(stages=(4, 6, 8, 8), width=16, reaches=(1,), heads=2, embedding=16), dropout=0
    )
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
    seen = []
    for _ in range(45):
        loss = loss_of(network, batches, 12)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        seen.append(loss.item())
    assert np.mean(seen[-6:]) < 0.9 * np.mean(seen[:4])


def test_sounds_without_speech_are_sounds():
    from train_encoders import SAMPLE_RATE, sound_without_speech

    rng = np.random.default_rng(0)
    for _ in range(12):
        sound = sound_without_speech(rng)
        assert sound.dtype == np.float32
        assert len(sound) == 4 * SAMPLE_RATE
        assert 0 < np.abs(sound).max() < 1
