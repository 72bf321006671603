"""Published models: sizes as published, found by name, hub id and configuration."""

import json
from dataclasses import replace

import pytest
import torch
from diffusers import AutoencoderKLWan, WanTransformer3DModel
from transformers import CLIPVisionConfig, CLIPVisionModel, UMT5Config, UMT5EncoderModel

from emogen.conditioning import EmotionAdapter, EmotionAdapterConfig, attach
from emogen.diffusion.backbones import (
    ALIASES,
    BACKBONES,
    IMAGE_ENCODER,
    TEXT_ENCODER,
    find_backbone,
    recognise,
)

PUBLISHED = {
    "wan2.1-t2v-1.3b": 1.419, "wan2.1-t2v-14b": 14.288, "wan2.1-i2v-14b-480p": 16.395,
    "wan2.1-i2v-14b-720p": 16.395, "wan2.2-ti2v-5b": 5.000, "wan2.2-t2v-a14b": 14.3,
    "wan2.2-i2v-a14b": 14.3,
}  # fmt: skip
"""Billions of parameters of one transformer."""


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def write(folder, backbone, *, name="model", sizes=None, shift=None):
    folder = folder / name
    for part in ("transformer", "scheduler"):
        (folder / part).mkdir(parents=True)
    second = ["diffusers", "WanTransformer3DModel"] if backbone.experts == 2 else [None, None]
    (folder / "model_index.json").write_text(json.dumps({"transformer_2": second}))
    config = {k: v for k, v in backbone.transformer_config().items() if v is not None}
    (folder / "transformer" / "config.json").write_text(json.dumps(config | (sizes or {})))
    scheduler = {"flow_shift": backbone.flow_shift if shift is None else shift}
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(scheduler))
    return folder


def test_every_published_model_is_listed() -> None:
    assert set(BACKBONES) == set(PUBLISHED)
    assert set(ALIASES.values()) <= set(BACKBONES)


@pytest.mark.parametrize("name", BACKBONES)
def test_at_full_size_with_an_adapter_attached(name) -> None:
    """Real modules on the meta device: the published size, and an emotion on every block."""
    backbone = BACKBONES[name]
    with torch.device("meta"):
        transformer = WanTransformer3DModel(**backbone.transformer_config())
        adapter = EmotionAdapter(EmotionAdapterConfig.for_transformer(transformer))
    assert count(transformer) == backbone.parameters
    assert count(transformer) / 1e9 == pytest.approx(PUBLISHED[name], abs=0.012)
    originals = [block.attn2.processor for block in transformer.blocks]
    attached = attach(transformer, adapter)
    now = [block.attn2.processor for block in transformer.blocks]
    assert not set(map(id, now)) & set(map(id, originals))
    attached.detach()
    assert [block.attn2.processor for block in transformer.blocks] == originals
    assert count(adapter) < 0.02 * count(transformer)


def test_at_full_size_a_pass_with_emotion_has_the_right_shape() -> None:
    """Shapes alone, but of the real 1.3B: every product and hook of a pass fits."""
    with torch.device("meta"):
        transformer = WanTransformer3DModel(**BACKBONES["wan2.1-t2v-1.3b"].transformer_config())
        adapter = EmotionAdapter(EmotionAdapterConfig.for_transformer(transformer))
        latents, states = torch.empty(1, 16, 3, 8, 8), torch.empty(1, 512, 4096)
        attached = attach(transformer, adapter)
        condition = adapter(torch.empty(1, 3, 12))
        with attached.using(condition), torch.no_grad():
            out = transformer(latents, torch.empty(1), states, return_dict=False)[0]
    assert out.shape == latents.shape


def test_the_other_parts_have_their_sizes() -> None:
    with torch.device("meta"):
        text = UMT5EncoderModel(UMT5Config(
            vocab_size=256384, d_model=4096, d_kv=64, d_ff=10240, num_layers=24, num_heads=64,
        ))
        eye = CLIPVisionModel(CLIPVisionConfig(
            hidden_size=1280, intermediate_size=5120, num_hidden_layers=32, num_attention_heads=16,
            patch_size=14,
        ))
        old = AutoencoderKLWan()
        new = AutoencoderKLWan(
            base_dim=160, decoder_base_dim=256, z_dim=48, is_residual=True, in_channels=12,
            out_channels=12, patch_size=2, scale_factor_spatial=16, latents_mean=[0.0] * 48,
            latents_std=[1.0] * 48,
        )
    assert (count(text), count(eye)) == (TEXT_ENCODER, IMAGE_ENCODER)
    assert count(old) == BACKBONES["wan2.1-t2v-14b"].vae_parameters
    assert count(new) == BACKBONES["wan2.2-ti2v-5b"].vae_parameters


