"""Fine-tuning of Wan folders: what is trained, stops and resumes, processes, what comes out."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from diffusers import WanPipeline, WanTransformer3DModel
from safetensors.torch import load_file, save_file

from emogen.conditioning import load_adapter
from emogen.emotion import EmotionPoint, Trajectory
from emogen.errors import CorpusError, InputError
from emogen.learning.checkpoint import load_state
from emogen.learning.presets import read_settings
from emogen.pipelines import LoadOptions, Lora, load_pipeline
from emogen.pipelines.tuning_base import read_base
from tests.wan_folders import LATENT, save_wan
from training import train_wan
from training.train_wan import WanSettings, draw, run_training

TEXTS = ["", "a red robot", "a red robot, sad", "a cat", "a cat, sad"]
SETTINGS = (
    "batch=4", "rank=2", "bf16=false", "loop.warmup=2", "loop.decay=0.0", "loop.log_every=1",
    "loop.lr=1e-2", "loop.ema=0.5", "shift=3.0",
)  # fmt: skip


def prepare(folder, *, condition=False, length=3, side=4):
    """Write a prepared folder of two buckets and five texts, as emogen data prepare does."""
    g = torch.Generator().manual_seed(1)
    for width, count in ((side, 5), (2 * side, 3)):
        place = folder / "latents" / "train" / f"{8 * width}x{8 * side}x{4 * length - 3}"
        place.mkdir(parents=True)
        shape = (count, LATENT, length, side, width)
        tensors = {
            "latents": torch.randn(shape, generator=g).bfloat16(),
            "emotion": torch.rand(count, length, 12, generator=g),
        }
        if condition:
            tensors["condition"] = torch.randn(shape, generator=g).bfloat16()
        save_file(tensors, place / "00000.safetensors")
        rows = [
            {"texts": {"plain": TEXTS[1 + 2 * (i % 2)], "told": TEXTS[2 + 2 * (i % 2)],
                       "emovid": TEXTS[2 + 2 * (i % 2)]}}
            for i in range(count)
        ]  # fmt: skip
        (place / "00000.json").write_text(json.dumps(rows))
    (folder / "text").mkdir()
    lengths = torch.tensor([1, 4, 6, 3, 5])
    states = torch.randn(int(lengths.sum()), 32, generator=g).bfloat16()
    save_file({"states": states, "lengths": lengths}, folder / "text" / "00000.safetensors")
    (folder / "text" / "00000.json").write_text(json.dumps(TEXTS))
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("wan-training")
    for kind in ("2.1-t2v", "2.1-i2v", "2.2-ti2v", "2.2-i2v-two"):
        save_wan(home / kind, kind, adapter=False)
    prepare(home / "words")
    prepare(home / "pictures", condition=True)
    return home


def settings(home, name, *extra, kind="2.1-t2v", data="words"):
    folders = [f"base={home / kind}", f"data={home / data}", f"run={home / name}"]
    return read_settings(WanSettings(), None, [*folders, *SETTINGS, *extra])


def base_of(chosen):
    return read_base(chosen.base, expert=chosen.expert, shift=chosen.shift)


@pytest.fixture(scope="module")
def train(home):
    """Train in this process on one thread; returns the run's folder."""

    def run(name, steps, *extra, resume=False, **kinds):
        chosen = settings(home, name, f"loop.max_steps={steps}", *extra, **kinds)
        run_training(chosen, resume=resume)
        return home / name

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield run
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def both(train):
    return train("both", 6)


def curve(folder):
    lines = (folder / "log.jsonl").read_text().splitlines()
    return {record["step"]: record["loss"] for record in map(json.loads, lines)}


def final(folder):
    return load_state(folder / "last.pt")["model"]


# --- what is trained


@pytest.mark.parametrize(
    ("what", "starts"),
    [("adapter", {"adapter"}), ("lora", {"transformer"}), ("both", {"adapter", "transformer"})],
)
def test_only_what_was_asked_is_trained(train, both, what, starts):
    folder = both if what == "both" else train(what, 2, f"train={what}")
    names = final(folder)
    assert {name.split(".")[0] for name in names} == starts
    assert all("lora_" in name for name in names if name.startswith("transformer."))
    model = folder / "model"
    assert (model / "emotion_adapter").is_dir() == ("adapter" in starts)
    assert (model / "lora_comfyui.safetensors").is_file() == ("transformer" in starts)


