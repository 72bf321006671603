"""Speech models: categories, dimensions, windows, silence."""

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoFeatureExtractor, AutoModelForAudioClassification

from emogen.emotion import CATEGORIES
from emogen.errors import InputError, ModelError
from emogen.evaluation.backends import Options, SpeechBackend
from emogen.evaluation.backends.speech import PooledClassifier
from tests.evaluation.backends.tiny_models import save_dimensional_speech, save_speech


@pytest.fixture(scope="module")
def backend(speech):
    return SpeechBackend.load(speech)


def test_a_window_is_the_model_on_three_seconds_around_it(backend, speech, sound):
    reading = backend(sound)
    assert reading.seconds.tolist() == [0.25 + 0.5 * row for row in range(8)]
    model = AutoModelForAudioClassification.from_pretrained(speech).eval()
    extractor = AutoFeatureExtractor.from_pretrained(speech)
    for row, start in ((0, 0), (3, 4_000), (7, 16_000)):  # the ends are moved inside
        inputs = extractor(
            sound[start : start + 48_000], sampling_rate=16_000, return_tensors="pt"
        )
        with torch.inference_mode():
            expected = model(**inputs).logits.softmax(-1).numpy()[0]
        assert reading.native["labels"][row] == pytest.approx(expected, abs=1e-4)
    assert reading.tier == "non-commercial"
    assert reading.modality == "voice"
    assert reading.features.shape == (8, 32)
    assert np.ptp(reading.features, axis=0).max() > 1e-3  # windows differ


def test_categories_are_those_of_the_labels(backend, sound):
    reading = backend(sound)
    assert reading.emotion[:, CATEGORIES.index("anger")] == pytest.approx(
        reading.native["labels"][:, 2], abs=1e-5
    )
    assert reading.confidence == pytest.approx(reading.emotion.max(1))


def test_batches_and_asked_centres_change_nothing(speech, backend, sound):
    one_by_one = SpeechBackend.load(speech, options=Options(batch_size=1))
    assert one_by_one(sound).emotion == pytest.approx(backend(sound).emotion, abs=1e-4)
    some = backend(sound, seconds=np.array([0.75, 2.25]))
    assert some.emotion == pytest.approx(backend(sound).emotion[[1, 4]], abs=1e-4)


def test_temperature_lowers_the_confidence(speech, backend, sound):
    cool = SpeechBackend.load(speech, options=Options(temperature=5.0))
    assert (cool(sound).confidence < backend(sound).confidence).all()


def test_dimensions_are_arousal_dominance_valence_from_0_to_1(dimensional_speech, sound):
    backend = SpeechBackend.load(dimensional_speech)
    reading = backend(sound)
    model = PooledClassifier.from_pretrained(dimensional_speech).eval()
    extractor = AutoFeatureExtractor.from_pretrained(dimensional_speech)
    inputs = extractor(sound[:48_000], sampling_rate=16_000, return_tensors="pt")
    with torch.inference_mode():
        states = model.wav2vec2(**inputs).last_hidden_state.mean(1)
        dense = torch.tanh(model.classifier.dense(states))
        arousal, dominance, valence = model.classifier.out_proj(dense).clip(0, 1)[0].tolist()
    assert reading.native["dimensions"][0] == pytest.approx([arousal, dominance, valence], abs=1e-4)
    felt = [2 * valence - 1, 2 * arousal - 1, 2 * dominance - 1]
    assert reading.vad[0] == pytest.approx(felt, abs=1e-4)
    assert reading.emotion.sum(1) == pytest.approx(1, abs=1e-5)


def test_outputs_without_names_are_in_the_published_order(tmp_path, dimensional_speech, sound):
    names = ("LABEL_0", "LABEL_1", "LABEL_2")
    nameless = save_dimensional_speech(tmp_path / "nameless", names)
    expected = SpeechBackend.load(dimensional_speech)(sound).vad
    assert SpeechBackend.load(nameless)(sound).vad == pytest.approx(expected)


def test_a_last_layer_by_another_name_is_found(tmp_path, dimensional_speech, sound):
    folder = save_dimensional_speech(tmp_path / "other")
    weights = load_file(folder / "model.safetensors")
    renamed = {name.replace("classifier.out_proj", "classifier.output"): value
               for name, value in weights.items()}  # fmt: skip
    save_file(renamed, folder / "model.safetensors", {"format": "pt"})
    expected = SpeechBackend.load(dimensional_speech)(sound).vad
    assert SpeechBackend.load(folder)(sound).vad == pytest.approx(expected)


def test_refuses_a_head_that_does_not_take_the_mean(tmp_path, dimensional_speech):
    folder = shutil.copytree(dimensional_speech, tmp_path / "largest")
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"pooling_mode": "max"}))
    with pytest.raises(ModelError, match=r"mean over time .* got wav2vec2 and max: largest"):
        SpeechBackend.load(folder)


def test_hubert_too(tmp_path, sound):
    folder = save_speech(tmp_path / "hubert", ("calm", "happy", "fearful", "disgust"), hubert=True)
    assert SpeechBackend.load(folder)(sound).is_present


def test_silence_is_never_read(backend, sound):
    quiet = np.concatenate([sound, np.zeros(6 * 16_000, np.float32)])
    reading = backend(quiet)
    assert reading.presence[:8].all()
    assert not reading.presence[-8:].any()
    assert (reading.confidence[-8:] == 0).all()
    assert np.ptp(reading.emotion[-1]) == pytest.approx(0, abs=1e-6)
    assert not backend(np.zeros(16_000, np.float32)).is_present
    assert not backend(np.zeros(0, np.float32)).is_present


def test_short_sound_is_read_once_it_is_long_enough(backend, sound):
    assert not backend(sound[:2_000]).is_present
    assert backend(sound[:8_000]).is_present


@pytest.mark.parametrize(
    "wrong", [np.zeros((2, 16_000), np.float32), np.zeros(16_000, np.int16)]
)
def test_refuses_what_is_no_mono_sound(backend, wrong):
    with pytest.raises(InputError, match="expected mono sound"):
        backend(wrong)


def test_refuses_samples_that_are_not_finite(backend, sound):
    with pytest.raises(InputError, match="finite samples"):
        backend(np.where(np.arange(64_000) == 5, np.nan, sound))


def test_refuses_other_rates_and_unknown_labels(tmp_path, speech):
    fast = shutil.copytree(speech, tmp_path / "fast")
    path = fast / "preprocessor_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"sampling_rate": 44_100}))
    with pytest.raises(ModelError, match="16000 Hz sound, got 44100 Hz: fast"):
        SpeechBackend.load(fast)
    strange = save_speech(tmp_path / "strange", ("LABEL_0", "LABEL_1"))
    with pytest.raises(ModelError, match="got LABEL_0, LABEL_1"):
        SpeechBackend.load(strange)
    told = {"LABEL_0": "calm", "LABEL_1": "fear"}
    assert SpeechBackend.load(strange, options=Options(labels=told)).meaning.neutral is False
