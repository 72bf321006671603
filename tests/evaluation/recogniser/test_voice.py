"""The shipped voice encoders on sound that is no speech, on speech, and on damaged folders."""

import json
import shutil

import numpy as np
import pytest
import torch

from emogen.assets import model_dir
from emogen.data.speech import SPEECH_LABELS, SpeechCorpus
from emogen.emotion import CATEGORIES
from emogen.errors import InputError, ModelError
from emogen.evaluation.recogniser.reading import concatenate
from emogen.evaluation.recogniser.voice import (
    CONFIG,
    LABELS,
    WEIGHTS,
    VoiceEncoder,
    build,
    confidence_of,
    window_centres,
)
from emogen.evaluation.recogniser.voice_network import VoiceNetwork, VoiceShape, with_relative
from emogen.evaluation.recogniser.voice_statistics import STATISTICS, statistics_of

pytestmark = pytest.mark.judge("voice", "second/voice")

SECOND = 16_000
FOLDERS = {"main": "voice", "second": "second/voice"}
RNG = np.random.default_rng(0)
NOT_SPEECH = {
    "silence": np.zeros(2 * SECOND, np.float32),
    "noise": 0.1 * RNG.standard_normal(2 * SECOND).astype(np.float32),
    "hum": 0.3 * np.sin(2 * np.pi * 50 * np.arange(2 * SECOND) / SECOND).astype(np.float32),
    "one sample": np.ones(1, np.float32),
    "a click": np.eye(1, SECOND, 500, dtype=np.float32)[0],
}


@pytest.fixture(scope="module", params=FOLDERS.values(), ids=FOLDERS)
def encoder(request):
    return VoiceEncoder.load(model_dir("judge") / request.param)


@pytest.fixture(scope="module")
def buzz():
    """A voice-like buzz of 4 s whose pitch rises and falls."""
    t = np.arange(4 * SECOND) / SECOND
    phase = 2 * np.pi * np.cumsum(160 + 30 * np.sin(2 * np.pi * t)) / SECOND
    waves = sum(np.sin(number * phase) / number for number in range(1, 30))
    return (0.1 * waves * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * t))).astype(np.float32)


def test_a_reading_every_half_second(encoder, buzz):
    reading = encoder(buzz)
    assert reading.seconds.tolist() == [0.25 + 0.5 * step for step in range(8)]
    assert reading.presence.all()
    assert reading.emotion.sum(1) == pytest.approx(1, abs=1e-5)
    assert (np.abs(reading.vad) <= 1).all()
    assert {name: table.shape for name, table in reading.native.items()} == {
        "ravdess": (8, 8), "nemo": (8, 6), "strong": (8, 1), "intensity": (8, 1),
    }  # fmt: skip
    assert (reading.modality, reading.tier) == ("voice", "non-commercial")
    assert reading.features.shape[0] == 8
    assert reading.model.startswith("voice")


@pytest.mark.parametrize("name", NOT_SPEECH)
def test_no_guess_where_nobody_speaks(encoder, name):
    reading = encoder(NOT_SPEECH[name])
    assert not reading.presence.any()
    assert (reading.confidence == 0).all()
    assert (reading.vad == 0).all()
    assert (reading.native["intensity"] == 0).all()
    assert reading.emotion == pytest.approx(1 / len(CATEGORIES))


def test_presence_follows_the_speech(encoder, buzz):
    reading = encoder(np.concatenate([np.zeros(6 * SECOND, np.float32), buzz]))
    far = reading.seconds < 4
    assert not reading.presence[far].any()
    assert reading.presence[~far][2:].all()


def test_gain_does_not_matter(encoder, buzz):
    loud, quiet = encoder(buzz), encoder(0.05 * buzz)
    assert quiet.emotion == pytest.approx(loud.emotion, abs=0.02)


def test_windows_where_asked_for(encoder, buzz):
    reading = encoder(buzz, seconds=np.array([-9.0, 0.75, 1.25, 99.0]))
    assert reading.presence.tolist() == [False, True, True, False]
    assert reading.emotion[1:3] == pytest.approx(encoder(buzz).emotion[1:3], abs=1e-5)
    assert encoder(buzz, seconds=np.zeros(0)).num_windows == 0


def test_pieces_with_their_surroundings_join_to_the_whole(encoder, buzz):
    """What is more than half a window away plays no part."""
    whole = encoder(np.tile(buzz, 3))
    piece = encoder(np.tile(buzz, 2), seconds=np.array([0.25, 1.75, 3.25]))
    assert piece.emotion == pytest.approx(whole.emotion[[0, 3, 6]], abs=1e-4)
    assert concatenate([piece]).num_windows == 3


def test_domains_have_their_own_labels(encoder, buzz):
    english, polish = encoder(buzz), encoder(buzz, domain="nemo")
    assert np.array_equal(english.native["nemo"], polish.native["nemo"])
    disgust = CATEGORIES.index("disgust")
    assert (polish.emotion[:, disgust] == 0).all()
    assert (english.emotion[:, disgust] > 0).all()
    for reading, name in ((english, "ravdess"), (polish, "nemo")):
        expected = confidence_of(reading.native[name], name)
        assert reading.confidence == pytest.approx(expected, abs=1e-6)


def test_valence_follows_the_anchors(encoder, buzz):
    reading = encoder(buzz)
    strength = reading.native["intensity"]
    assert (np.abs(reading.vad) <= np.maximum(strength, reading.native["strong"] + 0.5)).all()
    sure = np.zeros((1, 6))
    sure[0, LABELS["nemo"].index("sadness")] = 1
    assert confidence_of(sure, "nemo").tolist() == [1.0]


