"""Cached latents: written in shards, read as one table."""

import json

import numpy as np
import pytest
import torch

from emogen.data.latents import (
    SHARD,
    latent_emotion,
    read_table,
    shard_path,
    write_shard,
)
from emogen.emotion import EmotionPoint, Keyframe, Trajectory
from emogen.errors import CorpusError


def shard(folder, number, count=3):
    g = torch.Generator().manual_seed(number)
    latents = torch.randn(count, 4, 2, 3, 3, generator=g)
    emotion = torch.rand(count, 2, 12, generator=g)
    words = [
        {"caption": f"clip {number}.{i}", "emotion_phrase": "sad" * (i % 2), "subject": "cat"}
        for i in range(count)
    ]
    write_shard(folder, number, latents, emotion, words)
    return latents, emotion


def test_shards_become_one_table_in_order(tmp_path):
    parts = {number: shard(tmp_path, number) for number in (10, 0, 2)}
    table = read_table(tmp_path)
    assert len(table) == 9
    assert table.captions[::3] == ["clip 0.0", "clip 2.0", "clip 10.0"]
    assert table.emotion_phrases[:3] == ["", "sad", ""]
    assert table.subjects == ["cat"] * 9
    assert table.latents.dtype == torch.bfloat16
    assert table.emotion.dtype == torch.float32
    for at, number in enumerate((0, 2, 10)):
        rows = slice(3 * at, 3 * at + 3)
        assert torch.equal(table.latents[rows], parts[number][0].bfloat16())
        assert torch.equal(table.emotion[rows], parts[number][1])


def test_subjects_and_phrases_choose(tmp_path):
    latents, emotion = shard(tmp_path, 0)
    shard(tmp_path, 1)
    table = read_table(tmp_path, subjects={"cat", "dog"}, without=["p 0.0", "clip 1"])
    assert table.captions == ["clip 0.1", "clip 0.2"]
    assert torch.equal(table.latents, latents[1:].bfloat16())
    assert torch.equal(table.emotion, emotion[1:])
    with pytest.raises(CorpusError, match="shows any of dog"):
        read_table(tmp_path, subjects=["dog"])


def test_a_shard_is_replaced_whole(tmp_path):
    shard(tmp_path, 0, count=5)
    shard(tmp_path, 0, count=2)
    assert len(read_table(tmp_path)) == 2
    assert {path.name for path in tmp_path.iterdir()} == {"00000.safetensors", "00000.json"}


def test_half_a_shard_does_not_count(tmp_path):
    shard(tmp_path, 0)
    (tmp_path / "00001.json").write_text(json.dumps([{}]))
    (tmp_path / "00001.part").write_bytes(b"cut off")
    assert len(read_table(tmp_path)) == 3


def test_names_sort_by_number(tmp_path):
    paths = [shard_path(tmp_path, number) for number in (0, 9, 10, 1000)]
    assert paths == sorted(paths)
    assert SHARD == 128


@pytest.mark.parametrize("name", ["empty", "absent"])
def test_no_latents(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(CorpusError, match=r"no latents in .*; write them with"):
        read_table(tmp_path / name)


def test_emotion_of_latent_frames_is_that_of_the_pipeline():
    curve = Trajectory(
        keyframes=(
            Keyframe(seconds=0.1, point=EmotionPoint.from_category("fear", 0.3)),
            Keyframe(seconds=1.5, point=EmotionPoint.from_category("awe")),
        )
    )
    got = latent_emotion(curve.sample(33, 16))
    assert got.shape == (9, 12)
    np.testing.assert_allclose(got, curve.latent(33, 16), atol=1e-6)


def test_one_frame_is_one_latent_frame():
    vector = np.ones((1, 12), np.float32)
    assert np.array_equal(latent_emotion(vector), vector)


@pytest.mark.parametrize("suffix", ["safetensors", "json"])
def test_a_damaged_shard_is_named(tmp_path, suffix):
    shard(tmp_path, 0)
    path = next(tmp_path.glob(f"*.{suffix}"))
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(CorpusError, match="delete the shard"):
        read_table(tmp_path)
