"""Big models that look at pictures: frames in, a reading per half second out.

Three ways, by what the folder holds:
    a picture-and-text model (CLIP, SigLIP): zero-shot, each category told in a few sentences;
    a tower and `emotion_head.safetensors`: a frozen vision tower and a small head, the idea of
        PerceptCLIP (Zalcher et al. 2025, arXiv 2503.13260; they also tune the tower with LoRA);
    an image classifier (ViT on FER2013 and the like): its own labels, brought home by name.

What a picture makes one feel (evoked) is not what somebody in it shows (expressed). Zero-shot can
be asked for either; a head and a classifier know only what they were trained on.

Shapes: T frames, N windows, K labels, D width of the embedding.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from PIL import Image
from torch import Tensor, nn
from transformers import (
    AutoImageProcessor,
    AutoModel,
    AutoModelForImageClassification,
    AutoTokenizer,
)

from emogen.emotion import CATEGORIES
from emogen.errors import ModelError
from emogen.evaluation.backends.labels import LabelMap
from emogen.evaluation.backends.loading import (
    Source,
    clear_errors,
    find_source,
    open_model,
    open_part,
    tier_of_licence,
    weights_hash,
)
from emogen.evaluation.backends.options import Options, Target
from emogen.evaluation.backends.picture_head import HEAD_CONFIG, read_head
from emogen.evaluation.backends.picture_prompts import prompts
from emogen.evaluation.backends.windows import (
    Judged,
    assemble,
    checked_frames,
    is_blank,
    pool,
    pooled_seconds,
)
from emogen.evaluation.recogniser.reading import ModalityReading, strictest


@dataclass(frozen=True, kw_only=True)
class _Pictures:
    """What turns a batch of pictures into embeddings [T, D] and logits [T, K]."""

    network: nn.Module
    meaning: LabelMap
    native: str
    target: Target
    head: nn.Module | None = None
    sentences: Tensor | None = None

    def __call__(self, pixels: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        if self.head is None and self.sentences is None:
            answer = self.network(**pixels, output_hidden_states=True)
            return _one_vector(answer.hidden_states[-1]), answer.logits
        embedding = _embedding(self.network, pixels)
        if self.head is not None:
            return embedding, self.head(embedding)
        scale = self.network.logit_scale.exp().float()
        return embedding, scale * embedding @ self.sentences.T


class ImageBackend:
    """A picture model as an encoder of vision.

    Args:
        source: where it came from.
        reader: embeddings and logits of pictures.
        processor: transformers' image processor.
        options: batch size, device, temperature.
    """

    modality = "vision"

    def __init__(
        self, source: Source, reader: _Pictures, *, processor: object, options: Options
    ) -> None:
        """Hold the parts; use `load`."""
        self.source, self.options = source, options
        self.tier, self.model, self.target = source.tier, source.model, reader.target
        self._reader, self._processor = reader, processor

    @classmethod
    def load(cls, folder: str | Path, *, options: Options | None = None) -> "ImageBackend":
        """Open a folder or hub name.

        Args:
            folder: CLIP or SigLIP, an image classifier, or a folder with an emotion head.
            options: device, precision, batch size; zero-shot also asks for their target.

        Raises:
            ModelError: it is none of these, or its labels are unknown.
        """
        options = options or Options()
        if (Path(folder).expanduser() / HEAD_CONFIG).is_file():
            source, reader = _with_head(Path(folder).expanduser(), options)
        else:
            source = find_source(folder, options=options)
            classifies = any("Classification" in name for name in source.config.architectures or ())
            open_reader = _classifier if classifies else _zero_shot
            reader = open_reader(source, options)
        return cls(source, reader, processor=open_part(AutoImageProcessor, source), options=options)

    @torch.inference_mode()
    def __call__(
        self, frames: np.ndarray, *, seconds: np.ndarray | None = None
    ) -> ModalityReading:
        """Read frames uint8 [T, H, W, 3] at their times in seconds [T], four a second by default.

        The frames of a half second are averaged; blank ones do not count.
        """
        times = checked_frames(frames, seconds)
        seen = ~is_blank(frames)
        parts = list(self._parts(frames))
        features = np.concatenate([part[0] for part in parts])
        meaning = self._reader.meaning
        probabilities = meaning.probabilities(
            np.concatenate([part[1] for part in parts]), temperature=self.options.temperature
        )
        share = pool(seen.astype(float), times)  # (N,)
        weight = np.maximum(share, 1e-9)[:, None]

        def mean(values: np.ndarray) -> np.ndarray:
            return pool(values * seen[:, None], times) / weight

        emotion, vad = meaning.emotion(probabilities)
        even = np.where(share[:, None] > 0, mean(emotion), 1 / len(CATEGORIES))
        judged = Judged(emotion=even, vad=mean(vad), features=mean(features),
                        native={self._reader.native: mean(probabilities)})
        return assemble(self.source, "vision", seconds=pooled_seconds(times), presence=share > 0,
                        judged=judged)

    def _parts(self, frames: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        where, dtype = self.options.where(), next(self._reader.network.parameters()).dtype
        for start in range(0, len(frames), self.options.batch_size):
            pictures = [Image.fromarray(frame)
                        for frame in frames[start : start + self.options.batch_size]]
            pixels = self._processor(images=pictures, return_tensors="pt")["pixel_values"]
            features, logits = self._reader({"pixel_values": pixels.to(where, dtype)})
            yield features.float().cpu().numpy(), logits.float().cpu().numpy()


def _zero_shot(source: Source, options: Options) -> _Pictures:
    target = options.target
    network = open_model(AutoModel, source, options=options)
    if not hasattr(network, "get_text_features"):
        raise ModelError(
            f"expected CLIP, SigLIP, an image classifier or a folder with {HEAD_CONFIG}, got a"
            f" {source.config.model_type} model without a head: {source.name}; see docs/backends.md"
        )
    tokenizer = open_part(AutoTokenizer, source)
    length = source.config.text_config.max_position_embeddings
    rows = []
    with torch.inference_mode():
        for lines in prompts(target).values():
            tokens = tokenizer(lines, padding="max_length", truncation=True, max_length=length,
                               return_tensors="pt").to(options.where())
            rows.append(F.normalize(_vector(network.get_text_features(**tokens)), dim=-1).mean(0))
    texts = F.normalize(torch.stack(rows), dim=-1)  # (9, D)
    meaning = LabelMap.of(CATEGORIES, kind="single")
    return _Pictures(network=network, meaning=meaning, native=f"zero_shot_{target}", target=target,
                     sentences=texts)


def _classifier(source: Source, options: Options) -> _Pictures:
    meaning = LabelMap.of(
        [source.config.id2label[row] for row in range(source.config.num_labels)],
        kind="single", renamed=options.labels, model=source.name,
    )
    network = open_model(AutoModelForImageClassification, source, options=options)
    return _Pictures(network=network, meaning=meaning, native="labels", target="expressed")


def _with_head(folder: Path, options: Options) -> tuple[Source, _Pictures]:
    with clear_errors(folder.name):
        head, said = read_head(folder)
    meaning = LabelMap.of(said["labels"], kind="single", renamed=options.labels, model=folder.name)
    tower = find_source(said["tower"] or folder, options=options)
    network = open_model(AutoModel, tower, options=options)
    reader = _Pictures(network=network, meaning=meaning, native="labels", target=said["target"],
                       head=head.to(options.where()))
    return _named_after(folder, tower, licence=said["licence"], options=options), reader


def _named_after(folder: Path, tower: Source, *, licence: str, options: Options) -> Source:
    digest = weights_hash(folder)
    both = digest if digest == tower.fingerprint else f"{digest[:4]}{tower.fingerprint[:4]}"
    tier = options.tier or strictest([tower.tier, tier_of_licence(licence)])
    return replace(tower, name=folder.resolve().name, tier=tier, fingerprint=both)


def _embedding(network: nn.Module, pixels: dict[str, Tensor]) -> Tensor:
    """Return unit-length embeddings [T, D], from the projection where the model has one."""
    look = getattr(network, "get_image_features", network)
    return F.normalize(_vector(look(**pixels)), dim=-1)


def _vector(answer: object) -> Tensor:
    """Return one float32 vector a picture or sentence, [B, D]."""
    if isinstance(answer, Tensor):
        return answer.float()
    pooled = getattr(answer, "pooler_output", None)
    return (_one_vector(answer.last_hidden_state) if pooled is None else pooled).float()


def _one_vector(states: Tensor) -> Tensor:
    """Return the mean over places: tokens [B, N, D] or a map [B, D, H, W]."""
    return states.flatten(2).mean(-1) if states.ndim == 4 else states.mean(1)
