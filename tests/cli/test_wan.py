"""Wan folders on the command line: options, LoRA files, published names; real tiny components."""

import json

import pytest
import torch
from diffusers import WanTransformer3DModel
from safetensors.torch import load_file

from emogen.conditioning.lora_files import DOWN, UP, read_lora, write_lora
from emogen.diffusion.backbones import BACKBONES
from tests.tiny import noise
from tests.wan_folders import save_wan

SMALL = ("--size", "32x32", "--frames", "5", "--steps", "2", "--seed", "3", "--fps", "8",
         "--no-watermark")  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_wan(tmp_path_factory.mktemp("wan") / "words", "2.1-t2v")


@pytest.fixture(scope="module")
def lora(tmp_path_factory):
    state = {}
    for block in range(2):
        name = f"blocks.{block}.attn1.to_v"
        state |= {name + DOWN: noise(2, 48, seed=block), name + UP: noise(48, 2, seed=block + 5)}
    path = tmp_path_factory.mktemp("lora") / "look.safetensors"
    write_lora(state, path, dialect="kohya", dtype=torch.float32)
    return path


def generate(emogen, model, *options, output="clip.mp4"):
    result = emogen(
        "generate", "a red robot", "--model", model, *SMALL, "-o", output, "--json", "-y", *options
    )
    assert result.code == 0, result.err
    return json.loads(result.out), result.err


def frames(path):
    from emogen.media import read_video

    return read_video(path).frames.astype(int)


# --- generate and replay


def test_a_wan_folder_with_an_emotion(emogen, folder):
    made, _ = generate(emogen, folder, "--emotion", "fear:0.8", "--flow-shift", "3")
    assert made["model"]["name"] == "words"
    assert made["flow_shift"] == 3


def test_a_kernel_that_is_not_there_is_one_line(emogen, folder):
    _, warned = generate(emogen, folder, "--attention", "auto")
    if not torch.cuda.is_available():
        (line,) = [line for line in warned.splitlines() if "attention by torch itself" in line]
        assert line.startswith("emogen: warning: ")
        result = emogen("generate", "a cat", "--model", folder, *SMALL, "--attention", "flash")
        assert result.code == 3
        assert "'flash' does not work here" in result.err


def test_a_lora_changes_the_clip_and_replays(emogen, folder, lora, tmp_path):
    plain, _ = generate(emogen, folder, output="plain.gif")
    made, _ = generate(emogen, folder, "--lora", f"{lora}:0.8", output="with.gif")
    assert [(one["name"], one["scale"]) for one in made["loras"]] == [("look.safetensors", 0.8)]
    first, second = frames(plain["path"]), frames(made["path"])
    assert abs(first - second).max() > 2
    again = emogen("replay", "with.gif", "-o", "again.gif", "--model", folder)
    assert again.code == 2
    assert "made with the LoRA 'look.safetensors'; name it with --lora" in again.err
    flags = ("--model", folder, "--lora", f"{lora}:0.8")
    again = emogen("replay", "with.gif", "-o", "again.gif", *flags)
    assert again.code == 0
    assert "warning" not in again.err
    assert (frames("again.gif") == second).all()


def test_weights_in_eight_bits_are_recorded(emogen, folder):
    made, _ = generate(emogen, folder, "--fp8", "--vae-tiling")
    assert made["quantizer"] == "fp8"
    assert emogen("replay", "clip.mp4", "-o", "again.mp4", "--model", folder).code == 0


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--fp8", "--quantize", "int8"), 2, "expected --fp8 or --quantize, got both"),
        (("--lora", "none.safetensors"), 2, "no LoRA file 'none.safetensors'"),
        (("--lora", "x.safetensors:lots"), 2, "expected a LoRA as FILE"),
        (("--attention", "flsh"), 2, "--attention"),
        (("--offload", "model"), 3, "there is no GPU"),
        (("--flow-shift", "0"), 2, "expected --flow-shift of 0.1 to 100"),
        (("--guidance-2", "-1"), 2, "expected --guidance-2 of 0 to 30"),
    ],
)
def test_options_that_do_not_go(emogen, folder, options, code, message):
    if torch.cuda.is_available() and "--offload" in options:
        pytest.skip("there is a GPU")
    result = emogen("generate", "a cat", "--model", folder, *SMALL, *options)
    assert result.code == code
    assert message in result.err


