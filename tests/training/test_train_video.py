"""The training recipe from rendered clips to a model folder, stopped and resumed on the way."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKLWan, WanTransformer3DModel
from transformers import AutoTokenizer, UMT5EncoderModel

from emogen.conditioning import EmotionAdapter, EmotionAdapterConfig
from emogen.data.corpus import EmbeddedCorpus
from emogen.data.latents import latent_emotion, read_table, write_shard
from emogen.diffusion.autoencoder import encode_clip
from emogen.errors import InputError
from emogen.learning.checkpoint import load_state
from emogen.learning.presets import read_settings
from emogen.pipelines import load_pipeline
from training import export_nano, train_video
from training.cache_latents import NANO_VAE, to_video
from training.train_video import TrainConfig, caption_of, draw_batch

SETTINGS = (
    "batch=4", "heads=1", "layers=1", "compile=false", "first_frame=0.5", "loop.warmup=2",
    "loop.decay=0", "loop.log_every=1",
)  # fmt: skip


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Eight rendered clips of 32x32 and five frames, encoded; and the autoencoder beside them."""
    folder, corpus = tmp_path_factory.mktemp("cache"), EmbeddedCorpus(None)
    torch.manual_seed(0)
    vae = AutoencoderKLWan(**NANO_VAE)
    vae.save_pretrained(folder / "vae")
    for shard in range(2):
        examples = [corpus.example(4 * shard + i, num_frames=5, size=32) for i in range(4)]
        with torch.no_grad():
            latents = encode_clip(vae, to_video(np.stack([e.frames for e in examples])))
        emotion = torch.from_numpy(np.stack([latent_emotion(e.vectors) for e in examples]))
        words = [
            {"caption": e.caption, "emotion_phrase": e.emotion_phrase, "subject": e.subject}
            for e in examples
        ]
        write_shard(folder / "train", shard, latents, emotion, words)
    return folder


@pytest.fixture(scope="module")
def train(cache, root_of_runs):
    """Run the recipe in this process on one thread."""

    def run(name, steps, *flags):
        folders = [f"data={cache / 'train'}", f"run={root_of_runs / name}"]
        settings = [*folders, f"loop.max_steps={steps}"]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["train_video.py", "--set", *settings, *SETTINGS, *flags])
            train_video.main()
        return root_of_runs / name

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield run
    torch.set_num_threads(threads)
    torch.set_flush_denormal(False)


@pytest.fixture(scope="module")
def root_of_runs(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def whole(train):
    return train("whole", 6)


# --- settings


def test_settings_are_merged(tmp_path):
    preset = tmp_path / "preset.toml"
    preset.write_text('batch = 8\nrun = "runs/x"\n[loop]\nlr = 2e-3\nwarmup = 5\n')
    config = read_settings(
        TrainConfig(), preset,
        ["loop.lr=1e-4", "frames=1", "data=some/folder", "compile=false"],
    )
    assert (config.batch, config.frames, config.run, config.data) == (8, 1, "runs/x", "some/folder")
    assert (config.loop.lr, config.loop.warmup, config.loop.clip) == (1e-4, 5, 1.0)
    assert config.compile is False
    assert read_settings(TrainConfig(), None, []) == TrainConfig()


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("bach=3", "unknown setting 'bach'; did you mean 'batch'?"),
        ("loop.max_step=3", "unknown setting 'max_step'; did you mean 'max_steps'?"),
        ("lop.lr=3", "unknown setting 'lop'; did you mean 'loop'?"),
    ],
)
def test_unknown_settings_are_refused(setting, message):
    with pytest.raises(InputError, match=message.replace("?", r"\?")):
        read_settings(TrainConfig(), None, [setting])


def test_presets_of_the_repository_are_valid(root):
    names = [path.name for path in (root / "training" / "presets").glob("nano_*.toml")]
    assert names
    for name in names:
        read_settings(TrainConfig(), root / "training" / "presets" / name, [])


# --- batches


@pytest.fixture(scope="module")
def table(cache):
    return read_table(cache / "train")


def same(first, second):
    tensors = [key for key, value in first.items() if isinstance(value, torch.Tensor)]
    return first["captions"] == second["captions"] and all(
        torch.equal(first[key], second[key]) for key in tensors
    )


def test_a_batch_follows_from_seed_and_step(table):
    config = TrainConfig(batch=4)
    assert same(draw_batch(table, config, 3), draw_batch(table, config, 3))
    assert not same(draw_batch(table, config, 3), draw_batch(table, config, 4))
    other = TrainConfig(batch=4, seed=1)
    assert not same(draw_batch(table, config, 3), draw_batch(table, other, 3))


def test_shapes_of_a_batch(table):
    batch = draw_batch(table, TrainConfig(batch=5), 0)
    assert batch["clean"].shape == batch["noise"].shape == (5, 48, 2, 4, 4)
    assert batch["sigma"].shape == (5, 2)
    assert batch["emotion"].shape == (5, 2, 12)
    assert ((batch["sigma"] > 0) & (batch["sigma"] < 1)).all()
    still = draw_batch(table, TrainConfig(batch=5, frames=1), 0)
    assert still["clean"].shape == (5, 48, 1, 4, 4)


def test_conditions_are_dropped_as_asked(table):
    always = TrainConfig(batch=32, text_drop=1.0, joint_drop=1.0, first_frame=1.0)
    batch = draw_batch(table, always, 0)
    assert set(batch["captions"]) == {""}
    assert not batch["emotion"].any()
    assert not batch["sigma"][:, 0].any()
    assert batch["sigma"][:, 1].all()
    never = draw_batch(table, TrainConfig(batch=32, text_drop=0, words_for_emotion=0), 0)
    assert set(never["captions"]) <= set(table.captions)
    assert never["emotion"].any()


