"""LoRA files: every dialect gives the same matrices, in emogen and in diffusers."""

import json

import pytest
import torch
from diffusers import WanPipeline
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from safetensors.torch import load_file, save_file

from emogen.conditioning.lora_files import (
    BIAS,
    DIALECTS,
    DOWN,
    UP,
    describe_lora,
    load_lora,
    merge,
    read_lora,
    write_lora,
)
from emogen.errors import ModelError
from tests.tiny import noise
from tests.wan_folders import wan_transformer

TARGETS = ["to_q", "to_k", "to_v", "to_out.0", "ffn.net.0.proj", "ffn.net.2"]
RANK = 3


@pytest.fixture(scope="module")
def plain():
    return wan_transformer()


def inputs(channels=4):
    return noise(1, channels, 2, 4, 4), torch.tensor([500.0]), noise(1, 512, 32, seed=5)


@torch.no_grad()
def run(model, *extra):
    return model(*inputs(), *extra).sample


def trained(model, *, alpha=RANK, targets=TARGETS):
    """Return a LoRA as training leaves it, by PEFT, and what the model then gives."""
    model.add_adapter(LoraConfig(r=RANK, lora_alpha=alpha, target_modules=targets), "new")
    generator = torch.Generator().manual_seed(4)
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            parameter.data = torch.randn(parameter.shape, generator=generator) * 0.2
    return get_peft_model_state_dict(model, adapter_name="new"), run(model)


@pytest.fixture(scope="module")
def example():
    state, output = trained(wan_transformer())
    return {name: value.detach() for name, value in state.items()}, output


@pytest.fixture(params=DIALECTS)
def written(request, example, tmp_path):
    path = tmp_path / "lora.safetensors"
    write_lora(example[0], path, dialect=request.param, dtype=torch.float32)
    return request.param, path


def test_there_and_back(written, example) -> None:
    state = read_lora(written[1])
    assert set(state) == set(example[0])
    assert all(torch.equal(state[name], value) for name, value in example[0].items())


def test_each_dialect_loads_in_emogen(written, example, plain) -> None:
    model = wan_transformer()
    load_lora(model, written[1])
    torch.testing.assert_close(run(model), example[1])
    assert (run(model) - run(plain)).abs().max() > 0.05


def test_each_dialect_loads_in_plain_diffusers(written, example) -> None:
    model = wan_transformer()
    state = WanPipeline.lora_state_dict(load_file(written[1]))
    WanPipeline.load_lora_into_transformer(state, model, adapter_name="x")
    torch.testing.assert_close(run(model), example[1])


def test_what_diffusers_writes_is_read(example, tmp_path) -> None:
    WanPipeline.save_lora_weights(tmp_path, transformer_lora_layers=example[0])
    state = read_lora(tmp_path / "pytorch_lora_weights.safetensors")
    assert all(torch.equal(state[name], value) for name, value in example[0].items())


@pytest.mark.parametrize("key", ["lora_down", "lora_A"])
def test_comfyui_with_an_alpha_counts_as_in_diffusers(example, tmp_path, key) -> None:
    """A scale of 0.5: ours and diffusers' own conversion give the same clip."""
    path = tmp_path / "comfy.safetensors"
    write_lora(example[0], path, dialect="comfyui", dtype=torch.float32)
    up = "lora_up" if key == "lora_down" else "lora_B"
    tensors = {}
    for name, value in load_file(path).items():
        scale = 0.5 if name.endswith("alpha") else 1
        tensors[name.replace("lora_down", key).replace("lora_up", up)] = value * scale
    save_file(tensors, path)
    mine, theirs = wan_transformer(), wan_transformer()
    load_lora(mine, path)
    state = WanPipeline.lora_state_dict(load_file(path))
    WanPipeline.load_lora_into_transformer(state, theirs, adapter_name="x")
    torch.testing.assert_close(run(mine), run(theirs))
    assert (run(mine) - example[1]).abs().max() > 0.01


def test_kohya_of_attention_alone(tmp_path, plain) -> None:
    """Files that leave layers out, which diffusers' own conversion refuses."""
    state, output = trained(wan_transformer(), targets=["attn1.to_q", "attn1.to_v"])
    write_lora(state, tmp_path / "few.safetensors", dialect="kohya", dtype=torch.float32)
    model = wan_transformer()
    load_lora(model, tmp_path / "few.safetensors")
    torch.testing.assert_close(run(model), output)


def test_pefts_own_folder_states_its_scale(tmp_path) -> None:
    state, output = trained(wan_transformer(), alpha=2 * RANK)
    path = tmp_path / "adapter_model.safetensors"
    named = {f"base_model.model.{name}": value.contiguous() for name, value in state.items()}
    save_file(named, path)
    (tmp_path / "adapter_config.json").write_text(json.dumps({"r": RANK, "lora_alpha": 2 * RANK}))
    model = wan_transformer()
    load_lora(model, path)
    torch.testing.assert_close(run(model), output)
    assert describe_lora(path)["dialect"] == "peft"


