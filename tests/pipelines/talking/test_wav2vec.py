"""A wav2vec2 as an ear, small and random: a row a frame, any cuts, every layer, clear errors."""

import numpy as np
import pytest
import torch
from transformers import HubertConfig, HubertModel, Wav2Vec2Config, Wav2Vec2Model

from emogen.errors import InputError, ModelError
from emogen.pipelines.talking.wav2vec import AROUND, WINDOW, load_wav2vec

SIZES = {
    "hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 16,
    "conv_dim": (8, 8), "conv_stride": (16, 20), "conv_kernel": (20, 20),
    "num_feat_extract_layers": 2, "num_conv_pos_embeddings": 8, "num_conv_pos_embedding_groups": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("wav2vec2")
    Wav2Vec2Model(Wav2Vec2Config(**SIZES)).save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def ear(folder):
    return load_wav2vec(folder)


def sound(frames, seed=0):
    return np.random.default_rng(seed).standard_normal(640 * frames).astype(np.float32) * 0.1


@pytest.mark.parametrize(
    ("samples", "frames"), [(1, 1), (640, 1), (641, 2), (16_000, 25), (640 * 251, 251)]
)
def test_there_is_a_row_a_frame(ear, samples, frames):
    features = np.concatenate(list(ear.features([sound(252)[:samples]])))
    assert features.shape == (frames, 3, 16) == (frames, *ear.shape)
    assert np.isfinite(features).all()


def test_cuts_do_not_matter(ear):
    samples = sound(600)
    whole = np.concatenate(list(ear.features([samples])))
    pieces = np.split(samples, [7, 640, 5000, 100_000, 100_001, 300_000])
    assert np.array_equal(np.concatenate(list(ear.features(pieces))), whole)


def test_features_come_while_the_sound_arrives(ear):
    taken = []

    def blocks():
        for _ in range(1000):
            taken.append(1)
            yield sound(25)

    stream = ear.features(blocks())
    next(stream)
    assert len(taken) <= (WINDOW + AROUND) / 25 + 1


def test_layers_are_those_of_the_network(ear):
    """Without the change of rate every layer is a hidden state that transformers itself returns."""
    with torch.inference_mode():
        hidden = torch.randn(1, 20, 16, generator=torch.Generator().manual_seed(0))
        expected = ear.model.encoder(hidden).last_hidden_state[0]
        layers = ear._layers(hidden)
    assert layers.shape == (20, 3, 16)
    assert torch.equal(layers[:, -1], expected)
    assert not torch.equal(layers[:, 0], layers[:, 1])


def test_loudness_does_not_matter_but_the_sound_does(ear):
    samples = sound(50)
    first, louder, other = (
        np.concatenate(list(ear.features([s]))) for s in (samples, 3 * samples, sound(50, seed=1))
    )
    assert np.abs(first - louder).max() < 1e-3
    assert np.abs(first - other).max() > 0.05


def test_a_click_is_heard_where_it_is(folder):
    ear = load_wav2vec(folder)
    with torch.inference_mode():
        for layer in ear.model.encoder.layers:  # without attention a frame is heard locally
            layer.attention.out_proj.weight.zero_()
            layer.attention.out_proj.bias.zero_()
        ear.model.encoder.pos_conv_embed.conv.register_forward_hook(lambda *a: 0 * a[2])
    quiet = sound(100)
    clicked = quiet.copy()
    clicked[640 * 60 + 320] += 0.3
    heard = [np.concatenate(list(ear.features([part]))) for part in (quiet, clicked)]
    change = np.abs(heard[0] - heard[1]).max(axis=(1, 2))
    assert abs(int(change.argmax()) - 60) <= 1
    assert np.delete(change, range(57, 64)).max() < 0.3 * change.max()


def test_no_sound_is_refused(ear):
    with pytest.raises(InputError, match="expected sound to listen to"):
        list(ear.features([]))


def test_what_is_no_wav2vec2_is_refused(tmp_path):
    with pytest.raises(ModelError, match="cannot load a wav2vec2 from"):
        load_wav2vec(tmp_path)
    HubertModel(HubertConfig(**SIZES)).save_pretrained(tmp_path / "hubert")
    (tmp_path / "cut").mkdir()
    for path in (tmp_path / "hubert").iterdir():
        (tmp_path / "cut" / path.name).write_bytes(path.read_bytes()[:200])
    with pytest.raises(ModelError, match="cannot load a wav2vec2 from"):
        load_wav2vec(tmp_path / "cut")