def test_a_network_hears_each_window_alone(encoder):
    rng = torch.Generator().manual_seed(0)
    pictures = torch.rand(3, 2, 64, 150, generator=rng)
    with torch.inference_mode():
        together = encoder.network(pictures)
        alone = encoder.network(pictures[1:2])
    assert torch.allclose(together.ravdess[1], alone.ravdess[0], atol=1e-4)
    assert together.nemo.shape == (3, 6)


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros((1, SECOND), np.float32), np.zeros(SECOND), np.zeros(0, np.float32),
        np.full(SECOND, np.nan, np.float32), [0.0],
    ],
)  # fmt: skip
def test_refuses_what_is_no_sound(encoder, samples):
    with pytest.raises(InputError, match=r"expected finite sound float32 \[samples\]"):
        encoder(samples)


def test_refuses_an_unknown_domain(encoder):
    with pytest.raises(InputError, match="expected a domain of ravdess, nemo, got 'meld'"):
        encoder(np.zeros(9, np.float32), domain="meld")


@pytest.mark.parametrize("folder", FOLDERS.values())
def test_files_are_small_and_say_licence_and_figures(folder):
    path = model_dir("judge") / folder
    assert (path / WEIGHTS).stat().st_size <= 1_200_000
    config = json.loads((path / CONFIG).read_text("utf-8"))
    assert config["tier"] == "non-commercial"
    assert config["labels"] == {name: list(labels) for name, labels in SPEECH_LABELS.items()}
    card = (path / "README.md").read_text("utf-8")
    assert "cc-by-nc-sa-4.0" in card
    assert "acted" in card


def test_the_second_judge_learned_from_fewer_speakers_in_another_way():
    main, second = (
        json.loads((model_dir("judge") / folder / CONFIG).read_text("utf-8"))
        for folder in FOLDERS.values()
    )
    assert main["architecture"]["name"] != second["architecture"]["name"]
    assert main["seed"] != second["seed"]
    assert len(second["speakers_trained_on"]) <= 0.6 * len(main["speakers_trained_on"])


def test_says_what_is_wrong_with_a_folder(tmp_path):
    with pytest.raises(ModelError, match=r"got no config\.json"):
        VoiceEncoder.load(tmp_path)
    shutil.copytree(model_dir("judge") / "voice", tmp_path / "voice")
    folder = tmp_path / "voice"
    assert "non-commercial" in repr(VoiceEncoder.load(folder))
    (folder / WEIGHTS).write_bytes(b"nothing")
    with pytest.raises(ModelError, match="cannot read the voice encoder"):
        VoiceEncoder.load(folder)
    (folder / CONFIG).write_text('{"architecture": {"name": "convolution", "depth": 3}}')
    with pytest.raises(ModelError, match="cannot read the voice encoder"):
        VoiceEncoder.load(folder)


def test_every_layer_feeds_the_heads():
    torch.manual_seed(0)
    network = VoiceNetwork(VoiceShape(stages=(4, 8, 8), width=16, pooled=8, embedding=16))
    network(torch.rand(4, 2, 64, 150)).ravdess.square().mean().backward()
    assert len(network.weights) == len(network.pools) == 7
    assert (network.weights.grad.abs() > 0).all()
    for pool in network.pools:
        assert pool.project[0].weight.grad.abs().max() > 0


def test_labels_are_those_of_the_corpora():
    assert LABELS == SPEECH_LABELS


def test_build_makes_what_a_configuration_says():
    network = build({"architecture": {
        "name": "convolution", "stages": [4, 8], "width": 16, "reaches": [1], "pooled": 8,
        "embedding": 16,
    }})  # fmt: skip
    assert network.eval()(torch.rand(2, 2, 64, 150)).embedding.shape == (2, 16)


def test_relative_energy_forgets_a_constant_colour():
    rng = torch.Generator().manual_seed(0)
    pictures = torch.rand(2, 2, 64, 150, generator=rng)
    colour = 0.2 * torch.randn(64, 1, generator=rng)
    coloured = pictures.clone()
    coloured[:, 0] += colour - colour.mean()
    before, after = with_relative(pictures)[:, 2], with_relative(coloured)[:, 2]
    assert torch.allclose(before, after, atol=1e-5)


def test_statistics_see_pitch_and_not_silence_around(buzz):
    from emogen.evaluation.recogniser.spectrum import pictures_of
    from emogen.evaluation.recogniser.voice import bands_around, window_starts

    def stats(samples, centre):
        bands = bands_around(samples)
        return statistics_of(pictures_of(bands.windows(
            window_starts(len(samples), np.array([centre])), 150)))[0]

    early = stats(buzz[: 2 * SECOND], 1.0)
    late = stats(np.pad(buzz[: 2 * SECOND], (SECOND // 2, 0)), 1.0)
    assert early.shape == (STATISTICS,)
    assert torch.allclose(early, late, atol=0.05)


def test_centres_of_sound_shorter_than_a_window():
    assert window_centres(1).tolist() == [0.25]


@pytest.mark.corpus
def test_reads_acted_emotions_far_above_chance():
    """Speakers that the encoders learned from: this says they work, not how well."""
    corpus = SpeechCorpus("ravdess")
    encoder = VoiceEncoder.load()
    items = corpus.utterances[::29]
    right = [
        encoder(corpus.samples(item)).native["ravdess"].mean(0).argmax() == item.label_index
        for item in items
    ]
    assert np.mean(right) > 0.5
