"""The talking head's recipe: batches, stops and resumes, a second stage, what comes out opens."""

import json
import sys

import numpy as np
import pytest
import torch

from emogen.data.talking_head.sessions import write_sessions
from emogen.errors import InputError
from emogen.learning.checkpoint import load_state
from emogen.learning.presets import read_settings
from emogen.motion import schema
from emogen.motion.heard_features import WIDTH, ear_margin
from emogen.motion.track import MotionTrack
from emogen.motion.weights import load_speaker
from emogen.pipelines.loading import load_components
from emogen.pipelines.talking_head import load_talking_head
from tests.tiny import CAPTIONS, CHANNELS, save_tiny_model
from training import export_talking_head, train_talking_head
from training.train_talking_head import TalkingConfig, draw_batch, gather

GROUPS, STARTS, SIDE = 4, 2, 4
FRAMES = 4 * GROUPS + 1
SETTINGS = ("batch=3", "frames=4", "prefix_frames=1", "compile=false", "lora_rank=2",
            "loop.warmup=2", "loop.decay=0.0", "loop.log_every=1", "loop.lr=1e-3")  # fmt: skip


def sessions(seed, margin):
    g = torch.Generator().manual_seed(seed)
    latents = {"groups": GROUPS, "singles": STARTS, "sketch_groups": GROUPS,
               "sketch_singles": STARTS, "references": 2}  # fmt: skip
    tensors = {
        name: torch.randn(2, CHANNELS, count, SIDE, SIDE, generator=g).bfloat16()
        for name, count in latents.items()
    }
    boxes = torch.tensor([[8, 16, 24, 24], [4, 4, 28, 28]], dtype=torch.int16)
    return tensors | {
        "motion": torch.rand(2, FRAMES, schema.WIDTH, generator=g) - 0.5,
        "emotion": torch.rand(2, FRAMES, 12, generator=g),
        "sound": torch.rand(2, 4 * (FRAMES + 4) + 2 * margin, 67, generator=g).half(),
        "boxes": boxes.expand(2, FRAMES, 2, 4),
    }


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("talking")
    save_tiny_model(folder / "base")
    margin = ear_margin(load_speaker().ear)
    words = [{"caption": caption, "person": f"stranger {i}"} for i, caption in enumerate(CAPTIONS)]
    for shard in range(2):
        write_sessions(folder / "train", shard, sessions(shard, margin), words)
    return folder


@pytest.fixture(scope="module")
def train(place):
    """Run the recipe in this process on one thread."""

    def run(name, steps, *flags, settings=()):
        given = [f"data={place / 'train'}", f"run={place / name}", f"base={place / 'base'}",
                 f"loop.max_steps={steps}", *SETTINGS, *settings]  # fmt: skip
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["train_talking_head.py", *flags, "--set", *given])
            train_talking_head.main()
        return place / name

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield run
    torch.set_num_threads(threads)
    torch.set_flush_denormal(False)


@pytest.fixture(scope="module")
def whole(train):
    return train("whole", 4)


@pytest.fixture(scope="module")
def material(place):
    config = TalkingConfig(data=str(place / "train"), frames=4)
    parts = load_components(place / "base", device="cpu", dtype=torch.float32)
    return gather(parts, config)


def test_presets_of_the_recipe_are_valid(root):
    for path in (root / "training" / "presets").glob("talking_head_*.toml"):
        assert read_settings(TalkingConfig(), path, []).batch


