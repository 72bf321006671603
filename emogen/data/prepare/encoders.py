"""The frozen parts of a Wan model that a cache is made with: frames and texts in, tensors out.

One clip or text at a time and, on a processor, on one thread: so a cache holds the same bytes
however it was divided among processes.

Shapes: T frames (4k+1), L = (T-1)/4+1 latent frames, C channels, M tokens, D text width.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKLWan
from safetensors import SafetensorError
from torch import Tensor
from transformers import AutoTokenizer, UMT5EncoderModel
from transformers.utils.logging import disable_progress_bar

from emogen.assets import model_dir
from emogen.errors import ModelError
from emogen.threads import one_thread

TEXT_LENGTH = 512
_WHOLE = 1 << 31
_PIECE, _PIECES = 1 << 20, 64
_FAILURES = (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError)


def model_folder(name: str | Path) -> Path:
    """Return the folder of an embedded model or of a diffusers Wan model on disk.

    Raises:
        ModelError: there is none, or it has no autoencoder and text encoder.
    """
    folder = Path(name).expanduser()
    if not folder.is_dir():
        folder = model_dir(str(name))
    for part in ("vae", "text_encoder", "tokenizer"):
        if not (folder / part).is_dir():
            raise ModelError(
                f"expected a diffusers Wan folder with {part}/, got {folder}; give the folder "
                "that holds model_index.json"
            )
    return folder.resolve()


def fingerprint_of(folder: Path) -> str:
    """Return a hash of settings and weights; of files above 2 GiB, of 64 MiB spread over each."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix not in {".json", ".safetensors", ".bin", ".model"} or not path.is_file():
            continue
        size = path.stat().st_size
        digest.update(f"{path.relative_to(folder).as_posix()} {size}".encode())
        with path.open("rb") as file:
            if size <= _WHOLE:
                digest.update(hashlib.file_digest(file, "sha256").digest())
                continue
            for piece in range(_PIECES):
                file.seek(piece * (size - _PIECE) // (_PIECES - 1))
                digest.update(file.read(_PIECE))
    return digest.hexdigest()[:16]


def pick_device(device: str | None) -> str:
    """Return the device asked for, or CUDA where there is some, else the processor.

    Raises:
        ModelError: it is asked for and not there.
    """
    available = torch.cuda.is_available()
    chosen = device or ("cuda" if available else "cpu")
    if chosen != "cpu" and not (chosen.startswith("cuda") and available):
        raise ModelError(f"expected a device that is there, got {chosen!r}; use --device cpu")
    return chosen


def encode_frames(folder: Path, device: str, frames: np.ndarray) -> Tensor:
    """Return the normalised mean latents, bf16 [C, L, h, w], of frames uint8 [T, H, W, 3]."""
    video = torch.from_numpy(np.ascontiguousarray(frames)).permute(3, 0, 1, 2)[None]
    return _encoded(_load_vae(folder, device), video.float() / 127.5 - 1, device)


def encode_condition(folder: Path, device: str, frames: np.ndarray) -> Tensor:
    """Return what Wan's image-to-video models are shown: the first frame, then grey, encoded."""
    video = torch.zeros(1, 3, *frames.shape[:3])
    first = torch.from_numpy(np.ascontiguousarray(frames[0])).permute(2, 0, 1)
    video[0, :, 0] = first.float() / 127.5 - 1
    return _encoded(_load_vae(folder, device), video, device)


def encode_text(folder: Path, device: str, text: str) -> Tensor:
    """Return the states of a text's own tokens, bf16 [M, D], M at most 512, without padding."""
    tokenizer, encoder = _load_text(folder, device)
    tokens = tokenizer(text, truncation=True, max_length=TEXT_LENGTH, return_tensors="pt")
    with _steady(device):
        states = encoder(
            tokens.input_ids.to(device), attention_mask=tokens.attention_mask.to(device)
        ).last_hidden_state[0]
    return states.to("cpu", torch.bfloat16)


def _encoded(vae: AutoencoderKLWan, video: Tensor, device: str) -> Tensor:
    shape = (1, -1, 1, 1, 1)
    with _steady(device):
        latents = vae.encode(video.to(device)).latent_dist.mode()
        mean = torch.tensor(vae.config.latents_mean, device=latents.device).view(shape)
        std = torch.tensor(vae.config.latents_std, device=latents.device).view(shape)
        return ((latents - mean) / std)[0].to("cpu", torch.bfloat16)


@contextmanager
def _steady(device: str) -> Iterator[None]:
    """Compute without gradients and, on a processor, on one thread."""
    with torch.inference_mode(), one_thread() if device == "cpu" else nullcontext():
        yield


@lru_cache(maxsize=1)
def _load_vae(folder: Path, device: str) -> AutoencoderKLWan:
    try:
        vae = AutoencoderKLWan.from_pretrained(
            folder / "vae", torch_dtype=torch.float32, local_files_only=True
        )
    except _FAILURES as error:
        raise _unreadable(folder / "vae", error) from error
    return vae.to(device).eval()


@lru_cache(maxsize=1)
def _load_text(folder: Path, device: str) -> tuple[AutoTokenizer, UMT5EncoderModel]:
    dtype = torch.float32 if device == "cpu" else torch.bfloat16
    disable_progress_bar()  # stderr is for our own progress
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True)
        encoder = UMT5EncoderModel.from_pretrained(
            folder / "text_encoder", dtype=dtype, local_files_only=True
        )
    except _FAILURES as error:
        raise _unreadable(folder / "text_encoder", error) from error
    return tokenizer, encoder.to(device).eval()


def _unreadable(folder: Path, error: Exception) -> ModelError:
    reason = (str(error) or repr(error)).splitlines()[0]
    return ModelError(f"cannot load {folder}: {reason}; copy or download it again")