def test_every_weight_can_be_trained(train, home):
    folder = train("full", 2, "train=full", "bf16=true")
    before = WanTransformer3DModel.from_pretrained(home / "2.1-t2v" / "transformer")
    after = WanTransformer3DModel.from_pretrained(folder / "model" / "transformer")
    changed = [
        name for name, value in before.named_parameters()
        if not torch.equal(value.bfloat16(), after.get_parameter(name).bfloat16())
    ]  # fmt: skip
    assert len(changed) > 0.9 * len(list(before.named_parameters()))


def test_the_loss_falls(train):
    losses = list(curve(train("long", 40, "text_drop=0.0", "first_frame=0.0")).values())
    assert np.mean(losses[-8:]) < 0.9 * np.mean(losses[:8])


# --- the same curve


def test_a_resumed_run_is_the_run_that_was_not_stopped(train, both):
    folder = train("part", 3)
    train("part", 6, resume=True)
    assert curve(folder) == curve(both)
    for name, value in final(both).items():
        assert torch.equal(final(folder)[name], value), name


def test_parts_of_a_batch_add_up(train, both):
    split = curve(train("parts", 6, "parts=2"))
    for step, loss in curve(both).items():
        assert split[step] == pytest.approx(loss, rel=1e-4)


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_recomputed_blocks_change_nothing(train, both, share):
    kept = curve(train(f"kept{share}", 3, f"checkpointing={share}"))
    for step, loss in kept.items():
        assert loss == pytest.approx(curve(both)[step], rel=1e-5)


def launched(home, name, *extra, processes=2):
    """Return the command that trains in processes of its own."""
    several = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(processes)]
    start = several if processes > 1 else []
    return [sys.executable, *start, "training/train_wan.py", "--set",
            *settings_flags(home, name, *extra)]  # fmt: skip


def settings_flags(home, name, *extra):
    folders = [f"base={home / '2.1-t2v'}", f"data={home / 'words'}", f"run={home / name}"]
    return [*folders, *SETTINGS, *extra]


def environment(root):
    return dict(
        os.environ, PYTHONPATH=str(root), OMP_NUM_THREADS="1", ACCELERATE_USE_CPU="true"
    )