def test_the_scale_is_linear_in_the_weights(example, tmp_path) -> None:
    path = tmp_path / "lora.safetensors"
    write_lora(example[0], path, dtype=torch.float32)
    half, merged = wan_transformer(), wan_transformer()
    load_lora(half, path, scale=0.5)
    merge(merged, read_lora(path), scale=0.5)
    torch.testing.assert_close(run(half), run(merged))


def test_two_files_add_up(example, tmp_path) -> None:
    path = tmp_path / "lora.safetensors"
    write_lora(example[0], path, dtype=torch.float32)
    twice, once = wan_transformer(), wan_transformer()
    for _ in range(2):
        load_lora(twice, path, scale=0.5)
    load_lora(once, path)
    torch.testing.assert_close(run(twice), run(once))


def test_merged_is_loaded_and_taken_off_is_the_base(example, plain) -> None:
    model = wan_transformer()
    merge(model, example[0])
    torch.testing.assert_close(run(model), example[1])
    merge(model, example[0], scale=-1)
    for name, value in plain.named_parameters():
        torch.testing.assert_close(model.get_parameter(name), value, atol=1e-6, rtol=1e-6)


def test_biases_and_the_picture_input(tmp_path) -> None:
    model = wan_transformer(inputs=12, image=True)
    state = {}
    for name, rows, columns in (("attn2.add_k_proj", 48, 48), ("attn2.to_k", 48, 48)):
        state[f"blocks.0.{name}{DOWN}"] = noise(RANK, columns)
        state[f"blocks.0.{name}{UP}"] = noise(rows, RANK)
    state[f"blocks.0.attn2.to_k{BIAS}"] = noise(48)
    path = tmp_path / "lora.safetensors"
    write_lora(state, path, dialect="comfyui", dtype=torch.float32)
    assert "diffusion_model.blocks.0.cross_attn.k_img.lora_down.weight" in load_file(path)
    before = model.blocks[0].attn2.to_k.bias.detach().clone()
    merge(model, read_lora(path))
    changed = model.blocks[0].attn2.to_k.bias - before
    torch.testing.assert_close(changed, state[f"blocks.0.attn2.to_k{BIAS}"])


def test_outer_layers_have_names_too(tmp_path) -> None:
    state = {
        f"condition_embedder.time_proj{DOWN}": noise(RANK, 48),
        f"condition_embedder.time_proj{UP}": noise(288, RANK),
    }
    for dialect in DIALECTS:
        write_lora(state, tmp_path / "x.safetensors", dialect=dialect, dtype=torch.float32)
        assert set(read_lora(tmp_path / "x.safetensors")) == set(state)
    with pytest.raises(ModelError, match="has no name in kohya"):
        write_lora({f"blocks.0.attn9.to_q{DOWN}": noise(2, 2)}, tmp_path / "x.safetensors",
                   dialect="kohya")  # fmt: skip


def test_what_a_file_holds(example, tmp_path) -> None:
    write_lora(example[0], tmp_path / "a.safetensors", dialect="kohya")
    found = describe_lora(tmp_path / "a.safetensors")
    assert (found["dialect"], found["ranks"], found["blocks"], found["width"]) == (
        "kohya", [RANK], 2, 48
    )  # fmt: skip
    assert found["layers"] == 2 * 10
    assert "attn2.to_out.0" in found["kinds"]


# --- what is refused


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"unet.down.0.weight": torch.zeros(2)}, "holds no LoRA of a Wan transformer"),
        ({f"transformer.blocks.0.attn1.to_q{DOWN}": torch.zeros(2, 2)}, "holds no LoRA"),
        ({"diffusion_model.blocks.0.self_attn.q.dora_scale": torch.zeros(2)}, "expected a LoRA"),
    ],
)
def test_other_files(tmp_path, tensors, message) -> None:
    save_file(tensors, tmp_path / "x.safetensors")
    with pytest.raises(ModelError, match=message):
        read_lora(tmp_path / "x.safetensors")


def test_a_file_that_is_absent_or_cut_off(tmp_path) -> None:
    with pytest.raises(ModelError, match="no LoRA at"):
        read_lora(tmp_path / "none.safetensors")
    (tmp_path / "cut.safetensors").write_bytes(b"\x10\x00\x00")
    with pytest.raises(ModelError, match="cannot read the LoRA"):
        read_lora(tmp_path / "cut.safetensors")


def test_what_is_left_out_is_said(example, tmp_path) -> None:
    write_lora(example[0], tmp_path / "x.safetensors")
    tensors = load_file(tmp_path / "x.safetensors") | {"lora_te_text.alpha": torch.tensor(1.0)}
    save_file(tensors, tmp_path / "x.safetensors")
    with pytest.warns(UserWarning, match="1 tensors of x.safetensors are no low-rank matrices"):
        read_lora(tmp_path / "x.safetensors")


def test_another_models_lora(example, tmp_path) -> None:
    write_lora(example[0], tmp_path / "x.safetensors")
    from tests.tiny import tiny_transformer

    with pytest.raises(ModelError, match="is for another model: its "):
        load_lora(tiny_transformer(heads=3), tmp_path / "x.safetensors")
    with pytest.raises(ModelError, match="no such layer"):
        load_lora(tiny_transformer(layers=1, ffn_dim=64), tmp_path / "x.safetensors")
