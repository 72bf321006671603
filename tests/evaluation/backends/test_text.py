"""Text models: one label, any number of labels, long texts, other scripts."""

import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from emogen.emotion import CATEGORIES
from emogen.errors import InputError
from emogen.evaluation.backends import Options, TextBackend
from tests.evaluation.backends.tiny_models import save_text

RUSSIAN = "\u042f \u0442\u0430\u043a \u0440\u0430\u0434"


@pytest.fixture(scope="module")
def backend(text):
    return TextBackend.load(text)


def logits_of(folder, line):
    tokens = AutoTokenizer.from_pretrained(folder)(line, return_tensors="pt")
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.inference_mode():
        return model(**tokens).logits[0]


def test_one_text_is_the_model_on_it(backend, text):
    reading = backend("i am so happy")
    expected = logits_of(text, "i am so happy").softmax(-1).numpy()
    assert reading.native["labels"][0] == pytest.approx(expected, abs=1e-4)
    assert reading.emotion[0, CATEGORIES.index("anger")] == pytest.approx(expected[0], abs=1e-4)
    assert reading.seconds.tolist() == [0.0]
    assert reading.modality == "words"
    assert reading.tier == "open"


def test_lines_have_times_and_do_not_depend_on_each_other(backend):
    lines = [(0.0, 1.0, "i am so happy"), (1.0, 3.0, "sad and angry at you today .")]
    reading = backend(lines)
    assert reading.seconds.tolist() == [0.5, 2.0]
    alone = [backend(line).emotion[0] for _, _, line in lines]
    assert reading.emotion == pytest.approx(np.stack(alone), abs=1e-4)
    assert np.abs(alone[0] - alone[1]).max() > 0.01


def test_a_long_text_is_read_in_pieces_that_count_by_length(backend, text):
    words = ("i am so happy today sad and angry at you nothing is left . " * 2).split()[:24]
    pieces = [" ".join(words[:16]), " ".join(words[16:])]
    logits = torch.stack([logits_of(text, piece) for piece in pieces])
    expected = (logits * torch.tensor([[16], [8]]) / 24).sum(0).softmax(-1).numpy()
    assert backend(" ".join(words)).native["labels"][0] == pytest.approx(expected, abs=1e-4)


def test_batches_change_nothing(text, backend):
    one_by_one = TextBackend.load(text, options=Options(batch_size=1))
    lines = [(second, second + 1.0, "i am so sad " * (second + 1)) for second in range(5)]
    assert one_by_one(lines).emotion == pytest.approx(backend(lines).emotion, abs=1e-4)


def test_any_number_of_labels(tmp_path):
    folder = save_text(tmp_path / "several", ("joy", "anger", "fear"),
                       problem_type="multi_label_classification")  # fmt: skip
    reading = TextBackend.load(folder)("i am so happy")
    expected = logits_of(folder, "i am so happy").sigmoid().numpy()
    assert reading.native["labels"][0] == pytest.approx(expected, abs=1e-4)
    assert reading.emotion[0, 8] == pytest.approx(np.prod(1 - expected), abs=1e-4)


@pytest.mark.parametrize("line", ["", "   ", "...", "123 456", RUSSIAN, "\u6211\u5f88\u9ad8\u5174"])
def test_what_an_english_model_cannot_read_is_not_there(backend, line):
    reading = backend(line)
    assert not reading.is_present
    assert reading.confidence[0] == 0
    assert np.ptp(reading.emotion[0]) == pytest.approx(0, abs=1e-6)


def test_other_scripts_are_fine_for_a_model_that_does_not_say_english(tmp_path):
    folder = save_text(tmp_path / "many", ("joy", "anger"))
    assert TextBackend.load(folder)(RUSSIAN).is_present


def test_an_emoji_is_something_to_read(backend):
    assert backend("\U0001f602").is_present


@pytest.mark.parametrize(
    "lines", [[], [(0, 1)], [(2, 1, "x")], [(-1, 1, "x")], [(0, float("inf"), "x")]]
)
def test_refuses_lines_that_are_none(backend, lines):
    with pytest.raises(InputError, match="line"):
        backend(lines)