@pytest.mark.slow
@pytest.mark.parametrize("shard", ["false", "true"])
def test_two_processes_give_the_curve_of_one(home, both, root, shard):
    """Gloo on the processor; a copy each, and weights spread by FSDP2. Starts two Pythons."""
    name = f"two-{shard}"
    (home / "tiny.yaml").write_text(PROTOCOL)
    watched = ("validation.every=2", f"validation.protocol={home / 'tiny.yaml'}")
    command = launched(home, name, "loop.max_steps=4", f"shard={shard}", *watched)
    done = subprocess.run(
        command, cwd=root, env=environment(root), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads((home / name / "config.json").read_text())["processes"] == 2
    for step, loss in curve(home / name).items():
        assert loss == pytest.approx(curve(both)[step], rel=2e-4), step
    assert list(measured(home / name)) == [2, 4]
    assert measured(home / name)[4]["ea8"]["count"] == 4
    whole = load_state(home / name / "last.pt")
    assert {n: v.shape for n, v in whole["model"].items()} == {
        n: v.shape for n, v in final(both).items()
    }


@pytest.mark.slow
def test_killed_and_resumed_the_curve_is_the_same(home, train, root):
    """SIGKILL in the middle of a run that saves all the time; starts two Pythons."""
    expected = curve(train("unkilled", 30))
    flags = ("loop.max_steps=30", "loop.checkpoint_every=0.0")
    process = subprocess.Popen(
        launched(home, "killed", *flags, processes=1), cwd=root, env=environment(root),
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    log = home / "killed" / "log.jsonl"
    limit = time.monotonic() + 300
    while process.poll() is None and time.monotonic() < limit:
        if log.is_file() and len(log.read_text().splitlines()) >= 8:
            break
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    reached = load_state(home / "killed" / "last.pt")["step"]
    assert 6 <= reached < 30
    train("killed", 30, resume=True)
    assert curve(home / "killed") == expected
    for name, value in final(home / "unkilled").items():
        assert torch.equal(final(home / "killed")[name], value), name


# --- validation and tracking

PROTOCOL = """
name: tiny
clip: {width: 32, height: 32, num_frames: 5, fps: 8, steps: 2}
parts:
  - name: grid
    measures: category
    prompts: [{text: a cat, draw: cat}, a red robot]
    emotions: [fear, awe]
    first_seed: 5
"""


@pytest.fixture(scope="module")
def protocol(home):
    path = home / "tiny.yaml"
    path.write_text(PROTOCOL)
    return f"validation.protocol={path}"


@pytest.fixture(scope="module")
def watched(train, protocol, home):
    pytest.importorskip("tensorboard")
    chosen = settings(home, "watched", "loop.max_steps=6", "validation.every=3", protocol)
    run_training(chosen, resume=False, track="tensorboard")
    return home / "watched"


def measured(folder):
    lines = (folder / "validation.jsonl").read_text().splitlines()
    return {record["step"]: record["scores"] for record in map(json.loads, lines)}


def test_validation_does_not_change_the_curve(watched, both):
    assert curve(watched) == curve(both)
    for name, value in final(both).items():
        assert torch.equal(final(watched)[name], value), name


def test_scores_clips_sheet_and_best_are_kept(watched):
    scores = measured(watched)
    assert list(scores) == [3, 6]
    assert set(scores[6]) == {"ea8", "ea2", "asked_weight", "va_distance", "text"}
    assert scores[6]["text"]["count"] == 2
    place = watched / "validation" / "step-0000006"
    assert len(list(place.glob("clips/*.mp4"))) == 4
    assert (place / "sheet.png").is_file()
    best = json.loads((watched / "best" / "score.json").read_text())
    assert best["step"] in (3, 6)
    assert (watched / "best" / "lora.safetensors").is_file()
    assert (watched / "best" / "emotion_adapter").is_dir()
    assert list((watched / "tracking" / "emogen").glob("events.*"))


def test_a_run_resumed_after_a_measurement_finds_the_same(watched, train, protocol, both):
    folder = train("watched-part", 3, "validation.every=3", protocol)
    train("watched-part", 6, "validation.every=3", protocol, resume=True)
    assert curve(folder) == curve(both)
    assert measured(folder) == measured(watched)


def test_a_new_run_forgets_the_old_one(train, protocol, watched):
    folder = train("watched-again", 1, "validation.every=1", protocol)
    train("watched-again", 1)
    assert not (folder / "validation.jsonl").exists()
    assert not (folder / "best").exists()


def test_a_lora_alone_is_told_in_words(protocol, home):
    """Untrained parts change nothing, so what differs are the words."""
    def first(what):
        chosen = settings(home, "told", f"train={what}", "validation.every=1", protocol)
        model = train_wan.build(chosen, base_of(chosen))
        validator = train_wan.make_validator(chosen, base_of(chosen), model, Accelerator(cpu=True))
        return validator.source(validator.requests[0]).frames

    plain = load_pipeline(str(home / "2.1-t2v"), device="cpu", dtype=torch.float32)
    size = {"width": 32, "height": 32, "num_frames": 5, "fps": 8, "steps": 2, "seed": 5}
    quiet = np.abs(plain("a cat", **size).frames.astype(int) - first("both")).max()
    spoken = np.abs(plain("a cat", **size).frames.astype(int) - first("lora")).max()
    assert quiet <= 1 < spoken


# --- kinds of models


def test_a_model_with_a_picture_input(train):
    folder = train("i2v", 2, kind="2.1-i2v", data="pictures")
    assert len(curve(folder)) == 2


def test_first_frames_given_clean(home):
    chosen = settings(home, "x", "first_frame=0.5", "batch=64", kind="2.2-ti2v")
    sigma = draw(train_wan.read_prepared(home / "words"), chosen, base_of(chosen), 0)["sigma"]
    assert 0.2 < float((sigma[:, 0] == 0).float().mean()) < 0.8
    assert (sigma[:, 1:] > 0).all()


@pytest.mark.parametrize(("expert", "low", "high"), [("high", 0.875, 1), ("low", 0, 0.875)])
def test_experts_learn_their_own_noise(home, train, expert, low, high):
    kind = {"kind": "2.2-i2v-two", "data": "pictures"}
    chosen = settings(home, "x", f"expert={expert}", "batch=64", **kind)
    sigma = draw(train_wan.read_prepared(home / "pictures"), chosen, base_of(chosen), 0)["sigma"]
    assert (sigma >= low).all()
    assert (sigma <= high).all()
    assert len(curve(train(expert, 1, f"expert={expert}", **kind))) == 1


def test_a_step_is_drawn_from_its_number(home):
    chosen, data = settings(home, "x"), train_wan.read_prepared(home / "words")
    base = base_of(chosen)
    first, again, other = (draw(data, chosen, base, step) for step in (3, 3, 4))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["noise"].flatten()[:9], other["noise"].flatten()[:9])


def test_conditions_are_dropped_as_asked(home):
    data = train_wan.read_prepared(home / "words")
    none = settings(home, "x", "emotion_drop=1.0", "text_drop=1.0", "batch=8")
    batch = draw(data, none, base_of(none), 0)
    assert not batch["emotion"].any()
    assert torch.equal(batch["states"], data.texts.padded([""] * 8))
    told = settings(home, "x", "words_for_emotion=1.0", "text_drop=0.0", "batch=8")
    batch = draw(data, told, base_of(told), 0)
    assert not batch["emotion"].any()
    assert {int((row.abs().sum(1) > 0).sum()) for row in batch["states"]} <= {6, 5}


# --- what comes out


def test_the_export_runs_in_the_pipeline_and_the_lora_in_plain_diffusers(home, both):
    base = str(home / "2.1-t2v")
    adapter, lora = both / "model" / "emotion_adapter", both / "model" / "lora.safetensors"
    options = LoadOptions(loras=(Lora(path=lora),))
    tuned = load_pipeline(
        base, adapter=str(adapter), device="cpu", dtype=torch.float32, options=options
    )
    size = {"width": 32, "height": 32, "num_frames": 5, "steps": 2, "seed": 3}
    plain = tuned("a cat", **size).frames
    fear = Trajectory.constant(EmotionPoint.from_category("fear", 0.9))
    assert np.abs(tuned("a cat", emotion=fear, **size).frames.astype(int) - plain).max() > 0
    theirs = WanPipeline.from_pretrained(base, dtype=torch.float32)
    theirs.load_lora_weights(str(lora.parent), weight_name=lora.name)
    for name, parameter in theirs.transformer.named_parameters():
        if "lora_B" in name:
            assert parameter.abs().sum() > 0, name
            break
    ours = tuned.parts.transformer
    inputs = torch.randn(1, LATENT, 2, 4, 4), torch.tensor([500.0]), torch.randn(1, 512, 32)
    with torch.no_grad():
        torch.testing.assert_close(theirs.transformer(*inputs).sample, ours(*inputs).sample)


def test_the_export_is_the_average(both):
    shadow = load_state(both / "last.pt")["average"]
    adapter = load_adapter(both / "model" / "emotion_adapter")
    expected = shadow["adapter.to_modulation.weight"]
    assert torch.equal(adapter.to_modulation.weight, expected.bfloat16().float())
    name = "blocks.0.attn1.to_q.lora_B.weight"
    key = "transformer.blocks.0.attn1.to_q.lora_B.talking_head.weight"
    lora = load_file(both / "model" / "lora.safetensors")
    assert torch.equal(lora[f"transformer.{name}"], shadow[key].bfloat16())
    assert json.loads((both / "config.json").read_text())["rank"] == 2


# --- what is refused


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (("train=loras",), "unknown part 'loras' to train; did you mean 'lora'"),
        (("optimiser=sgd",), "unknown optimiser 'sgd'"),
        (("batch=5", "parts=2"), "share evenly, got 5"),
        (("expert=high",), "expected expert=only"),
        (("wording=poem",), "expected wording=plain or emovid"),
        (("checkpointing=2.0",), "expected a share of blocks"),
        (("shard=true",), "expected several processes"),
        (("validation.every=-1",), "at least one step between validations"),
        (("validation.every=1", "validation.protocol=none"), "no protocol 'none'"),
    ],
)
def test_settings_that_do_not_go(home, extra, message):
    with pytest.raises(InputError, match=message):
        run_training(settings(home, "bad", "loop.max_steps=1", *extra), resume=False)


