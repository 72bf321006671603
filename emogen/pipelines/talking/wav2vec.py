"""Sound for talking heads of Wan size: samples in, the hidden states of a wav2vec2 a frame out.

As in MultiTalk (Kong et al. 2025, arXiv 2505.22647): the convolutional features, 50 a second, are
brought to 25 on straight lines before the transformer, and the output of every layer is a layer of
the audio features (wav2vec 2.0: Baevski et al. 2020, arXiv 2006.11477).

A sound of any length is heard in windows at fixed places, each with some of what surrounds it, so
memory is that of one window and the features do not depend on how the samples arrive.

Shapes: T frames (25 a second), Y layers and V width of the wav2vec2: 12 and 768 of base size.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from safetensors import SafetensorError
from torch import Tensor
from transformers import Wav2Vec2Model

from emogen.errors import InputError, ModelError
from emogen.pipelines.talking.rolling import Rolling

SAMPLES_A_FRAME = 640
"""16 kHz over 25 frames a second."""
WINDOW = 250
"""Frames of a window: ten seconds."""
AROUND = 50
"""Frames that are heard to either side of one."""


class Wav2Vec:
    """Hears with a wav2vec2.

    Args:
        model: the network.
    """

    def __init__(self, model: Wav2Vec2Model) -> None:
        self.model = model.eval().requires_grad_(requires_grad=False)

    @property
    def shape(self) -> tuple[int, int]:
        """Layers Y and width V of the features."""
        return self.model.config.num_hidden_layers, self.model.config.hidden_size

    def features(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Yield features float32 [n, Y, V] while the sound arrives.

        Args:
            blocks: float32 [samples], mono, 16 kHz, of any lengths.

        Raises:
            InputError: there is no sound.
        """
        sound = Rolling(_whole_frames(blocks), name="sound")
        if not sound.reaches(1):
            raise InputError("expected sound to listen to, got no samples; the file may be empty")
        first = 0
        while sound.reaches(first + 1):
            sound.reaches(first + WINDOW + AROUND)
            last = min(first + WINDOW, sound.count)
            begin, end = max(0, first - AROUND), min(last + AROUND, sound.count)
            heard = self._hear(sound.window(begin, end).reshape(-1))
            yield heard[first - begin : last - begin]
            first = last

    @torch.inference_mode()
    def _hear(self, samples: np.ndarray) -> np.ndarray:
        """Return features [T, Y, V] of samples [640 T], scaled to zero mean and unit variance."""
        device = self.model.device
        values = torch.from_numpy(samples).to(device, self.model.dtype)[None]
        values = (values - values.mean()) / (values.var(correction=0) + 1e-7).sqrt()
        values = F.pad(values, (40, 40))  # the first and last windows reach beyond the sound
        frames = self.model.feature_extractor(values)  # (1, D, about 2 T)
        count = len(samples) // SAMPLES_A_FRAME
        frames = F.interpolate(frames, size=count, mode="linear", align_corners=count > 1)
        hidden, _ = self.model.feature_projection(frames.transpose(1, 2))
        return self._layers(hidden).float().cpu().numpy()

    def _layers(self, hidden: Tensor) -> Tensor:
        """Return what each layer gives, [T, Y, V]."""
        given: list[Tensor] = []

        def keep(_: object, __: object, output: Tensor | tuple) -> None:
            given.append(output[0] if isinstance(output, tuple) else output)

        hooks = [layer.register_forward_hook(keep) for layer in self.model.encoder.layers]
        try:
            self.model.encoder(hidden)
        finally:
            for hook in hooks:
                hook.remove()
        return torch.stack(given, dim=2)[0]


def load_wav2vec(name: str | Path, *, device: str = "cpu") -> Wav2Vec:
    """Load a wav2vec2 from a folder, or by its hub name.

    Raises:
        ModelError: there is none, or it is another kind of model.
    """
    local = Path(name).is_dir()
    try:
        model, report = Wav2Vec2Model.from_pretrained(
            name, local_files_only=local, output_loading_info=True, dtype=torch.float32
        )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise ModelError(
            f"cannot load a wav2vec2 from {name}: {(str(error) or repr(error)).splitlines()[0]};"
            " name a folder or a hub name such as facebook/wav2vec2-base"
        ) from error
    lost = [key for key in report["missing_keys"] if "masked_spec_embed" not in key]
    if lost:
        raise ModelError(
            f"expected the weights of a wav2vec2 in {name}, {lost[0]} is missing; name another"
        )
    return Wav2Vec(model.to(device))


def _whole_frames(blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Cut sound into frames [n, 640]; the last one is filled up with silence."""
    rest = np.zeros(0, np.float32)
    for block in blocks:
        rest = np.concatenate([rest, np.asarray(block, np.float32)])
        whole = len(rest) // SAMPLES_A_FRAME * SAMPLES_A_FRAME
        yield rest[:whole].reshape(-1, SAMPLES_A_FRAME)
        rest = rest[whole:]
    if len(rest):
        yield np.pad(rest, (0, SAMPLES_A_FRAME - len(rest)))[None]