@pytest.mark.parametrize(
    ("size", "tflop"),
    [((832, 480, 81), 283), ((832, 480, 49), 129), ((512, 512, 33), 39.7), ((416, 240, 81), 33.8)],
)
def test_operations_are_those_that_were_counted(size, tflop) -> None:
    assert BACKBONES["wan2.1-t2v-1.3b"].pass_flops(*size) / 1e12 == pytest.approx(tflop, rel=0.01)


def test_most_of_a_long_clips_work_is_attention() -> None:
    backbone, size = BACKBONES["wan2.1-t2v-1.3b"], (832, 480, 81)
    share = backbone.attention_flops(*size) / backbone.pass_flops(*size)
    assert share == pytest.approx(0.7, abs=0.02)


def test_names() -> None:
    for backbone in BACKBONES.values():
        assert find_backbone(backbone.name) is backbone
        assert find_backbone(backbone.hub.upper()) is backbone
    assert find_backbone("wan2.1-1.3b") is BACKBONES["wan2.1-t2v-1.3b"]
    assert find_backbone("nano") is None


@pytest.mark.parametrize("name", BACKBONES)
def test_a_folder_says_what_it_is(tmp_path, name) -> None:
    assert recognise(write(tmp_path, BACKBONES[name])) is BACKBONES[name]


def test_twins_are_told_apart_by_name_first(tmp_path) -> None:
    small, large = BACKBONES["wan2.1-i2v-14b-480p"], BACKBONES["wan2.1-i2v-14b-720p"]
    assert recognise(write(tmp_path, large, name="Wan2.1-I2V-14B-480P", shift=5.0)) is small
    assert recognise(write(tmp_path, small, name="wan-i2v-720p", shift=3.0)) is large
    assert recognise(write(tmp_path, small, name="mine", shift=3.0)) is small


def test_other_sizes_are_no_published_model(tmp_path) -> None:
    backbone = BACKBONES["wan2.1-t2v-1.3b"]
    assert recognise(write(tmp_path, backbone, sizes={"num_layers": 29})) is None
    assert recognise(tmp_path) is None
    folder = write(tmp_path, backbone, name="broken")
    (folder / "transformer" / "config.json").write_text("{")
    assert recognise(folder) is None


def test_settings_fit_the_models() -> None:
    for backbone in BACKBONES.values():
        assert backbone.num_frames % 4 == 1
        assert backbone.width % backbone.size_multiple == 0
        assert backbone.height % backbone.size_multiple == 0
        assert (backbone.experts == 2) == (backbone.boundary is not None)
        assert (backbone.experts == 2) == (backbone.guidance_scale_2 is not None)


def test_memory_falls_with_every_measure() -> None:
    for backbone in BACKBONES.values():
        all_in = backbone.memory_bytes()
        assert backbone.memory_bytes(fp8=True) < all_in
        assert backbone.memory_bytes(offload="model") < all_in
        assert backbone.memory_bytes(offload="group") < backbone.memory_bytes(offload="model")
    small = BACKBONES["wan2.1-t2v-1.3b"]
    assert small.disk_bytes() == pytest.approx(29e9, rel=0.02)
    larger = replace(small, width=1280, height=720)
    assert larger.memory_bytes() > small.memory_bytes()


def test_the_page_says_what_the_table_says(root) -> None:
    rows = {
        line.split("`")[1]: [cell.strip() for cell in line.split("|")[2:-1]]
        for line in (root / "docs" / "wan.md").read_text().splitlines() if line.startswith("| `wan")
    }  # fmt: skip
    assert set(rows) == set(BACKBONES)
    for name, (_, parameters, clip, shift, guidance, memory, disk) in rows.items():
        backbone = BACKBONES[name]
        times = "2 x " if backbone.experts == 2 else ""
        assert parameters == f"{times}{backbone.parameters / 1e9:.1f} B"
        size = f"{backbone.width}x{backbone.height}"
        assert clip == f"{size}, {backbone.num_frames} at {backbone.fps:g}"
        assert float(shift) == backbone.flow_shift
        scales = [backbone.guidance_scale, backbone.guidance_scale_2]
        assert [float(scale) for scale in guidance.split(", ")] == [s for s in scales if s]
        needs = [
            backbone.memory_bytes(), backbone.memory_bytes(offload="model"),
            backbone.memory_bytes(offload="model", fp8=True),
        ]
        assert memory == "; ".join(f"{need / 1e9:.0f}" for need in needs)
        assert disk == f"{backbone.disk_bytes() / 1e9:.0f}"
