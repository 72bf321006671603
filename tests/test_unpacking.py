"""Packed models come back bit for bit, once, and damage is told."""

import json
import shutil

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from emogen.assets import asset_roots, model_dir
from emogen.errors import ModelError, ResourceError
from emogen.unpacking import INDEX, SUFFIX, compressed, pack_folder, restored, unpacked


@pytest.fixture
def model(tmp_path):
    """A folder with weights, a config and a subfolder."""
    folder = tmp_path / "models" / "tiny"
    (folder / "part").mkdir(parents=True)
    weights = torch.randn(200, 100, generator=torch.Generator().manual_seed(0)).bfloat16()
    save_file({"weight": 0.02 * weights}, folder / "part" / "model.safetensors")
    (folder / "config.json").write_text('{"width": 100}')
    return folder


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*") if path.is_file()}  # fmt: skip


@given(st.binary(max_size=200))
def test_any_bytes_come_back(content) -> None:
    assert restored(compressed(content)) == content


def test_a_packed_folder_is_smaller_and_comes_back(model, tmp_path) -> None:
    before = files(model)
    pack_folder(model)
    small = files(model)["part/model.safetensors" + SUFFIX]
    assert len(small) < 0.8 * len(before["part/model.safetensors"])
    place = unpacked(model, tmp_path / "cache")
    assert files(place) == before
    written = (place / "config.json").stat().st_mtime_ns
    assert unpacked(model, tmp_path / "cache") == place
    assert (place / "config.json").stat().st_mtime_ns == written, "unpacked once"
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [place.name]


def test_packing_again_keeps_what_is_packed_and_takes_what_is_new(model, tmp_path) -> None:
    pack_folder(model)
    packed = files(model)
    pack_folder(model)
    assert files(model) == packed
    first = unpacked(model, tmp_path / "cache")
    save_file({"weight": torch.ones(300, 100).bfloat16()}, model / "part" / "model.safetensors")
    pack_folder(model)
    second = unpacked(model, tmp_path / "cache")
    assert second != first, "new weights, another place"
    assert b"300" in files(second)["part/model.safetensors"][:200]


def test_a_plain_folder_stays_where_it_is(model, tmp_path) -> None:
    assert unpacked(model, tmp_path / "cache") == model


def test_damage_and_loss_are_told_and_leave_nothing(model, tmp_path) -> None:
    pack_folder(model)
    packed = model / "part" / ("model.safetensors" + SUFFIX)
    whole = packed.read_bytes()
    packed.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match=r"damaged .*install emogen again"):
        unpacked(model, tmp_path / "cache")
    packed.write_bytes(compressed(b"something else"))
    with pytest.raises(ModelError, match=r"model\.safetensors of tiny is damaged"):
        unpacked(model, tmp_path / "cache")
    packed.unlink()
    with pytest.raises(ModelError, match="lacks part/model"):
        unpacked(model, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_cache_that_cannot_be_written_is_told(model, tmp_path) -> None:
    pack_folder(model)
    (tmp_path / "file").write_text("")
    with pytest.raises(ResourceError, match="EMOGEN_CACHE"):
        unpacked(model, tmp_path / "file" / "cache")


def test_a_shipped_model_is_found_unpacked(model, tmp_path, monkeypatch) -> None:
    pack_folder(model)
    monkeypatch.setenv("EMOGEN_ASSETS", str(tmp_path))
    monkeypatch.setenv("EMOGEN_CACHE", str(tmp_path / "cache"))
    folder = model_dir("tiny")
    assert folder.parent == tmp_path / "cache" / "models"
    assert json.loads((folder / "config.json").read_text()) == {"width": 100}


@pytest.mark.model
def test_the_index_of_the_shipped_model_is_true(tmp_path) -> None:
    folder = next(root / "models" / "nano" for root in asset_roots()
                  if (root / "models" / "nano").is_dir())  # fmt: skip
    copy = shutil.copytree(folder, tmp_path / "nano")
    index = (copy / INDEX).read_text()
    assert set(json.loads(index)) >= {"README.md", "model_index.json", "emogen.json"}
    assert (unpacked(copy, tmp_path / "cache") / "model_index.json").is_file()
    for name in json.loads(index):
        assert (copy / name).is_file() or (copy / (name + SUFFIX)).is_file(), name
