"""Batches of prepared folders: clips of one bucket, each as likely, the same by the same chance."""

import json

import pytest
import torch
from safetensors.torch import save_file

from emogen.data.prepare.batches import read_prepared
from emogen.errors import CorpusError

SIZES = {"32x32x5": (4, 4, 3), "64x32x5": (4, 8, 1)}
"""Latent height, latent width and clips of each bucket."""


@pytest.fixture
def prepared(tmp_path):
    for name, (height, width, count) in SIZES.items():
        for shard in range(2):
            place = tmp_path / "latents" / "train" / name
            place.mkdir(parents=True, exist_ok=True)
            tensors = {
                "latents": torch.full((count, 4, 2, height, width), float(shard)).bfloat16(),
                "emotion": torch.zeros(count, 2, 12),
            }
            save_file(tensors, place / f"{shard:05d}.safetensors")
            rows = [{"id": f"{name}/{shard}/{i}"} for i in range(count)]
            (place / f"{shard:05d}.json").write_text(json.dumps(rows))
    (tmp_path / "text").mkdir()
    states = {"states": torch.ones(1, 8).bfloat16(), "lengths": torch.tensor([1])}
    save_file(states, tmp_path / "text" / "00000.safetensors")
    (tmp_path / "text" / "00000.json").write_text('[""]')
    return tmp_path


def test_shards_are_joined_in_order(prepared) -> None:
    found = read_prepared(prepared)
    assert [(bucket.name, len(bucket)) for bucket in found.buckets] == [
        ("32x32x5", 6), ("64x32x5", 2),
    ]  # fmt: skip
    assert len(found) == 8
    first = found.buckets[0]
    assert first.latents[:, 0, 0, 0, 0].tolist() == [0, 0, 0, 1, 1, 1]
    assert [row["id"] for row in first.rows][3] == "32x32x5/1/0"
    assert first.condition is None


def test_every_clip_is_drawn_as_often(prepared) -> None:
    found, counts = read_prepared(prepared), {}
    generator = torch.Generator().manual_seed(0)
    for _ in range(2000):
        bucket, rows = found.draw(2, generator)
        for row in rows:
            name = bucket.rows[row]["id"]
            counts[name] = counts.get(name, 0) + 1
    assert len(counts) == 8
    assert all(count == pytest.approx(500, abs=110) for count in counts.values())


def test_chance_is_the_generators(prepared) -> None:
    found = read_prepared(prepared)
    draws = [found.draw(4, torch.Generator().manual_seed(seed)) for seed in (5, 5, 6)]
    assert draws[0][0] is draws[1][0]
    assert draws[0][1] == draws[1][1]


def test_a_split_that_is_not_there(prepared) -> None:
    with pytest.raises(CorpusError, match="no latents of the split 'test'"):
        read_prepared(prepared, split="test")
