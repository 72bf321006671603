"""The shipped judges read what anybody would, and say so where there is nothing to read."""

import numpy as np
import pytest

from emogen.assets import model_dir
from emogen.data.synthetic import render_example
from emogen.emotion import MIKELS
from emogen.errors import ModelError
from emogen.evaluation.recogniser.judges import JUDGES
from emogen.evaluation.recogniser.recogniser import Recogniser
from emogen.media import Audio, Clip

SAYINGS = {
    "I love this so much, thank you, you made my day!": 1,
    "I am so happy for you, this is wonderful news!": 1,
    "This is hilarious, I can't stop laughing!": 1,
    "I hate you, you disgusting liar.": -1,
    "I'm terrified, please don't leave me alone here.": -1,
    "My dog died yesterday and I can't stop crying.": -1,
}


def shipped(judge):
    try:
        folder = model_dir("judge")
    except ModelError:
        return False
    places = [place for _, _, place in JUDGES[judge].values()]
    places += ["fusion"] if judge == "main" else []
    return all((folder / place / "model.safetensors").is_file() for place in places)


@pytest.fixture(scope="module", params=["main", "second"])
def judge(request):
    """Both judges, one after the other."""
    if not shipped(request.param):
        pytest.skip(f"the weights of the {request.param} judge are not here")
    return Recogniser.load(judge=request.param)


def test_plain_sayings_are_understood(judge) -> None:
    signs = [np.sign(judge.recognise(text).summary.vad[0]) == sign
             for text, sign in SAYINGS.items()]  # fmt: skip
    assert sum(signs) >= 5


def test_drawn_emotions_are_seen(judge) -> None:
    hits = 0
    for index, name in enumerate(MIKELS):
        vectors = np.zeros((17, 12), np.float32)
        vectors[:, index], vectors[:, 11] = 0.95, 0.95
        example = render_example(900 + index, kind="bear", emotion_vectors=vectors, num_frames=17)
        found = judge.recognise(Clip(frames=example.frames, fps=example.fps))
        hits += found.summary.likeliest == name
    assert hits >= 4  # of 8; chance is 1


@pytest.mark.parametrize("sound", ["silence", "hum", "noise"])
def test_what_is_no_voice_is_no_confident_guess(judge, sound) -> None:
    times = np.arange(16_000 * 3) / 16_000
    samples = {
        "silence": np.zeros_like(times), "hum": 0.3 * np.sin(2 * np.pi * 50 * times),
        "noise": np.random.default_rng(0).normal(0, 0.1, len(times)),
    }[sound].astype(np.float32)  # fmt: skip
    clip = Clip(frames=np.zeros((24, 32, 32, 3), np.uint8), fps=8)
    sounding = clip.with_audio(Audio(samples=samples[None], sample_rate=16_000))
    found = judge.recognise(sounding, modalities=["voice"])
    assert found.summary.unsure
    assert found.summary.confidence < 0.4


@pytest.mark.parametrize("text", ["Я тебя ненавижу", "私は悲しい", "12345 67", "???", "xqzt brfl"])
def test_what_is_no_english_is_not_guessed_at(judge, text) -> None:
    assert judge.recognise(text).summary.unsure


def test_black_and_noise_pictures_are_no_confident_guess(judge) -> None:
    rng = np.random.default_rng(0)
    for frames in (np.zeros((8, 64, 64, 3), np.uint8),
                   rng.integers(0, 256, (8, 64, 64, 3)).astype(np.uint8)):  # fmt: skip
        assert judge.recognise(Clip(frames=frames, fps=8)).summary.confidence < 0.6


def test_tiers_are_those_of_the_cards(judge) -> None:
    assert judge.recognise("I cried all night.").tier == "open"
    assert judge.encoder("voice").tier == "non-commercial"
    assert judge.encoder("vision").tier == "open"
