"""Talking heads on disk: there and back in eight bits, and every kind of damage."""

import json

import pytest
import torch
from torch.testing import assert_close

from emogen.conditioning.head_weights import CONFIG, WEIGHTS, SavedHead, load_head, save_head
from emogen.conditioning.talking_head import TalkingHead, TalkingHeadConfig
from emogen.errors import ModelError
from tests.tiny import noise, shake, tiny_transformer


def small_head():
    sizes = {"audio_width": 6, "projection_width": 16, "num_tokens": 3, "token_width": 8,
             "motion_width": 16, "emotion_width": 16, "emotion_tokens": 2}  # fmt: skip
    head = TalkingHead(TalkingHeadConfig.for_transformer(tiny_transformer(), **sizes)).eval()
    return shake(head)


def saved_head(**changes):
    fields = {
        "head": small_head(), "own_emotion": True, "base_model": "nano",
        "lora": {"blocks.0.attn1.to_q.lora_A.weight": noise(3, 48)},
        "parts": {"ear": {"enter.weight": noise(4, 4, 5), "norm.scale": noise(4, 1)}},
        "settings": {"steps": 5, "scene": "a fox talks"},
    }  # fmt: skip
    return SavedHead(**fields | changes)


@pytest.fixture
def folder(tmp_path):
    save_head(saved_head(), tmp_path)
    return tmp_path


def edit(folder, **changes):
    manifest = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps(manifest | changes))


def test_round_trip(folder):
    back, first = load_head(folder), saved_head()
    assert back.head.config == first.head.config
    assert (back.own_emotion, back.base_model) == (True, "nano")
    assert back.settings == first.settings
    assert not back.head.training
    for name, value in first.head.state_dict().items():
        assert_close(back.head.state_dict()[name], value, atol=0.02, rtol=0, msg=name)
    assert set(back.parts) == {"ear"}
    for mine, theirs in ((first.lora, back.lora), (first.parts["ear"], back.parts["ear"])):
        assert set(mine) == set(theirs)
        for name, value in mine.items():
            assert_close(theirs[name], value, atol=0.02, rtol=0)


def test_a_second_trip_changes_nothing(folder, tmp_path):
    first = load_head(folder)
    save_head(first, tmp_path / "again")
    again = load_head(tmp_path / "again")
    for name, value in first.head.state_dict().items():
        assert_close(again.head.state_dict()[name], value, atol=1e-5, rtol=1e-5)


def test_large_matrices_take_a_byte_a_number(tmp_path):
    saved = saved_head(lora={"a.lora_A.weight": noise(100, 100)})
    whole = save_head(saved, tmp_path / "whole").stat().st_size
    less = save_head(saved_head(lora={}), tmp_path / "less").stat().st_size
    assert 10_000 < whole - less < 11_500


def test_the_base_models_emotion_adapter_is_not_written_again(tmp_path):
    own = save_head(saved_head(), tmp_path / "own").stat().st_size
    path = save_head(saved_head(own_emotion=False), tmp_path / "borrowed")
    assert path.stat().st_size < 0.8 * own
    back = load_head(tmp_path / "borrowed")
    assert not back.own_emotion
    assert not back.head.emotion.to_modulation.weight.any()


def test_no_head(tmp_path):
    with pytest.raises(ModelError, match=f"no talking head in .* expected {CONFIG}"):
        load_head(tmp_path)


def test_weights_are_missing(folder):
    (folder / WEIGHTS).unlink()
    with pytest.raises(ModelError, match="cannot read the talking head"):
        load_head(folder)


@pytest.mark.parametrize("kept", [0, 7, 1000, -1])
def test_weights_are_cut_off(folder, kept):
    data = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(data[:kept])
    with pytest.raises(ModelError, match="cannot read the talking head"):
        load_head(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "{}", "\x00"])
def test_manifest_is_no_manifest(folder, text):
    (folder / CONFIG).write_text(text)
    with pytest.raises(ModelError, match="cannot read the talking head"):
        load_head(folder)


def test_another_format_is_refused(folder):
    edit(folder, format="emogen-talking-head-9")
    with pytest.raises(ModelError, match="got 'emogen-talking-head-9'; export it again"):
        load_head(folder)


@pytest.mark.parametrize(
    "sizes", [{"num_tokens": 4}, {"num_layers": 1}, {"num_layers": 3}, {"audio_width": 7}]
)
def test_weights_of_another_size_are_refused(folder, sizes):
    edit(folder, sizes=small_head().config.to_dict() | sizes)
    with pytest.raises(ModelError, match=r"cannot read|do not fit"):
        load_head(folder)


@pytest.mark.parametrize("sizes", [{"depth": 1}, {"num_tokens": "many"}, {"num_tokens": -1}])
def test_sizes_that_are_none_are_refused(folder, sizes):
    edit(folder, sizes=small_head().config.to_dict() | sizes)
    with pytest.raises(ModelError):
        load_head(folder)


def test_a_lost_emotion_adapter_is_missed(tmp_path):
    save_head(saved_head(own_emotion=False), tmp_path)
    edit(tmp_path, own_emotion=True)
    with pytest.raises(ModelError, match="do not fit their config: emotion"):
        load_head(tmp_path)


def test_weights_stay_on_the_cpu_and_whole(folder):
    assert all(p.dtype == torch.float32 for p in load_head(folder).head.parameters())
