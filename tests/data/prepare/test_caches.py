"""Caches: real encoders in miniature, the same bytes however made, nothing half."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKLWan

from emogen.data.corpora import Place
from emogen.data.latents import read_table
from emogen.data.prepare.caches import read_texts
from emogen.data.prepare.choose import Planned
from emogen.data.prepare.encoders import model_folder
from emogen.data.prepare.frames import read_frames
from emogen.data.prepare.run import prepare, sizes_for
from emogen.data.prepare.settings import PrepareSettings
from emogen.data.prepare.work import Crew
from emogen.diffusion.autoencoder import encode_clip
from emogen.emotion import MIKELS
from emogen.errors import CorpusError, InputError, ModelError
from tests.data.prepare.clips import SETTINGS, scene, tree, write

HERE = Crew(workers=0)
BUCKET = "latents/train/64x48x17"


@pytest.fixture(scope="module")
def cached(corpus, tiny_model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cached")
    found = prepare("emovid", str(corpus), str(folder), settings=SETTINGS, crew=HERE,
                    model=str(tiny_model), device="cpu", condition=True)
    return folder, found


def examples(folder):
    lines = (folder / "manifest.jsonl").read_text().splitlines()
    return [Planned.from_line(line) for line in lines]


def test_every_example_is_encoded(cached):
    folder, found = cached
    assert found.caches["clips"] == len(examples(folder)) == 7
    assert found.caches["failed"] == []
    assert "encoded by tiny" in (folder / "README.md").read_text()


def test_a_bucket_is_read_as_a_table_of_latents(cached, corpus, tiny_model):
    folder, _ = cached
    clips = [one for one in examples(folder)
             if one.split == "train" and str(one.bucket) == "64x48x17"]
    table = read_table(folder / BUCKET)
    assert len(table) == len(clips) > 2
    assert table.captions == [one.words.plain for one in clips]
    assert table.emotion_phrases == [one.words.phrase for one in clips]
    assert table.emotion.shape == (len(clips), 5, 12)
    for row, one in enumerate(clips):
        assert table.emotion[row, :, MIKELS.index(one.category)].tolist() == [1.0] * 5
    vae = AutoencoderKLWan.from_pretrained(tiny_model / "vae")
    frames = read_frames(Place(corpus), clips[0])
    video = torch.from_numpy(frames).permute(3, 0, 1, 2)[None].float() / 127.5 - 1
    with torch.no_grad():
        want = encode_clip(vae, video)[0]
    assert table.latents[0].shape == want.shape == (6, 5, 6, 8)
    torch.testing.assert_close(table.latents[0].float(), want, atol=0.02, rtol=0.02)


def test_conditions_are_the_first_frame_alone(cached):
    from safetensors.torch import load_file

    folder, _ = cached
    tensors = load_file(folder / BUCKET / "00000.safetensors")
    assert tensors["condition"].shape == tensors["latents"].shape
    first, rest = tensors["condition"][:, :, 0], tensors["condition"][:, :, -1]
    torch.testing.assert_close(first.float(), tensors["latents"][:, :, 0].float(), atol=0.02,
                               rtol=0.02)
    assert not torch.equal(rest, tensors["latents"][:, :, -1])


def test_texts_are_those_of_the_encoder(cached, tiny_model):
    from transformers import AutoTokenizer, UMT5EncoderModel

    folder, _ = cached
    table = read_texts(folder)
    texts = ["", *(text for one in examples(folder) for text in one.words.texts)]
    assert len(table) == len(set(texts))
    tokenizer = AutoTokenizer.from_pretrained(tiny_model / "tokenizer")
    encoder = UMT5EncoderModel.from_pretrained(tiny_model / "text_encoder")
    for text in texts[:4]:
        tokens = tokenizer(text, return_tensors="pt")
        with torch.no_grad():
            want = encoder(**tokens).last_hidden_state[0]
        assert torch.equal(table.of(text), want.bfloat16())
    padded = table.padded(texts[:3])
    assert padded.shape == (3, 512, 32)
    assert padded[0, len(table.of("")):].abs().sum() == 0
    with pytest.raises(CorpusError, match="no cached text"):
        table.of("never said")


def test_lost_and_stale_shards(cached, corpus, tiny_model):
    folder, _ = cached
    (folder / "text/my notes.txt").write_text("not ours")
    before = tree(folder)
    (folder / f"{BUCKET}/00000.safetensors").unlink()
    (folder / f"{BUCKET}/00000.done.json").unlink()
    (folder / "latents/train/64x48x5").mkdir()
    (folder / "latents/train/64x48x5/00000.safetensors").write_bytes(b"old")
    prepare("emovid", str(corpus), str(folder), settings=SETTINGS, crew=HERE,
            model=str(tiny_model), device="cpu", condition=True)
    assert tree(folder) == before


def test_curves_and_pictures(tiny_model, tmp_path):
    root = tmp_path / "clips"
    write(root / "a.mp4", scene(1, 33), 16)
    frame = scene(2, 1, width=80, height=60)[0]
    from emogen.media import save_image

    save_image(frame, root / "b.png")
    rows = [{"path": "a.mp4", "emotion": "sadness@0s -> amusement@2s", "caption": "a turn"},
            {"path": "b.png", "emotion": "awe:0.5", "split": "test"}]
    (root / "clips.jsonl").write_text("\n".join(map(json.dumps, rows)))
    settings = PrepareSettings(sizes=((64, 48),), frames=(17,), validation=0, test=0)
    prepare("folder", str(root), str(tmp_path / "o"), settings=settings, crew=HERE,
            model=str(tiny_model), device="cpu")
    moving = read_table(tmp_path / "o/latents/train/64x48x17")
    still = read_table(tmp_path / "o/latents/test/64x48x1")
    sadness, amusement = moving.emotion[0, :, 7].numpy(), moving.emotion[0, :, 0].numpy()
    assert (np.diff(amusement) > 0).all()
    assert (np.diff(sadness) < 0).all()
    assert 0.2 < amusement[0] < 0.3  # frame 8 of 33 is a quarter of the way
    assert still.emotion[0, 0, 1] == pytest.approx(0.5)
    assert still.latents.shape[2] == 1


def test_models_that_do_not_fit(corpus, tiny_model, tmp_path):
    with pytest.raises(ModelError, match="with vae/"):
        model_folder(tmp_path)
    with pytest.raises(ModelError, match="there"):
        prepare("emovid", str(corpus), str(tmp_path / "o"), settings=SETTINGS, crew=HERE,
                model=str(tiny_model), device="tpu")
    own = sizes_for(Path(tiny_model), PrepareSettings())
    assert (own.sizes, own.frames, own.fps) == (((32, 32),), (5,), 8.0)
    config = tmp_path / "large" / "vae" / "config.json"
    config.parent.mkdir(parents=True)
    config.write_text('{"scale_factor_spatial": 16}')
    from emogen.data.prepare.run import check_fit

    with pytest.raises(InputError, match="multiples of 32"):
        check_fit(tmp_path / "large", PrepareSettings(sizes=((48, 64),)))
