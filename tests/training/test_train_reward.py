"""The reward recipe on a tiny model: climbs, holds on to its base, stops and resumes, comes out."""

import json
import sys

import numpy as np
import pytest
import torch

from emogen.conditioning.lora_files import merge, read_lora
from emogen.diffusion.choices import Lora
from emogen.emotion import EmotionPoint, Trajectory
from emogen.errors import InputError, ModelError
from emogen.learning.checkpoint import load_state
from emogen.learning.presets import read_settings
from emogen.pipelines import LoadOptions, load_components, load_pipeline
from tests.tiny import save_tiny_model
from training import train_reward
from training.train_reward import RewardSettings, asked_of, draw, run_training

SETTINGS = ("batch=2", "steps=3", "last_steps=2", "rank=2", "window=1", "loop.warmup=2",
            "loop.decay=0.0", "loop.log_every=1", "loop.lr=1e-2", "loop.ema=0.5")  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reward")
    save_tiny_model(folder / "base")
    save_tiny_model(folder / "plain", adapter=False)
    return folder


@pytest.fixture(scope="module")
def train(home):
    """Run the recipe in this process on one thread."""

    def run(name, steps, *settings, resume=False):
        given = [f"base={home / 'base'}", f"run={home / name}", f"loop.max_steps={steps}"]
        flags = ["--resume"] if resume else []
        with pytest.MonkeyPatch.context() as patch:
            command = ["train_reward.py", *flags, "--set", *given, *SETTINGS, *settings]
            patch.setattr(sys, "argv", command)
            train_reward.main()
        return home / name

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield run
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def whole(train):
    return train("whole", 6, "train=both")


def curve(folder, name="loss"):
    lines = (folder / "rewards.jsonl").read_text().splitlines()
    return {record["step"]: record[name] for record in map(json.loads, lines)}


def settings(home, *extra, base="base"):
    return read_settings(
        RewardSettings(), None, [f"base={home / base}", f"run={home / 'bad'}", *SETTINGS, *extra]
    )


def test_presets_are_read(root):
    for path in (root / "training" / "presets").glob("reward_*.toml"):
        assert read_settings(RewardSettings(), path, []).last_steps


def test_a_step_is_drawn_from_its_number(home):
    parts, chosen = load_components(home / "base"), settings(home)
    first, again, other = (draw(parts, chosen, step) for step in (3, 3, 4))
    assert first.prompts == again.prompts
    assert torch.equal(first.noise, again.noise)
    assert torch.equal(first.emotion, again.emotion)
    assert first.prompts != other.prompts
    assert not torch.equal(first.noise, other.noise)
    assert first.emotion.shape == (2, 2, 12)


def test_what_is_asked_of_each_frame():
    emotion = torch.zeros(1, 2, 12)
    emotion[0, 0, 2], emotion[0, 1, 5] = 0.7, 0.4
    asked = asked_of(emotion, [0, 1, 1])
    assert asked[0, 0, [2, 8]].tolist() == pytest.approx([0.7, 0.3])
    assert asked[0, 2, [5, 8]].tolist() == pytest.approx([0.4, 0.6])
    assert asked.sum(-1).tolist()[0] == pytest.approx([1, 1, 1])


def test_the_divergence_falls(train):
    folder = train("climb", 24, "train=both", "anchor=0.0", "batch=3", "spoil=false")
    values = list(curve(folder, "divergence").values())
    assert np.mean(values[-6:]) < np.mean(values[:6]) - 0.05


def test_the_anchor_holds(train):
    free = curve(train("free", 8, "anchor=0.0"), "drift")
    held = curve(train("held", 8, "anchor=1000.0"), "drift")
    assert held[7] < 0.5 * free[7]


def test_a_resumed_run_is_the_run_that_was_not_stopped(train, whole):
    folder = train("part", 3, "train=both")
    train("part", 6, "train=both", resume=True)
    assert curve(folder) == curve(whole)
    expected, found = (load_state(path / "last.pt") for path in (whole, folder))
    for name, value in expected["model"].items():
        assert torch.equal(found["model"][name], value), name
    for name, value in expected["average"]["shadow"].items():
        assert torch.equal(found["average"]["shadow"][name], value), name


def test_it_stops_at_the_time_limit(train):
    folder = train("timed", 10_000, "loop.time_limit=1.0")
    assert 0 < load_state(folder / "last.pt")["step"] < 10_000
    assert (folder / "model" / "lora.safetensors").is_file()


def test_only_what_is_trained_changes(home, whole):
    base, state = load_components(home / "base"), load_state(whole / "last.pt")["model"]
    for name, value in base.transformer.state_dict().items():
        inner = name.removesuffix(".weight").removesuffix(".bias")
        kept = state.get(f"transformer.{name}")
        if kept is None:
            ending = name.removeprefix(inner)
            kept = state[f"transformer.{inner}.base_layer{ending}"]
        assert torch.equal(kept, value), name
    moved = [name for name, value in base.adapter.state_dict().items()
             if not torch.equal(state[f"adapter.{name}"], value)]  # fmt: skip
    assert moved


def test_what_comes_out_is_loaded_and_does_what_merging_does(home, whole):
    lora, adapter = whole / "model" / "lora.safetensors", whole / "model" / "emotion_adapter"
    asked = {"emotion": Trajectory.constant(EmotionPoint.from_category("fear", 0.9)),
             "seed": 3, "width": 32, "height": 32, "num_frames": 5, "steps": 2}  # fmt: skip
    load = {"adapter": str(adapter), "device": "cpu", "dtype": torch.float32}
    options = LoadOptions(loras=(Lora(path=lora),))
    loaded = load_pipeline(str(home / "base"), options=options, **load)("a red robot", **asked)
    plain = load_pipeline(str(home / "base"), device="cpu", dtype=torch.float32)
    before = plain("a red robot", **asked)
    assert np.abs(loaded.frames.astype(int) - before.frames).max() > 2
    merged = load_pipeline(str(home / "base"), **load)
    merge(merged.parts.transformer, read_lora(lora))
    after = merged("a red robot", **asked)
    assert np.abs(loaded.frames.astype(int) - after.frames).max() <= 1


def test_the_adapter_alone(train):
    folder = train("adapter", 2, "train=adapter")
    assert (folder / "model" / "emotion_adapter" / "emotion_adapter.json").is_file()
    assert not (folder / "model" / "lora.safetensors").exists()


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (("train=full",), "expected train=lora, adapter, both, got 'full'"),
        (("window=3",), "expected a window of 1 to 2 latent frames, got 3"),
        (("last_steps=4",), "expected last_steps from 1 to the 3 steps, got 4"),
        (("emotion_guidance=0.0",), "no pass would see the emotion"),
        (("anchor=-1.0",), "expected an anchor of at least 0"),
        (("stepps=3",), "unknown setting 'stepps'; did you mean 'steps'?"),
    ],
)
def test_settings_that_do_not_go(home, extra, message):
    with pytest.raises(InputError, match=message.replace("?", r"\?")):
        run_training(settings(home, *extra), resume=False)


def test_bases_and_checkpoints_that_do_not_go(home, whole):
    with pytest.raises(InputError, match="expected a model with an emotion adapter"):
        run_training(settings(home, base="plain"), resume=False)
    other = settings(home, f"run={whole}", "train=lora", "rank=3")
    with pytest.raises(ModelError, match="of another model"):
        run_training(other, resume=True)