def test_told_emotions_are_words_instead(table):
    batch = draw_batch(table, TrainConfig(batch=32, text_drop=0, words_for_emotion=1.0), 0)
    assert not batch["emotion"].any()
    pairs = zip(table.captions, table.emotion_phrases, strict=True)
    told = {f"{caption}, {phrase}" if phrase else caption for caption, phrase in pairs}
    assert set(batch["captions"]) <= told
    row = next(i for i, phrase in enumerate(table.emotion_phrases) if phrase)
    assert caption_of(table, row, True, True) == ""
    assert caption_of(table, row, False, False) == table.captions[row]


def test_drawing_leaves_the_table_alone(table):
    before = table.emotion.clone()
    draw_batch(table, TrainConfig(batch=32, words_for_emotion=1.0), 0)
    assert torch.equal(table.emotion, before)


# --- runs


def test_resumed_equals_uninterrupted(train, whole, cache, root_of_runs, root):
    part = root_of_runs / "part"
    command = [
        sys.executable, str(root / "training" / "train_video.py"), "--set",
        f"data={cache / 'train'}", f"run={part}", "loop.max_steps=4", *SETTINGS,
    ]  # fmt: skip
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(root)}
    first = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert first.returncode == 0, first.stderr
    assert [json.loads(line)["step"] for line in first.stdout.splitlines()] == [0, 1, 2, 3]
    train("part", 6, "--resume")
    one, two = (load_state(run / "last.pt") for run in (whole, part))
    assert one["step"] == two["step"] == 6
    for name, value in one["average"]["shadow"].items():
        assert torch.equal(value, two["average"]["shadow"][name]), name
    for name, value in one["model"].items():
        assert torch.equal(value, two["model"][name]), name


def test_a_resumed_run_keeps_its_words(train, cache, root_of_runs, tmp_path):
    data = shutil.copytree(cache / "train", tmp_path / "train")
    run = train("words", 1, f"data={data}")
    words = AutoTokenizer.from_pretrained(run / "model" / "tokenizer").get_vocab()
    row = {"caption": "aardvark zebu", "emotion_phrase": "", "subject": "zebu"}
    write_shard(data, 2, torch.zeros(4, 48, 2, 4, 4), torch.zeros(4, 2, 12), [row] * 4)
    train("words", 2, f"data={data}", "--resume")
    assert AutoTokenizer.from_pretrained(run / "model" / "tokenizer").get_vocab() == words


def test_a_run_says_how_it_was_made(whole):
    config = json.loads((whole / "config.json").read_text())
    assert config["batch"] == 4
    assert config["loop"]["max_steps"] == 6
    assert len((whole / "log.jsonl").read_text().splitlines()) == 6


def test_the_exported_model_is_the_average(whole):
    shadow = load_state(whole / "last.pt")["average"]["shadow"]
    model = WanTransformer3DModel.from_pretrained(whole / "model" / "transformer")
    for name, value in model.named_parameters():
        assert torch.equal(value, shadow[f"transformer.{name}"]), name
    adapter = EmotionAdapter(EmotionAdapterConfig.for_transformer(model))
    adapter.load_state_dict(torch.load(whole / "model" / "adapter.pt", weights_only=True))
    assert torch.equal(adapter.to_modulation.weight, shadow["adapter.to_modulation.weight"])
    assert adapter.to_modulation.weight.any()
    encoder = UMT5EncoderModel.from_pretrained(whole / "model" / "text_encoder")
    tokenizer = AutoTokenizer.from_pretrained(whole / "model" / "tokenizer")
    assert encoder.config.vocab_size == len(tokenizer) > 3


def test_the_next_stage_starts_from_the_average(train, whole):
    later = load_state(train("later", 1, "loop.lr=0.0", "--start", str(whole)) / "last.pt")
    for name, value in load_state(whole / "last.pt")["average"]["shadow"].items():
        assert torch.equal(value, later["model"][name]), name


def test_what_was_trained_becomes_a_pipeline(whole, cache, tmp_path, monkeypatch):
    flags = ["--run", str(whole), "--vae", str(cache / "vae"), "--out", str(tmp_path / "nano")]
    monkeypatch.setattr(sys, "argv", ["export_nano.py", *flags])
    export_nano.main()
    pipe = load_pipeline(str(tmp_path / "nano"), device="cpu", dtype=torch.float32)
    assert pipe.parts.adapter is not None
    clip = pipe("a red flower", width=32, height=32, num_frames=5, steps=1)
    assert clip.frames.shape == (5, 32, 32, 3)


def test_training_goes_on_from_an_assembled_model(train, whole, cache, tmp_path, monkeypatch):
    flags = ["--run", str(whole), "--vae", str(cache / "vae"), "--out", str(tmp_path / "nano")]
    monkeypatch.setattr(sys, "argv", ["export_nano.py", *flags])
    export_nano.main()
    later = train("further", 1, "loop.lr=0.0", "--start", str(tmp_path / "nano"))
    for name, value in load_state(whole / "last.pt")["average"]["shadow"].items():
        assert torch.equal(value.bfloat16().float(), load_state(later / "last.pt")["model"][name])


def test_without_latents_it_says_what_to_do(train, tmp_path):
    with pytest.raises(InputError, match=r"no latents in .*training/cache_latents\.py"):
        train("none", 1, f"data={tmp_path}")
