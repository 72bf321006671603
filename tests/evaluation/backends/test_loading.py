"""Folders, hub names, licences: what is found and what is said where it is not."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from emogen.errors import EmogenError, ModelError, ResourceError
from emogen.evaluation.backends.loading import clear_errors, find_source, tier_of_licence
from emogen.evaluation.backends.names import (
    BACKENDS,
    LOADERS,
    kind_of,
    load_backend,
    names_for,
)
from emogen.evaluation.backends.options import Options
from emogen.evaluation.recogniser.reading import MODALITIES, TIERS


def copy(folder, target):
    return shutil.copytree(folder, target)


def edit_config(folder, **fields):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))
    return folder


def test_every_entry_says_what_it_is():
    for entry in BACKENDS.values():
        assert entry.loader is LOADERS[entry.kind]
        assert entry.reads in MODALITIES
        assert entry.tier in TIERS
        assert entry.licence
        assert entry.labels
        assert 0.1 < entry.gigabytes < 20
        assert entry.hub.count("/") == 1
    assert all(names_for(modality) for modality in MODALITIES)


@pytest.mark.parametrize(
    ("fixture", "kind", "modality"),
    [("clip", "image", "vision"), ("faces", "image", "vision"), ("speech", "speech", "voice"),
     ("dimensional_speech", "speech", "voice"), ("text", "text", "words")],
)  # fmt: skip
def test_a_folder_is_known_by_its_configuration(fixture, kind, modality, request):
    folder = request.getfixturevalue(fixture)
    assert kind_of(folder) == kind
    assert load_backend(folder, modality=modality).modality == modality


def test_refuses_a_model_that_reads_something_else(speech):
    with pytest.raises(ModelError, match=r"reads words, got .*speech, which reads voice.*roberta"):
        load_backend(speech, modality="words")
    with pytest.raises(ModelError, match="modality of words, voice, vision, got 'smell'"):
        load_backend(speech, modality="smell")


@pytest.mark.parametrize(
    ("name", "message"),
    [("clip-b23", "unknown backend 'clip-b23'; did you mean 'clip-b32'"),
     ("./no/such/folder", "the name of a backend, a model folder or a hub name"),
     ("", "unknown backend ''")],
)  # fmt: skip
def test_says_what_a_name_could_be(name, message):
    with pytest.raises(ModelError, match=message):
        load_backend(name)


def test_a_hub_name_that_is_not_on_this_machine_says_how_to_get_it():
    with pytest.raises(ModelError, match="run `hf download someone/none --local-dir FOLDER`") as e:
        find_source("someone/none", options=Options(offline=True))
    assert "\n" not in str(e.value)


def test_a_model_in_the_cache_of_the_hub_needs_no_network(text, tmp_path, monkeypatch):
    home = tmp_path / "models--someone--words"
    commit = "0123456789abcdef0123456789abcdef01234567"
    copy(text, home / "snapshots" / commit)
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text(commit)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    backend = load_backend("someone/words", modality="words")
    assert backend.model == "someone/words@01234567"
    assert backend.tier == "open"
    assert backend("i am so happy").is_present


def test_the_tier_is_what_the_card_says_and_the_strictest_where_it_says_nothing(
    clip, speech, faces, tmp_path
):
    assert find_source(clip).tier == "open"
    assert find_source(speech).tier == "non-commercial"
    assert find_source(faces).tier == "research-only"
    assert find_source(faces, options=Options(tier="open")).tier == "open"
    broken = copy(faces, tmp_path / "broken")
    (broken / "README.md").write_text("---\nlicense: [\n---\n")
    assert find_source(broken).tier == "research-only"


def test_licences_by_name():
    assert tier_of_licence("CC-BY-SA-4.0") == "open"
    assert tier_of_licence("cc-by-nc-4.0") == "non-commercial"
    assert tier_of_licence("other") == "research-only"


def test_the_fingerprint_follows_the_weights(text, tmp_path):
    same, other = copy(text, tmp_path / "same"), copy(text, tmp_path / "other")
    weights = load_file(other / "model.safetensors")
    name = sorted(weights)[0]
    save_file(weights | {name: weights[name] + 1}, other / "model.safetensors", {"format": "pt"})
    assert find_source(same).fingerprint == find_source(text).fingerprint
    assert find_source(other).fingerprint != find_source(text).fingerprint


def test_weights_that_are_missing_are_no_random_answers(text, tmp_path):
    folder = copy(text, tmp_path / "headless")
    weights = load_file(folder / "model.safetensors")
    kept = {name: value for name, value in weights.items() if "classifier" not in name}
    save_file(kept, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelError, match=r"got none for classifier\..* would be random"):
        load_backend(folder)


def test_says_what_is_wrong_with_a_folder(text, tmp_path):
    with pytest.raises(ModelError, match=r"expected config\.json"):
        load_backend(tmp_path)
    damaged = copy(text, tmp_path / "damaged")
    (damaged / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(ModelError, match="cannot load the model damaged"):
        load_backend(damaged)
    strange = edit_config(copy(text, tmp_path / "strange"), model_type="nothing-known")
    with pytest.raises(ModelError, match="cannot load the model strange"):
        load_backend(strange)
    plain = edit_config(copy(text, tmp_path / "plain"), architectures=["RobertaModel"])
    with pytest.raises(ModelError, match="got RobertaModel: plain"):
        load_backend(plain)
    resized = edit_config(copy(text, tmp_path / "resized"), hidden_size=16)
    with pytest.raises(ModelError, match="resized"):
        load_backend(resized)


def test_errors_are_one_line_and_name_the_package(tmp_path):
    with pytest.raises(ResourceError, match="pip install torchvision"), clear_errors("x"):
        raise ImportError("Y requires the Torchvision library but it was not found\nmore")
    with pytest.raises(ResourceError, match="pip install num2words"), clear_errors("x"):
        raise ImportError("`num2words` is required. Install it with `pip install num2words`.")
    with pytest.raises(ModelError, match="cannot load the model x: first;"), clear_errors("x"):
        raise OSError("first\nsecond")
    with pytest.raises(EmogenError, match=r"^ours$"), clear_errors("x"):
        raise ModelError("ours")


@pytest.mark.parametrize(
    "wrong",
    [{"batch_size": 0}, {"temperature": 0}, {"temperature": float("nan")}, {"tier": "free"},
     {"dtype": "int8"}, {"target": "both"}],
)  # fmt: skip
def test_options_are_checked(wrong):
    with pytest.raises(ModelError, match="expected a"):
        Options(**wrong)


def test_device_and_precision(text):
    with pytest.raises(ModelError, match="expected a device of this machine"):
        Options(device="cuda:99").where()
    half = load_backend(text, options=Options(dtype="bfloat16", device="cpu"))
    assert {parameter.dtype for parameter in half._network.parameters()} == {torch.bfloat16}
    whole = load_backend(text)("i am so happy").emotion
    assert half("i am so happy").emotion == pytest.approx(whole, abs=0.05)