def test_data_of_another_model(home, tmp_path):
    with pytest.raises(CorpusError, match="no latents of the split 'train'"):
        train_wan.read_prepared(tmp_path)
    chosen = settings(home, "bad", "loop.max_steps=1", kind="2.1-i2v")
    with pytest.raises(InputError, match=r"begins with a picture and .* has none cached"):
        run_training(chosen, resume=False)


def test_deepspeed_is_refused_before_anything_is_loaded(home, root):
    command = [sys.executable, "training/train_wan.py", "--set", f"base={home / 'nowhere'}"]
    wanted = environment(root) | {"ACCELERATE_USE_DEEPSPEED": "true"}
    done = subprocess.run(
        command, cwd=root, env=wanted, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "shard=true" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("name", ["wan_emovid_lora.toml", "wan_adapter_lora.toml"])
def test_presets_are_read(root, name):
    chosen = read_settings(WanSettings(), root / "training" / "presets" / name, [])
    assert chosen.rank == 32
    assert chosen.loop.max_steps == 5000


@pytest.mark.parametrize("name", ["gpus.yaml", "machines.yaml"])
def test_configurations_of_processes_are_read(root, name):
    from accelerate.commands.config.config_args import load_config_from_file

    config = load_config_from_file(str(root / "training" / "accelerate" / name))
    assert config.num_processes == {"gpus": 8, "machines": 16}[name[:-5]]
    assert config.mixed_precision == "no"
