"""What a talking head's folder holds beside its conditioning, put where it belongs."""

from pathlib import Path

import torch

from emogen.conditioning.head_weights import SavedHead
from emogen.conditioning.talking_head import TalkingHead
from emogen.errors import ModelError
from emogen.motion.ear import Ear, EarShape
from emogen.pipelines.loading import Components
from emogen.pipelines.talking.wav2vec import Wav2Vec, load_wav2vec


def borrow_emotion(head: TalkingHead, parts: Components) -> None:
    """Give a head without an emotion adapter of its own the base model's."""
    if parts.adapter is None or parts.adapter.config != head.emotion.config:
        raise ModelError(
            f"expected {parts.name} to have the emotion adapter that this talking head was trained"
            " beside; use the model that it belongs to"
        )
    head.emotion.load_state_dict(parts.adapter.state_dict())


def change_decoder(parts: Components, saved: SavedHead) -> None:
    """Put the decoder weights in place that were trained with the head, if any were."""
    changed = saved.parts.get("decoder")
    if not changed:
        return
    try:
        lost = parts.vae.load_state_dict(dict(changed), strict=False).unexpected_keys
    except RuntimeError as error:
        raise ModelError(f"the head's decoder does not fit {parts.name}: {error}") from error
    if lost:
        raise ModelError(f"the head's decoder does not fit {parts.name}: it has no {lost[0]}")


def ear_of(
    saved: SavedHead, *, wav2vec: str | Path | None, device: torch.device
) -> Ear | Wav2Vec | None:
    """Return what a head hears with: the ear that was saved with it, or a wav2vec2.

    Args:
        saved: What the head's folder holds.
        wav2vec: Folder or hub name; default: the one that the folder notes.
        device: Where a wav2vec2 is to lie.

    Returns:
        None where there is neither.
    """
    weights = saved.parts.get("ear")
    if not weights:
        return _wav2vec_of(saved, wav2vec or saved.settings.get("wav2vec"), device)
    try:
        shape = dict(saved.settings["ear"])
        ear = Ear(EarShape(**shape | {"dilations": tuple(shape["dilations"])}))
        ear.load_state_dict(dict(weights))
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ModelError(f"cannot read the talking head's ear: {error}") from error
    return ear.eval().requires_grad_(requires_grad=False)


def _wav2vec_of(
    saved: SavedHead, name: str | Path | None, device: torch.device
) -> Wav2Vec | None:
    if not name:
        return None
    found = load_wav2vec(name, device=str(device))
    expected = (saved.head.config.audio_layers, saved.head.config.audio_width)
    if found.shape != expected:
        raise ModelError(
            f"expected a wav2vec2 of {expected[0]} layers of {expected[1]}, got {name} with"
            f" {found.shape[0]} of {found.shape[1]}; name the one that the head was trained with"
        )
    return found
