"""Sounds on disk and small real encoders for tests that talk: a folder in, files in it out."""

import json
import shutil
from dataclasses import asdict
from fractions import Fraction

import av
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from emogen.assets import model_dir
from emogen.encoders import voice
from emogen.encoders.voice_network import VoiceNetwork
from emogen.packing import packed
from tests.motion.voices import RATE


def listening_assets(root):
    """Fill a folder of assets with a voice encoder of the right shape, which knows nothing."""
    if not (model_dir("a2m") / "a2m.safetensors").is_file():
        pytest.skip("the audio-to-motion model is not trained yet; see training/train_a2m.py")
    folder = root / "models" / "encoders" / "voice"
    folder.mkdir(parents=True)
    shutil.copytree(model_dir("encoders") / "portrait", folder.parent / "portrait")
    torch.manual_seed(0)
    network = VoiceNetwork()
    save_file(packed(network.state_dict()), folder / voice.WEIGHTS)
    config = {"format": voice.FORMAT, "shape": asdict(network.shape), "temperature": 0.3,
              "speech_from": 0.0}  # fmt: skip
    (folder / voice.CONFIG).write_text(json.dumps(config))
    return root


def write_sound(path, samples, *, rate=RATE, layout="mono", codec=None):
    """Write samples [C, S] in whatever the name asks for."""
    samples = np.atleast_2d(samples).astype(np.float32)
    codec = codec or {"wav": "pcm_s16le", "flac": "flac", "m4a": "aac"}[path.suffix[1:]]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        wanted = stream.codec_context.format.name
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        resampler = av.AudioResampler(format=wanted, layout=layout, rate=rate,
                                      frame_size=stream.codec_context.frame_size or 1024)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
