"""Films to sessions: tiny films with sound, a small random wav2vec2 and Wan, into training."""

import sys

import numpy as np
import pytest
import torch
from transformers import Wav2Vec2Config, Wav2Vec2Model

from emogen.data.talking_head.sessions import read_sessions
from emogen.emotion import EmotionPoint
from emogen.media import Audio, Clip, write_video
from emogen.motion.rig import Landmarks
from emogen.motion.sketch_marked import sketch_landmarks
from tests.motion.rig.faces import painted
from tests.wan_folders import LATENT, save_wan
from training import cache_filmed_heads, train_talking_head
from training.cache_filmed_heads import marked_boxes

EAR = {
    "hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 16,
    "conv_dim": (8, 8), "conv_stride": (16, 20), "conv_kernel": (20, 20),
    "num_feat_extract_layers": 2, "num_conv_pos_embeddings": 8, "num_conv_pos_embedding_groups": 2,
}  # fmt: skip
NAMES = ("1001_DFA_ANG_HI", "1001_DFA_SAD_XX", "1002_IEO_HAP_LO")


def film(seed, seconds=1.2):
    rng = np.random.default_rng(seed)
    frames = np.repeat(rng.integers(0, 255, (round(25 * seconds), 8, 12, 3)), 8, 1).repeat(8, 2)
    sound = rng.normal(0, 0.1, (1, round(16_000 * seconds))).astype(np.float32)
    audio = Audio(samples=sound, sample_rate=16_000)
    return Clip(frames=frames.astype(np.uint8), fps=25, audio=audio)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("filmed")
    (folder / "crema" / "VideoFlash").mkdir(parents=True)
    for seed, name in enumerate(NAMES):
        write_video(film(seed), folder / "crema" / "VideoFlash" / f"{name}.mp4")
    (folder / "crema" / "VideoFlash" / "1002_IEO_FEA_LO.mp4").write_bytes(b"no film")
    torch.manual_seed(0)
    Wav2Vec2Model(Wav2Vec2Config(**EAR)).save_pretrained(folder / "wav2vec2")
    save_wan(folder / "wan", "2.1-t2v")
    return folder


@pytest.fixture(scope="module")
def cached(place):
    flags = ["--corpus", "crema-d", "--folder", place / "crema", "--base", place / "wan",
             "--wav2vec", place / "wav2vec2", "--out", place / "out", "--size", "32",
             "--frames", "13"]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["cache_filmed_heads.py", *map(str, flags)])
        cache_filmed_heads.main()
        cache_filmed_heads.main()
    return place / "out"


def test_films_become_sessions_and_broken_ones_are_left_out(cached):
    table = read_sessions(cached)
    assert table.people == ["1001", "1001", "1001", "1001", "1002", "1002"]
    assert table.groups.shape == (6, LATENT, 3, 4, 4)
    assert (table.starts, table.clip_frames) == (1, 4)
    assert table.sound.shape == (6, 13 + 4, 3, 16)
    anger = EmotionPoint.from_category("angry", 1.0).vector()
    assert np.allclose(table.emotion[0].numpy(), anger, atol=1e-6)
    assert not table.sketch_groups.any()
    assert not torch.equal(table.references[4], table.references[5])


def test_a_head_of_wan_sizes_learns_from_them(place, cached, monkeypatch):
    settings = [f"data={cached}", f"run={place / 'run'}", f"base={place / 'wan'}", "sizes=wan",
                "batch=2", "frames=4", "prefix_frames=1", "compile=false", "lora_rank=2",
                "drop_sketch=1.0", "drop_motion=1.0", "loop.max_steps=2"]  # fmt: skip
    monkeypatch.setattr(sys, "argv", ["train_talking_head.py", "--set", *settings])
    train_talking_head.main()
    assert (place / "run" / "model" / "talking_head.safetensors").is_file()


def test_marked_faces_are_sketched_where_they_are():
    _, landmarks = painted()
    small = landmarks.moved(offset=np.zeros(2), scale=0.25)
    picture = sketch_landmarks(small, (128, 128))
    lips, face = marked_boxes([small], (1, 128, 128, 3))[0]
    drawn = np.argwhere(picture.max(axis=-1) > 40)
    assert np.abs(drawn.min(axis=0) - (face[1], face[0])).max() <= 4
    assert np.abs(drawn.max(axis=0) - (face[3], face[2])).max() <= 4
    x, y = (lips[0] + lips[2]) // 2, (lips[1] + lips[3]) // 2
    assert picture[y - 3 : y + 4, x].max() > 200


def test_an_open_mouth_shows_its_inside():
    _, shut = painted()
    points = dict(shut.points)
    for name in ("lip_lower", "lip_bottom", "chin"):
        points[name] = (points[name][0], points[name][1] + 20)
    pictures = [sketch_landmarks(face, (512, 512)) for face in (shut, Landmarks(points=points))]
    inside = [((p[..., 2] > 100) & (p[..., 0] < 120) & (p[..., 1] < 40)).sum() for p in pictures]
    assert inside[1] > 10 * max(inside[0], 1)
