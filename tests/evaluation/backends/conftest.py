"""Tiny models on disk, written once for all tests of the backends."""

import numpy as np
import pytest

from tests.evaluation.backends import tiny_models

EKMAN = ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise")


@pytest.fixture(scope="session")
def models_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def clip(models_folder):
    folder = tiny_models.save_clip(models_folder / "clip")
    return tiny_models.card(folder, license="mit")


@pytest.fixture(scope="session")
def faces(models_folder):
    names = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
    return tiny_models.save_face_classifier(models_folder / "faces", names)


@pytest.fixture(scope="session")
def speech(models_folder):
    names = ("neu", "hap", "ang", "sad")
    folder = tiny_models.save_speech(models_folder / "speech", names)
    return tiny_models.card(folder, license="cc-by-nc-4.0", language="en")


@pytest.fixture(scope="session")
def dimensional_speech(models_folder):
    return tiny_models.save_dimensional_speech(models_folder / "dimensional")


@pytest.fixture(scope="session")
def text(models_folder):
    folder = tiny_models.save_text(models_folder / "text", EKMAN)
    return tiny_models.card(folder, license="apache-2.0", language="en")


@pytest.fixture(scope="session")
def frames():
    """Eight pictures that differ, uint8 [8, 48, 48, 3], two seconds at four a second."""
    return np.stack([tiny_models.checkerboard(step=2 + step) for step in range(8)])


@pytest.fixture(scope="session")
def sound():
    """Four seconds of a voice-like hum that rises, float32 [64000]."""
    seconds = np.arange(64_000) / 16_000
    hum = np.sin(2 * np.pi * (120 + 40 * seconds) * seconds)
    noise = np.random.default_rng(0).standard_normal(64_000)
    return (0.2 * hum + 0.02 * noise).astype(np.float32)
