"""Model folders that are missing, foreign or damaged."""

import json
import shutil

import pytest
import torch

from emogen.errors import ModelError, ResourceError
from emogen.pipelines import load_components
from emogen.pipelines.loading import Defaults
from tests.tiny import save_tiny_model, tiny_adapter, tiny_transformer

PARTS = ("transformer", "vae", "text_encoder")


@pytest.fixture
def copy(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "copy")


def weights(folder, part):
    (path,) = (folder / part).glob("*.safetensors")
    return path


def test_no_folder(tmp_path):
    with pytest.raises(ModelError, match=r"no model folder .* expected one of nano"):
        load_components(tmp_path / "none")


def test_not_a_diffusers_folder(tmp_path):
    with pytest.raises(ModelError, match=r"model_index\.json is missing"):
        load_components(tmp_path)


@pytest.mark.parametrize("part", [*PARTS, "tokenizer", "scheduler"])
def test_a_part_is_missing(copy, part):
    shutil.rmtree(copy / part)
    with pytest.raises(ModelError, match="cannot load the model"):
        load_components(copy, dtype=torch.float32)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("kept", [0, 4, 0.5])
def test_weights_are_cut_off(copy, part, kept):
    path = weights(copy, part)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept) if 0 < kept < 1 else kept])
    with pytest.raises(ModelError, match="cannot load the model"):
        load_components(copy, dtype=torch.float32)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("text", ["{", "[]", "null"])
def test_a_config_is_damaged(copy, part, text):
    (copy / part / "config.json").write_text(text)
    with pytest.raises(ModelError, match="cannot load the model"):
        load_components(copy, dtype=torch.float32)


@pytest.mark.parametrize("text", ["{", "[]", '{"wdth": 3}', '{"width": "wide"}'])
def test_defaults_are_damaged(copy, text):
    (copy / "emogen.json").write_text(text)
    with pytest.raises(ModelError, match=r"emogen\.json"):
        load_components(copy, dtype=torch.float32)


def test_without_defaults_those_of_wan_are_used(copy):
    (copy / "emogen.json").unlink()
    parts = load_components(copy, dtype=torch.float32)
    assert parts.defaults == Defaults()
    assert (parts.defaults.width, parts.defaults.num_frames) == (832, 81)


def test_without_an_adapter(copy):
    shutil.rmtree(copy / "emotion_adapter")
    assert load_components(copy, dtype=torch.float32).adapter is None
    with pytest.raises(ModelError, match="no emotion adapter"):
        load_components(copy, adapter=copy, dtype=torch.float32)


def test_an_adapter_of_another_model(copy):
    from emogen.conditioning import save_adapter

    other = tiny_adapter(tiny_transformer(layers=1))
    save_adapter(other, copy / "emotion_adapter", base_model="other")
    with pytest.raises(ModelError, match="num_layers 1, this one has 2"):
        load_components(copy, dtype=torch.float32)


def test_image_to_video_weights_are_refused(tmp_path):
    wide = tiny_transformer(channels=8)
    with pytest.raises(ModelError, match="expected a text-to-video Wan model"):
        load_components(save_tiny_model(tmp_path / "m", transformer=wide), dtype=torch.float32)


def test_a_model_too_large_for_the_device(folder, monkeypatch):
    def full(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("emogen.pipelines.loading._read_parts", full)
    with pytest.raises(ResourceError, match="does not fit the memory of cpu; take --offload model"):
        load_components(folder, device="cpu")


def test_types_of_the_weights(folder):
    parts = load_components(folder, device="cpu", dtype=torch.bfloat16)
    assert parts.transformer.dtype == parts.vae.dtype == parts.dtype == torch.bfloat16
    assert parts.text_encoder.dtype == torch.float32
    assert not any(part.training for part in (parts.transformer, parts.vae, parts.text_encoder))


def test_the_folder_says_what_it_is(folder):
    index = json.loads((folder / "model_index.json").read_text())
    assert index["_class_name"] == "WanPipeline"
    assert index["expand_timesteps"] is True
