"""Models of the hub's cache: found where whole, fetched or refused with one line otherwise."""

from types import SimpleNamespace

import pytest

from emogen.diffusion.backbones import BACKBONES
from emogen.diffusion.hub import cached_folder, fetch
from emogen.errors import ResourceError

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    return tmp_path


def store(cache, hub, parts=("transformer", "vae", "text_encoder")):
    home = cache / f"models--{hub.replace('/', '--')}"
    folder = home / "snapshots" / COMMIT
    for part in parts:
        (folder / part).mkdir(parents=True)
        (folder / part / "model.safetensors").write_bytes(b"x")
    (folder / "model_index.json").write_text("{}")
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text(COMMIT)
    return folder


def test_a_whole_model_in_the_cache_needs_no_network(cache) -> None:
    folder = store(cache, "Wan-AI/Whole")
    assert cached_folder("Wan-AI/Whole") == folder
    assert fetch("Wan-AI/Whole") == folder


def test_half_a_model_is_none(cache) -> None:
    store(cache, "Wan-AI/Half", parts=("vae",))
    assert cached_folder("Wan-AI/Half") is None
    assert cached_folder("Wan-AI/Absent") is None


def test_a_small_disk_is_told_before_anything_is_fetched(cache, monkeypatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=5 * 10**9))
    backbone = BACKBONES["wan2.1-t2v-1.3b"]
    with pytest.raises(ResourceError, match="takes up to 29 GB of disk, 5 GB are free"):
        fetch(backbone.hub, backbone=backbone)


def test_a_hub_out_of_reach_is_one_line(cache, monkeypatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ResourceError, match=r"cannot get Wan-AI/Absent .* 'hf download") as caught:
        fetch("Wan-AI/Absent")
    assert caught.value.exit_code == 3
    assert "\n" not in str(caught.value)
