"""The research-only reader of photographed faces."""

import json

import numpy as np
import pytest
import torch

from emogen.assets import model_dir
from emogen.data.synthetic import emotion_vector
from emogen.emotion import CATEGORIES
from emogen.evaluation.recogniser.faces import (
    FERPLUS,
    TO_CATEGORIES,
    TO_VAD,
    VOTES,
    FaceReader,
    FaceReading,
    search_windows,
)
from emogen.evaluation.recogniser.reading import ModalityReading
from emogen.evaluation.recogniser.shots import FIRST_SEED, Feelings, rig_shot
from emogen.evaluation.recogniser.vision import CONFIG, WEIGHTS, VisionEncoder


@pytest.fixture(scope="module")
def research():
    return VisionEncoder.load("vision-research")


def test_the_eight_emotions_map_to_categories():
    assert TO_CATEGORIES.sum(1) == pytest.approx(1)
    for name in ("neutral", "sadness", "anger", "disgust", "fear"):
        assert TO_CATEGORIES[FERPLUS.index(name), CATEGORIES.index(name)] == 1
    pleasant = TO_CATEGORIES[FERPLUS.index("happiness"), :4]
    assert pleasant.sum() == pytest.approx(1)
    assert (TO_VAD[[1, 3], 0] * [1, -1] > 0).all()


def test_search_covers_the_frame_at_every_size():
    boxes = search_windows()
    assert (boxes[:, :2] - boxes[:, 2:] > -1e-6).all()
    assert (boxes[:, :2] + boxes[:, 2:] < 1 + 1e-6).all()
    for half in boxes[:, 2].unique():
        ring = boxes[boxes[:, 2] == half]
        assert float((ring[:, 0] - half).min()) == pytest.approx(0, abs=1e-6)
        assert float((ring[:, 0] + half).max()) == pytest.approx(1, abs=1e-6)


class BrightSpot(torch.nn.Module):
    """Calls a face what is bright all over, and says happiness."""

    def forward(self, pictures):
        votes = torch.zeros(len(pictures), len(VOTES))
        votes[:, 1] = 8.0
        votes[:, -1] = -20 * pictures.mean((1, 2, 3)) + 16
        return votes


def test_the_search_finds_a_face_and_follows_it():
    squares = torch.full((3, 3, 128, 128), -1.0)
    squares[:, :, 20:66, 60:106] = 1.0
    reader = FaceReader(BrightSpot())
    box = reader._search(squares[:1, :1])
    assert 60 / 128 < float(box[0]) < 106 / 128
    assert 20 / 128 < float(box[1]) < 66 / 128
    reading = reader(squares)
    assert reading.found.all()
    assert (reading.emotion.argmax(1) == 1).all()
    assert not reader(torch.full((2, 3, 128, 128), -1.0)).found.any()


def test_a_window_is_a_face_where_most_of_its_frames_are():
    drawn = ModalityReading(
        modality="vision", seconds=np.array([0.25, 0.75]), emotion=np.full((2, 9), 1 / 9),
        vad=np.zeros((2, 3)), presence=np.array([False, False]), confidence=np.zeros(2),
        features=np.zeros((2, 4)), tier="research-only", model="x",
    )  # fmt: skip
    emotion = np.zeros((3, 8), np.float32)
    emotion[:, FERPLUS.index("sadness")] = 1
    faces = FaceReading(emotion=emotion, found=np.array([True, False, True]))
    reading = faces.over(drawn, rows=np.array([0, 0, 1, 1]), windows=np.array([0, 0, 1, 1]))
    assert reading.presence.tolist() == [True, False]
    assert CATEGORIES[int(reading.emotion[0].argmax())] == "sadness"
    assert reading.confidence.tolist() == [1.0, 0.0]
    assert reading.native["ferplus"][1].sum() == 0
    assert reading.emotion[1] == pytest.approx(1 / 9)


@pytest.mark.judge("vision-research")
def test_weights_are_marked_research_only_everywhere(research):
    folder = model_dir("judge") / "vision-research"
    config = json.loads((folder / CONFIG).read_text("utf-8"))
    assert research.tier == config["tier"] == "research-only"
    assert (folder / WEIGHTS).stat().st_size <= 1_000_000
    assert "research only" in (folder / "README.md").read_text("utf-8").lower()
    assert VisionEncoder.load().tier == "open"


@pytest.mark.judge("vision-research")
def test_drawings_and_empty_frames_are_no_photographs(research):
    felt = np.tile(emotion_vector({"awe": 0.9}), (2, 1))
    shot = rig_shot(FIRST_SEED + 5, Feelings(face=felt, staging=felt, body=felt))
    drawn = research(shot.frames, seconds=np.arange(2) / 4)
    plain = VisionEncoder.load()(shot.frames, seconds=np.arange(2) / 4)
    assert drawn.emotion == pytest.approx(plain.emotion)
    assert drawn.tier == "research-only"
    empty = research(np.full((1, 64, 64, 3), 200, np.uint8))
    assert not empty.is_present