def test_a_published_model_out_of_reach(emogen, monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("emogen.diffusion.hub._check_disk", lambda _: None)
    result = emogen("generate", "a cat", "--model", "wan2.1-1.3b")
    assert result.code == 3
    assert "hf download Wan-AI/Wan2.1-T2V-1.3B-Diffusers --local-dir FOLDER" in result.err
    assert result.err.count("\n") == 1


def test_a_name_that_is_nearly_right(emogen):
    result = emogen("generate", "a cat", "--model", "wan2.1-t2v-1.3")
    assert result.code == 2
    assert "did you mean 'wan2.1-t2v-1.3b'" in result.err


# --- what there is


def test_published_models_are_listed(emogen):
    listed = {model["name"]: model for model in json.loads(emogen("models", "--json").out)}
    for name, backbone in BACKBONES.items():
        assert listed[name]["licence"] == "Apache-2.0"
        assert listed[name]["bytes"] == backbone.disk_bytes()
        assert listed[name]["memory_offloaded"] < listed[name]["memory"]
    shown = emogen("models").out
    assert all(name in shown for name in BACKBONES)


def test_doctor_says_what_fits(emogen):
    found = json.loads(emogen("doctor", "--json").out)["Wan"]
    assert [line.split(":")[0] for line in found] == list(BACKBONES)
    assert emogen("doctor").out.count("wan2.") == len(BACKBONES)


# --- LoRA files


def test_inspect(emogen, lora):
    found = json.loads(emogen("lora", "inspect", lora, "--json").out)
    assert (found["dialect"], found["ranks"], found["blocks"]) == ("kohya", [2], 2)
    assert found["fits"] == []
    assert "attn1.to_v" in emogen("lora", "inspect", lora).out


def test_export(emogen, lora):
    result = emogen("lora", "export", lora, "--to", "comfyui", "-o", "comfy.safetensors")
    assert (result.code, result.out) == (0, "comfy.safetensors\n")
    assert all(name.startswith("diffusion_model.") for name in load_file("comfy.safetensors"))
    again = emogen("lora", "export", lora, "-o", "comfy.safetensors")
    assert again.code == 2
    assert "--overwrite replaces it" in again.err


def test_merge(emogen, folder, lora, tmp_path):
    result = emogen("lora", "merge", folder, f"{lora}:0.5", "-o", "merged")
    assert (result.code, result.out) == (0, "merged\n"), result.err
    before = WanTransformer3DModel.from_pretrained(folder / "transformer")
    after = WanTransformer3DModel.from_pretrained(tmp_path / "merged" / "transformer")
    state = read_lora(lora)
    name = "blocks.0.attn1.to_v"
    change = 0.5 * state[name + UP] @ state[name + DOWN]
    weights = [model.get_parameter(f"{name}.weight") for model in (before, after)]
    torch.testing.assert_close(weights[1] - weights[0], change)
    generate(emogen, tmp_path / "merged", "--emotion", "fear")
    assert not list(tmp_path.glob("*.part"))
    assert emogen("lora", "merge", folder, lora, "-o", "merged").code == 2
    second = emogen("lora", "merge", folder, f"{lora}:1:2", "-o", "other")
    assert (second.code, "has no transformer_2" in second.err) == (2, True)


@pytest.mark.parametrize("command", [("inspect",), ("export", "-o", "x.safetensors")])
def test_no_lora(emogen, tmp_path, command):
    (tmp_path / "bad.safetensors").write_bytes(b"no")
    result = emogen("lora", command[0], "bad.safetensors", *command[1:])
    assert result.code == 2
    assert "cannot read the LoRA" in result.err
