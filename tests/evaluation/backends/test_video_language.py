"""A video language model as a judge: a real model whose weights were set to say a text."""

import json
import shutil
from importlib.util import find_spec

import numpy as np
import pytest

from emogen.emotion import CATEGORIES
from emogen.errors import InputError, ModelError, ResourceError
from emogen.evaluation.backends import Options, VideoLanguageBackend, load_backend
from emogen.evaluation.backends.answers import ACTION_UNITS, Judgement
from emogen.evaluation.backends.names import kind_of
from emogen.evaluation.backends.video_language import question
from tests.evaluation.backends.tiny_models import card, save_qwen, save_talker

HAS_TORCHVISION = find_spec("torchvision") is not None
ANSWER = json.dumps({
    "attributes": ["a board of squares"], "action_units": {"AU4": 0.5}, "expression": "stern",
    "emotion": {"anger": 0.75, "fear": 0.25}, "valence": -0.5, "arousal": 0.5, "dominance": 0.25,
    "evidence": [{"frame": 2, "seen": "red against blue"}], "confidence": 0.8,
})  # fmt: skip


@pytest.fixture(scope="module")
def talker(models_folder):
    return card(save_talker(models_folder / "talker", ANSWER), license="apache-2.0")


@pytest.fixture(scope="module")
def backend(talker):
    return VideoLanguageBackend.load(talker)


def test_a_folder_is_known(talker):
    assert kind_of(talker) == "video-language"
    assert isinstance(load_backend(talker, modality="vision"), VideoLanguageBackend)


def test_judges_and_quotes_its_evidence(backend, frames):
    (judgement,) = backend.judge(frames)
    assert judgement.is_judged
    assert judgement.category == "anger"
    assert (judgement.start, judgement.end) == (0.0, 4.0)
    assert judgement.frame_seconds == tuple(np.arange(8) / 4)
    assert judgement.explain() == 'anger (0.75): stern; "red against blue" at 0.2 s'


def test_every_half_second_carries_the_judgement_of_its_piece(backend, frames):
    reading = backend(frames)
    assert reading.seconds.tolist() == [0.25, 0.75, 1.25, 1.75]
    assert reading.emotion[:, CATEGORIES.index("anger")] == pytest.approx(0.75)
    assert reading.vad[2] == pytest.approx([-0.5, 0.5, 0.25])
    assert reading.confidence == pytest.approx(0.8)
    assert reading.native["action_units"].shape == (4, len(ACTION_UNITS))
    assert reading.native["action_units"][0, ACTION_UNITS.index("AU4")] == pytest.approx(0.5)
    assert reading.tier == "open"
    assert reading.presence.all()


def test_temperature_tempers_what_it_says_of_itself(talker, frames):
    cool = VideoLanguageBackend.load(talker, options=Options(temperature=2.0))
    assert cool(frames).confidence == pytest.approx(1 / (1 + (0.2 / 0.8) ** 0.5), abs=1e-5)


def test_a_long_clip_is_judged_in_pieces_on_one_grid(backend, frames):
    long = np.concatenate([frames] * 3)
    times = 2 + np.arange(24) / 4  # from 2 s to 7.75 s
    judgements = backend.judge(long, seconds=times)
    assert [judgement.start for judgement in judgements] == [0.0, 4.0]
    assert [len(judgement.frame_seconds) for judgement in judgements] == [8, 8]
    assert judgements[1].frame_seconds[0] == 4.0
    assert backend(long, seconds=times).num_windows == 12


def test_blank_pieces_are_not_asked_about(backend, frames):
    clip = np.concatenate([np.zeros((16, 48, 48, 3), np.uint8), frames])
    judgements = backend.judge(clip)
    assert judgements[0].problem == "the frames are blank"
    reading = backend(clip)
    assert reading.presence.tolist() == [False] * 8 + [True] * 4
    assert (reading.confidence[:8] == 0).all()


def test_asks_once_more_where_the_answer_cannot_be_read(tmp_path, frames):
    backend = VideoLanguageBackend.load(save_talker(tmp_path / "slow", "Well, anger.", ANSWER))
    (judgement,) = backend.judge(frames)
    assert judgement.category == "anger"


def test_nonsense_is_no_judgement(tmp_path, frames):
    backend = VideoLanguageBackend.load(save_talker(tmp_path / "mad", '{"emotion": "hungry"}'))
    (judgement,) = backend.judge(frames)
    assert "names 'hungry'" in judgement.problem
    assert judgement.answer == '{"emotion": "hungry"}'
    assert not backend(frames).is_present


def test_a_refusal_is_no_judgement(tmp_path, frames):
    words = "I'm sorry, I cannot judge people."
    backend = VideoLanguageBackend.load(save_talker(tmp_path / "shy", words))
    assert backend.judge(frames)[0].refusal == words
    assert not backend(frames).is_present


def test_the_pictures_reach_the_model(backend, frames, monkeypatch):
    """Every frame is in the input, with its number before it."""
    kept = {}
    generate = backend._network.generate

    def keep(**inputs):
        kept.update(inputs)
        return generate(**inputs)

    monkeypatch.setattr(backend._network, "generate", keep)
    backend.judge(frames)
    image = backend._network.config.image_token_id
    assert len(kept["pixel_values"]) == 8
    assert (kept["input_ids"] == image).sum() == 8 * 4
    different = {tuple(picture.flatten()[:500].tolist()) for picture in kept["pixel_values"]}
    assert len(different) == 8


def test_the_question_leads_from_what_is_seen_to_what_is_felt():
    text = question(8)
    steps = [text.index(word) for word in ("attributes:", "action_units:", "expression:",
                                           "emotion:", "evidence:", "confidence")]  # fmt: skip
    assert steps == sorted(steps)
    assert all(name in text for name in CATEGORIES)
    assert "EVOKES" in question(8, target="evoked")
    assert "EXPRESSED" in text


def test_refuses_windows_that_nothing_was_judged_of(backend):
    with pytest.raises(InputError, match="a judgement for each window"):
        backend.reading([], seconds=np.array([0.25]))
    with pytest.raises(InputError, match="a judgement for each window"):
        backend.reading([Judgement(start=4.0)], seconds=np.array([0.25]))


@pytest.mark.skipif(not HAS_TORCHVISION, reason="there is no torchvision")
def test_qwen_takes_the_same_way(tmp_path, frames, monkeypatch):
    """It is untrained and answers nonsense, after it has seen the pictures."""
    monkeypatch.setattr("emogen.evaluation.backends.video_language.ANSWER_TOKENS", 4)
    (judgement,) = VideoLanguageBackend.load(save_qwen(tmp_path / "qwen")).judge(frames)
    assert "no JSON object" in judgement.problem


@pytest.mark.skipif(HAS_TORCHVISION, reason="torchvision is there")
def test_says_which_package_a_model_needs(tmp_path):
    with pytest.raises(ResourceError, match=r"qwen needs .* pip install torchvision"):
        VideoLanguageBackend.load(save_qwen(tmp_path / "qwen"))


def test_refuses_a_model_that_cannot_chat(talker, tmp_path):
    folder = shutil.copytree(talker, tmp_path / "mute")
    for name in ("chat_template.jinja", "chat_template.json"):
        (folder / name).unlink(missing_ok=True)
    with pytest.raises(ModelError, match="expected a chat template with mute"):
        VideoLanguageBackend.load(folder)
