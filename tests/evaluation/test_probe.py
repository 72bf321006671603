"""The shipped probe on freshly drawn clips of identities it has never seen."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from emogen.assets import model_dir
from emogen.data.synthetic import emotion_vector, render_example, split
from emogen.emotion import MIKELS
from emogen.errors import InputError, ModelError
from emogen.evaluation.probe import WEIGHTS, Probe, ProbeNetwork, ProbeReading, folded

KINDS = ("cat", "robot", "ghost")


@pytest.fixture(scope="module")
def probe():
    return Probe.load()


@pytest.fixture(scope="module")
def clips():
    """Every emotion at strength 0.9 on three kinds, identities of the test split."""
    drawn = []
    for number, kind in enumerate(KINDS):
        seed = 40_000_000 * (number + 1)
        still = {"kind": kind, "num_frames": 1, "size": 16}
        while split(render_example(seed, **still).identity) != "test":
            seed += 1
        for name in MIKELS:
            vectors = np.tile(emotion_vector({name: 0.9}), (5, 1))
            drawn.append(
                (kind, name, render_example(seed, kind=kind, emotion_vectors=vectors, num_frames=5))
            )
    return drawn


def test_reads_emotion_and_subject_of_unseen_identities(probe, clips):
    readings = [probe(example.frames) for _, _, example in clips]
    asked = [name for _, name, _ in clips]
    kinds = [kind for kind, _, _ in clips]
    emotion = np.mean([r.top_emotion == name for r, name in zip(readings, asked, strict=True)])
    subject = np.mean([r.top_subject == kind for r, kind in zip(readings, kinds, strict=True)])
    assert emotion > 0.8
    assert subject > 0.8


def test_intensity_grows_with_what_is_drawn(probe):
    strengths = (0.0, 0.3, 0.6, 1.0)
    read = []
    for strength in strengths:
        vector = emotion_vector({"sadness": strength}) if strength else np.zeros(12, np.float32)
        example = render_example(
            5, kind="dog", emotion_vectors=np.tile(vector, (5, 1)), num_frames=5
        )
        read.append(float(probe(example.frames).intensity.mean()))
    assert read == sorted(read)
    assert read[0] < 0.3
    assert read[-1] > 0.7


def test_shapes_and_distributions(probe, clips):
    reading = probe(clips[0][2].frames)
    assert reading.emotion.shape == (5, 9)
    assert reading.intensity.shape == (5,)
    assert reading.subject.shape == (len(reading.subjects),) == (57,)
    assert reading.emotion.sum(1) == pytest.approx(1, abs=1e-5)
    assert reading.subject.sum() == pytest.approx(1, abs=1e-5)
    assert ((reading.intensity >= 0) & (reading.intensity <= 1)).all()
    assert reading.emotion.dtype == reading.subject.dtype == np.float32
    assert reading.top_subject in repr(reading)


def test_same_frames_same_reading_whatever_surrounds_them(probe, clips):
    frames = clips[3][2].frames
    alone, among = probe(frames[:2]), probe(np.concatenate([frames[:2], clips[9][2].frames]))
    assert np.array_equal(probe(frames).emotion, probe(frames).emotion)
    assert alone.emotion == pytest.approx(among.emotion[:2], abs=1e-5)


@pytest.mark.parametrize("size", [(64, 64), (128, 128), (96, 160), (37, 53), (480, 832)])
def test_takes_frames_of_any_size(probe, size):
    reading = probe(np.full((1, *size, 3), 128, np.uint8))
    assert np.isfinite(reading.emotion).all()


@pytest.mark.parametrize(
    "frames",
    [
        np.zeros((2, 64, 64, 4), np.uint8),
        np.zeros((64, 64, 3), np.uint8),
        np.zeros((1, 64, 64, 3), np.float32),
        np.zeros((0, 64, 64, 3), np.uint8),
    ],
)
def test_refuses_what_is_no_clip(probe, frames):
    with pytest.raises(InputError, match=r"expected frames uint8 \[T, H, W, 3\]"):
        probe(frames)


def test_latent_reading_averages_as_trajectories_do():
    emotion = np.zeros((9, 9), np.float32)
    emotion[:, 0] = np.arange(9)
    reading = ProbeReading(
        emotion=emotion, intensity=emotion[:, 0], subject=np.ones(1, np.float32), subjects=("cat",)
    )
    assert reading.latent_emotion()[:, 0].tolist() == [0.0, 2.5, 6.5]
    assert reading.top_emotion == "amusement"


def test_neutral_does_not_compete_for_the_top_emotion():
    emotion = np.array([[0.0, 0.1, 0, 0, 0, 0, 0, 0.2, 0.7]], np.float32)
    one = np.ones(1, np.float32)
    reading = ProbeReading(emotion=emotion, intensity=one, subject=one, subjects=("cat",))
    assert reading.top_emotion == "sadness"


def test_folding_keeps_the_function():
    torch.manual_seed(0)
    network = ProbeNetwork(4, norm=True)
    for _ in range(3):
        network(torch.randn(16, 3, 64, 64))
    network.eval()
    pictures = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        for before, after in zip(network(pictures), folded(network)(pictures), strict=True):
            assert torch.allclose(before, after, atol=1e-5)


def test_weights_are_small_and_the_card_names_licence_and_scores():
    folder = model_dir("probe")
    assert (folder / WEIGHTS).stat().st_size <= 2_000_000
    card = (folder / "README.md").read_text("utf-8")
    assert card.startswith("---\nlicense: cc-by-4.0\n")
    assert "| test |" in card


def test_says_what_is_wrong_with_a_folder(tmp_path):
    with pytest.raises(ModelError, match="no probe at"):
        Probe.load(tmp_path)
    (tmp_path / WEIGHTS).write_bytes(b"not safetensors")
    with pytest.raises(ModelError, match="cannot read the probe"):
        Probe.load(tmp_path)
    save_file({"x": torch.zeros(1)}, tmp_path / WEIGHTS, {"subjects": "cat|dog"})
    with pytest.raises(ModelError, match="cannot read the probe"):
        Probe.load(tmp_path)
    save_file(load_file(model_dir("probe") / WEIGHTS), tmp_path / WEIGHTS)
    with pytest.raises(ModelError, match="cannot read the probe"):
        Probe.load(tmp_path)
    assert json.dumps(Probe.load().subjects)
