"""A pipeline over what is being trained gives the clips that the exported files give."""

import numpy as np
import pytest
import torch
from diffusers import WanTransformer3DModel

from emogen.conditioning import load_adapter
from emogen.conditioning.finetuned import FineTunedWan, export_parts
from emogen.emotion import parse
from emogen.errors import InputError
from emogen.pipelines import LoadOptions, Lora, load_pipeline
from emogen.pipelines.in_training import pipeline_in_training
from tests.tiny import shake
from tests.wan_folders import save_wan

SIZE = {"width": 32, "height": 32, "num_frames": 5, "steps": 2, "seed": 3}
FEAR = parse("fear:0.9")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("in-training")
    for kind in ("2.1-t2v", "2.2-t2v-two", "2.1-i2v"):
        save_wan(home / kind, kind, adapter=False)
    return home


def trained(folder, part="transformer"):
    transformer = WanTransformer3DModel.from_pretrained(folder / part)
    model = FineTunedWan(transformer, train="both", rank=2)
    for parameter in model.trained().values():  # values that bfloat16 holds, as files do
        shake(torch.nn.ParameterList([parameter]), std=0.05)
        parameter.data = parameter.data.bfloat16().float()
    return model


@pytest.mark.parametrize("kind", ["2.1-t2v", "2.2-t2v-two"])
def test_the_clips_are_those_of_the_export(home, tmp_path, kind) -> None:
    folder, model = home / kind, trained(home / kind)
    before = {name: p.detach().clone() for name, p in model.trained().items()}
    pipeline = pipeline_in_training(
        folder, model.transformer, model.attached, asked=[("a cat", FEAR)],
        device=torch.device("cpu"),
    )
    with model.attached.using(None):
        clip = pipeline("a cat", emotion=FEAR, **SIZE).frames
    export_parts(model, before, tmp_path, base_model="x")
    loaded = load_pipeline(
        str(folder), adapter=str(tmp_path / "emotion_adapter"), device="cpu", dtype=torch.float32,
        options=LoadOptions(loras=(Lora(path=tmp_path / "lora.safetensors"),)),
    )
    assert load_adapter(tmp_path / "emotion_adapter").config == model.adapter.config
    difference = np.abs(loaded("a cat", emotion=FEAR, **SIZE).frames.astype(int) - clip)
    assert difference.max() <= 2
    assert np.abs(loaded("a cat", **SIZE).frames.astype(int) - clip).max() > 2
    for name, parameter in model.trained().items():
        assert torch.equal(parameter, before[name]), name
        assert not parameter.is_inference()


def test_texts_are_encoded_once(home) -> None:
    model = trained(home / "2.1-t2v")
    pipeline = pipeline_in_training(
        home / "2.1-t2v", model.transformer, model.attached, asked=[("a cat", FEAR)],
        device=torch.device("cpu"),
    )
    assert pipeline.parts.text_encoder is None
    with pytest.raises(InputError, match="one of the texts that were encoded before, got 'a dog'"):
        pipeline("a dog", emotion=FEAR, **SIZE)


def test_a_model_that_begins_with_a_picture(home) -> None:
    model = trained(home / "2.1-i2v")
    with pytest.raises(InputError, match=r"this one begins with a picture; set validation\.every"):
        pipeline_in_training(
            home / "2.1-i2v", model.transformer, model.attached, asked=[],
            device=torch.device("cpu"),
        )