def test_a_batch_is_cut_from_the_sessions_and_comes_again(material):
    config = TalkingConfig(batch=16, frames=4, prefix=0.5, prefix_frames=1, drop_text=0.5)
    batch, again = (draw_batch(material, config, 7) for _ in range(2))
    assert all(torch.equal(batch[name], again[name]) for name in batch)
    assert batch["clean"].shape == batch["sketch"].shape == (16, CHANNELS, 4, SIDE, SIDE)
    assert batch["reference"].shape == (16, CHANNELS, 1, SIDE, SIDE)
    assert batch["audio"].shape == (16, 13 + 4, 2, WIDTH)
    assert batch["motion"].shape == (16, 13, schema.WIDTH)
    assert batch["emotion"].shape == (16, 4, 12)
    first = batch["sigma"][:, 0] == 0
    assert 2 <= first.sum() <= 14
    assert (batch["sigma"][:, 1:] > 0).all()
    table = material.table
    assert any(torch.equal(batch["clean"][0], table.clip(n, s, 4)[0])
               for n in range(len(table)) for s in range(STARTS))  # fmt: skip


def test_dropping_everything_takes_speech_and_motion_together():
    config = TalkingConfig(batch=400, drop_all=0.2, drop_audio=0.0, drop_sketch=0.3,
                           drop_motion=0.0)  # fmt: skip
    drop = train_talking_head.dropped(config, torch.Generator().manual_seed(0))
    assert torch.equal(drop["no_audio"], drop["no_motion"])
    assert drop["no_audio"].float().mean() == pytest.approx(0.2, abs=0.06)
    assert drop["no_motion_latents"][drop["no_audio"]].all()
    assert drop["no_motion_latents"].float().mean() == pytest.approx(0.44, abs=0.08)


def test_a_stopped_run_goes_on_bit_for_bit(train, whole):
    run = train("halves", 2)
    run = train("halves", 4, "--resume")
    one, other = (load_state(folder / "last.pt") for folder in (whole, run))
    assert one["step"] == other["step"] == 4
    for name, value in one["model"].items():
        assert torch.equal(value, other["model"][name]), name


def test_only_head_and_lora_learn(place, whole):
    state = load_state(whole / "last.pt")["model"]
    base = load_components(place / "base", device="cpu", dtype=torch.float32).transformer
    for name, value in base.state_dict().items():
        inner = name.replace(".weight", ".base_layer.weight").replace(".bias", ".base_layer.bias")
        kept = state.get(f"transformer.{name}", state.get(f"transformer.{inner}"))
        assert torch.equal(kept, value), name
    changed = [name for name in state if "lora_B" in name and state[name].abs().max() > 0]
    assert changed


def test_a_second_stage_starts_where_the_first_ended(train, whole):
    run = train("second", 1, "--start", str(whole), settings=("portrait_copy=true",))
    first, second = (load_state(folder / "last.pt")["average"]["shadow"]
                     for folder in (whole, run))  # fmt: skip
    assert set(second) - set(first) == {
        f"head.portrait.{name}.weight" for name in ("patches", "first", "later")
    }
    name = "head.project.first.weight"
    assert (second[name] - first[name]).abs().max() < 1e-2
    with pytest.raises(InputError, match="use the same sizes"):
        train("third", 1, "--start", str(run))


def test_losses_on_decoded_mouths_train(train):
    run = train("mouths", 2, settings=("mouth_loss=1.0", "sync_loss=1.0", "decoded_below=1.1"))
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert all(np.isfinite(line["loss"]) for line in lines)


def test_what_is_exported_opens_and_draws(place, whole, monkeypatch):
    out = place / "exported"
    monkeypatch.setattr(sys, "argv", ["export", "--run", str(whole), "--out", str(out)])
    export_talking_head.main()
    card = (out / "README.md").read_text()
    assert "4 sessions" in card
    assert "A talking head for base" in card
    assert str(place / "train") not in (out / "config.json").read_text()
    pipeline = load_talking_head(out, base=place / "base", device="cpu", dtype=torch.float32)
    count = 10
    frames = list(pipeline.stream(
        np.zeros((32, 32, 3), np.uint8), track=MotionTrack(values=schema.rest(count)),
        sketch=[np.zeros((32, 32, 3), np.uint8)] * count,
        features=np.zeros((count, 2, WIDTH), np.float32), steps=2,
    ))  # fmt: skip
    assert len(frames) == count
    assert frames[0].shape == (32, 32, 3)
