"""Adapters on disk: there and back, and every kind of damage."""

import json

import pytest
import torch
from torch.testing import assert_close

from emogen.conditioning import load_adapter, save_adapter
from emogen.conditioning.weights import MANIFEST, WEIGHTS
from emogen.errors import ModelError
from tests.tiny import emotions, tiny_adapter, tiny_transformer


@pytest.fixture(scope="module")
def adapter():
    return tiny_adapter(tiny_transformer())


@pytest.fixture
def folder(adapter, tmp_path):
    save_adapter(adapter, tmp_path / "a", base_model="tiny")
    return tmp_path / "a"


def edit(folder, change):
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(change(manifest)))


def test_round_trip_is_exact_in_float32(adapter, tmp_path):
    save_adapter(adapter, tmp_path, base_model="tiny", dtype=torch.float32)
    back = load_adapter(tmp_path)
    assert back.config == adapter.config
    assert not back.training
    for name, value in adapter.state_dict().items():
        assert torch.equal(back.state_dict()[name], value)


def test_round_trip_is_close_in_half_precision(adapter, folder):
    back = load_adapter(folder)
    assert {p.dtype for p in back.parameters()} == {torch.float32}
    first, second = (a(emotions(1, 2)).modulation for a in (adapter, back))
    assert_close(first, second, atol=0.05, rtol=0.05)


def test_manifest_says_what_it_is(folder):
    manifest = json.loads((folder / MANIFEST).read_text())
    assert manifest["base_model"] == "tiny"
    assert manifest["vector"][8:] == ["valence", "arousal", "dominance", "intensity"]
    assert manifest["config"]["num_attention_heads"] == 2


def test_no_adapter(tmp_path):
    with pytest.raises(ModelError, match=f"no emotion adapter in .* expected {MANIFEST}"):
        load_adapter(tmp_path)


def test_weights_are_missing(folder):
    (folder / WEIGHTS).unlink()
    with pytest.raises(ModelError, match="cannot read the emotion adapter"):
        load_adapter(folder)


@pytest.mark.parametrize("kept", [0, 4, 100, -1])
def test_weights_are_cut_off(folder, kept):
    data = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(data[:kept])
    with pytest.raises(ModelError, match="cannot read the emotion adapter"):
        load_adapter(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"config": {}}', '{"config": 1}', "\x00"])
def test_manifest_is_no_manifest(folder, text):
    (folder / MANIFEST).write_text(text)
    with pytest.raises(ModelError, match="cannot read the emotion adapter"):
        load_adapter(folder)


def test_manifest_is_not_text(folder):
    (folder / MANIFEST).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ModelError, match="cannot read the emotion adapter"):
        load_adapter(folder)


@pytest.mark.parametrize("name", ["format", "version", "vector"])
def test_manifest_lacks_a_key(folder, name):
    edit(folder, lambda manifest: {k: v for k, v in manifest.items() if k != name})
    with pytest.raises(ModelError, match=r"emotion_adapter\.json|emotion adapter"):
        load_adapter(folder)


def test_another_version_is_refused(folder):
    edit(folder, lambda manifest: manifest | {"version": 9})
    with pytest.raises(ModelError, match="got emogen-emotion-adapter version 9"):
        load_adapter(folder)


@pytest.mark.parametrize("change", [{"width": 8}, {"num_layers": 1}, {"num_layers": 3}])
def test_weights_of_another_size_are_refused(folder, change):
    edit(folder, lambda manifest: manifest | {"config": manifest["config"] | change})
    with pytest.raises(ModelError, match="do not fit their manifest"):
        load_adapter(folder)


@pytest.mark.parametrize(
    "change", [{"width": "wide"}, {"width": -1}, {"depth": 3}, {"num_layers": None}]
)
def test_sizes_that_are_none_are_refused(folder, change):
    edit(folder, lambda manifest: manifest | {"config": manifest["config"] | change})
    with pytest.raises(ModelError):
        load_adapter(folder)
