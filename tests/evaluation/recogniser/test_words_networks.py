"""The two networks that read words, untrained and small."""

import numpy as np
import pytest
import torch

from emogen.errors import ModelError
from emogen.evaluation.recogniser.words_networks import (
    EVIDENCE,
    HEADS,
    LONGEST,
    NgramNetwork,
    SequenceNetwork,
    packed,
    unpacked,
)
from emogen.evaluation.recogniser.words_text import key_of


def keys(*words):
    numbers = np.sort(np.array([key_of(f"w{word}") for word in words], dtype=np.uint32))
    return torch.from_numpy(numbers.view(np.int32))


@pytest.fixture
def ngrams():
    torch.manual_seed(0)
    network = NgramNetwork(features=3, hidden=4, known=1)
    network.keys = keys("good", "bad", "good day")
    network.table = torch.randn(3, EVIDENCE)
    return network.eval()


@pytest.fixture
def sequence():
    torch.manual_seed(0)
    network = SequenceNetwork(words=2, width=8, hidden=4)
    network.keys = keys("good", "bad")
    return network.eval()


def test_evidence_is_the_weighted_sum_of_the_rows_of_known_ngrams(ngrams):
    rows = {name: int(np.flatnonzero(ngrams.keys.numpy() == keys(name).numpy())[0])
            for name in ("good", "good day")}
    expected = (ngrams.table[rows["good"]] + ngrams.table[rows["good day"]]) / 2**0.5
    assert torch.allclose(ngrams.evidence(["Good day"])[0], expected, atol=1e-6)
    assert not ngrams.evidence(["nothing known"]).any()


@pytest.mark.parametrize("name", ["ngrams", "sequence"])
def test_every_head_for_every_text(name, request):
    network = request.getfixturevalue(name)
    scores = network(["good", "", "bad " * 200])
    for head, size in HEADS.items():
        assert getattr(scores, head).shape == (3, size)
        assert torch.isfinite(getattr(scores, head)).all()
    assert "3 texts" in repr(scores)


@pytest.mark.parametrize("name", ["ngrams", "sequence"])
def test_a_text_reads_the_same_beside_longer_ones(name, request):
    network = request.getfixturevalue(name)
    alone, beside = network(["good bad"]), network(["good bad", "bad good good day " * 9])
    assert torch.allclose(alone.labels[0], beside.labels[0], atol=1e-5)


def test_order_matters_to_the_sequence(sequence):
    first, second = sequence(["good bad", "bad good"]).labels
    assert not torch.allclose(first, second)


def test_ids_are_words_and_case(sequence):
    ids = sequence.ids(["GOOD Tea!", ""])
    row = int(np.flatnonzero(sequence.keys.numpy() == keys("good").numpy())[0]) + 2
    assert ids[0].tolist() == [[row, 2], [1, 3], [1, 5]]
    assert not ids[1].any()
    assert sequence.ids(["a " * 500]).shape == (1, LONGEST, 2)


@pytest.mark.parametrize("name", ["ngrams", "sequence"])
def test_weights_are_written_small_and_come_back(name, request):
    network = request.getfixturevalue(name)
    before = network(["good bad"]).labels.detach()
    small = packed(network.state_dict())
    assert small["table"].dtype == torch.int8
    assert small["keys"].dtype == torch.int32
    network.load_state_dict(unpacked(small))
    assert torch.allclose(network(["good bad"]).labels, before, atol=0.02)


def test_refuses_other_weights():
    with pytest.raises(ModelError, match="table of int8"):
        unpacked({"table": torch.zeros(3, 3)})
