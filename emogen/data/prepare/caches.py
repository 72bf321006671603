"""Caches for training: examples and texts in, sharded safetensors out, and back.

    latents/SPLIT/WxHxT/00000.safetensors   latents bf16 [N, C, L, h, w], emotion fp32 [N, L, 12]
                                            and, if asked for, condition bf16 [N, C, L, h, w]
                        00000.json          a row for each clip: id, caption, wordings, ...
                        00000.done.json     what the shard was made from, and what failed
    text/00000.safetensors                  states bf16 [tokens, D], lengths int64 [N]
         00000.json                         the N texts

A folder of one bucket is read by `emogen.data.latents.read_table`. A shard holds a fixed range of
examples and is whole or absent, so caches can be made by any number of processes, killed, extended.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from emogen.data.corpora.entry import read_emotion
from emogen.data.corpora.place import Place
from emogen.data.latents import latent_emotion
from emogen.data.prepare import encoders
from emogen.data.prepare.choose import Planned
from emogen.data.prepare.frames import read_frames
from emogen.errors import CorpusError, MediaError

CLIPS, TEXTS = 32, 256
"""Clips and texts a shard."""
LATENTS, TEXT = "latents", "text"
_SHARD_FILE = re.compile(  # nothing else that somebody keeps there is ever touched
    r"(latents/(?:train|val|test)/\d+x\d+x\d+/\d{5}|text/\d{5})\.(?:safetensors|json|done\.json)"
)


@dataclass(frozen=True, kw_only=True)
class CacheTask:
    """A shard to encode: clips or texts.

    Attributes:
        source: root of the corpus.
        output: root of the prepared folder.
        name: of the shard, without ending.
        clips: what it holds, for latents.
        texts: what it holds, for texts.
        model: folder of the model.
        device: that encodes.
        condition: whether the first frame is encoded alone as well, for image-to-video.
        key: names all of this that matters to the bytes.
    """

    source: str
    output: str
    name: str
    clips: tuple[Planned, ...] = ()
    texts: tuple[str, ...] = ()
    model: Path
    device: str
    condition: bool = False
    key: str


def plan_caches(
    source: Place, output: Place, examples: Sequence[Planned], *, model: Path, device: str,
    condition: bool = False,
) -> list[CacheTask]:
    """Return all shards of the caches of some examples, texts first, done or not."""
    shared = {"source": source.root, "output": output.root, "model": model, "device": device}
    texts = list(dict.fromkeys(["", *(text for one in examples for text in one.words.texts)]))
    marks = {part: encoders.fingerprint_of(model / part)
             for part in ("vae", "text_encoder", "tokenizer")}
    tasks = []
    for shard, start in enumerate(range(0, len(texts), TEXTS)):
        part = tuple(texts[start: start + TEXTS])
        key = _key([marks["text_encoder"], marks["tokenizer"], *part])
        tasks.append(CacheTask(name=f"{TEXT}/{shard:05d}", texts=part, key=key, **shared))
    folders: dict[str, list[Planned]] = {}
    for one in examples:
        folders.setdefault(f"{LATENTS}/{one.split}/{one.bucket}", []).append(one)
    for folder, clips in sorted(folders.items()):
        for shard, start in enumerate(range(0, len(clips), CLIPS)):
            part = tuple(clips[start: start + CLIPS])
            key = _key([marks["vae"], str(condition), *(one.to_line() for one in part)])
            tasks.append(CacheTask(name=f"{folder}/{shard:05d}", clips=part, key=key,
                                   condition=condition, **shared))
    return tasks


def is_cached(output: Place, task: CacheTask) -> bool:
    """Tell whether a shard lies there whole, made from these very examples and this model."""
    name = f"{task.name}.done.json"
    if not output.exists(name):
        return False
    try:
        return json.loads(output.read(name))["key"] == task.key
    except (ValueError, KeyError, TypeError):
        return False


def write_cache(task: CacheTask) -> list[dict[str, str]]:
    """Encode and write a shard; return what could not be encoded, ids and reasons."""
    output = Place(task.output)
    output.remove(f"{task.name}.done.json")
    failed = _write_clips(output, task) if task.clips else _write_texts(output, task)
    output.write(f"{task.name}.done.json", _json({"key": task.key, "failed": failed}))
    return failed


def remove_stale(output: Place, tasks: Iterable[CacheTask]) -> int:
    """Remove shards of earlier runs that no task of this one stands for; return how many files."""
    wanted = {task.name for task in tasks}
    matches = [match for name in output.sizes() if (match := _SHARD_FILE.fullmatch(name))]
    stale = [match[0] for match in matches if match[1] not in wanted]
    for name in stale:
        output.remove(name)
    return len(stale)


def emotion_of(clip: Planned) -> Tensor:
    """Return the emotion of each latent frame of an example, fp32 [L, 12]; unknown is neutral."""
    last = clip.first_frame + clip.bucket.frames
    if not clip.emotion:
        return torch.zeros((clip.bucket.frames - 1) // 4 + 1, 12)
    curve = read_emotion(clip.emotion, clip.seconds or None)
    vectors = curve.sample(last, clip.fps)[clip.first_frame:]
    return torch.from_numpy(latent_emotion(vectors)).float()


@dataclass(frozen=True, kw_only=True)
class TextTable:
    """Cached texts: a text in, its states out.

    Attributes:
        states: bf16 [tokens, D] of all texts one after the other.
        places: where each text begins and ends.
    """

    states: Tensor
    places: dict[str, tuple[int, int]]

    def __len__(self) -> int:
        return len(self.places)

    def of(self, text: str) -> Tensor:
        """Return the states of a text, bf16 [M, D].

        Raises:
            CorpusError: it is not cached.
        """
        if text not in self.places:
            raise CorpusError(f"no cached text {text[:80]!r}; prepare again with its captions")
        begin, end = self.places[text]
        return self.states[begin:end]

    def padded(self, texts: Sequence[str], *, length: int = encoders.TEXT_LENGTH) -> Tensor:
        """Return the states of texts, padded with zeros as Wan wants them, [B, length, D]."""
        out = self.states.new_zeros(len(texts), length, self.states.shape[1])
        for row, text in enumerate(texts):
            states = self.of(text)[:length]
            out[row, : len(states)] = states
        return out


def read_texts(folder: str | Path | Place) -> TextTable:
    """Read the texts of a prepared folder.

    Raises:
        CorpusError: there are none, or a shard is damaged.
    """
    place = folder if isinstance(folder, Place) else Place(folder)
    names = [name for name in place.sizes()
             if name.startswith(f"{TEXT}/") and name.endswith(".safetensors")]
    if not names:
        raise CorpusError(f"no cached texts in {place.root}; make them with data prepare --model")
    states, places, at = [], {}, 0
    for name in names:
        tensors, texts = read_shard(place, name.removesuffix(".safetensors"))
        states.append(tensors["states"])
        for text, count in zip(texts, tensors["lengths"].tolist(), strict=True):
            places[text] = (at, at + count)
            at += count
    return TextTable(states=torch.cat(states), places=places)


def read_shard(place: Place, name: str) -> tuple[dict[str, Tensor], list[Any]]:
    """Return the tensors and rows of a shard.

    Raises:
        CorpusError: it is damaged.
    """
    try:
        tensors = load(place.read(f"{name}.safetensors"))
        rows = json.loads(place.read(f"{name}.json"))
        count = len(tensors.get("lengths", tensors.get("latents", ())))
        if count != len(rows):
            raise ValueError(f"{count} tensors for {len(rows)} rows")
    except (ValueError, SafetensorError) as error:
        raise CorpusError(f"cannot read the shard {place.root}/{name}: {error}; remove it and "
                          "prepare again") from error
    return tensors, rows


def _write_clips(output: Place, task: CacheTask) -> list[dict[str, str]]:
    source = Place(task.source)
    columns: dict[str, list[Tensor]] = {"latents": [], "emotion": []}
    if task.condition:
        columns["condition"] = []
    rows, failed = [], []
    for clip in task.clips:
        try:
            frames = read_frames(source, clip)
        except (MediaError, CorpusError) as error:
            failed.append({"id": clip.id, "path": clip.path, "reason": str(error)})
            continue
        columns["latents"].append(encoders.encode_frames(task.model, task.device, frames))
        columns["emotion"].append(emotion_of(clip))
        if task.condition:
            shown = encoders.encode_condition(task.model, task.device, frames)
            columns["condition"].append(shown)
        rows.append(_row(clip))
    if rows:
        tensors = {name: torch.stack(values) for name, values in columns.items()}
        output.write(f"{task.name}.json", _json(rows))
        output.write(f"{task.name}.safetensors", save(tensors))
    else:
        output.remove(f"{task.name}.safetensors")
    return failed


def _write_texts(output: Place, task: CacheTask) -> list[dict[str, str]]:
    states = [encoders.encode_text(task.model, task.device, text) for text in task.texts]
    lengths = torch.tensor([len(one) for one in states])
    output.write(f"{task.name}.json", _json(list(task.texts)))
    output.write(f"{task.name}.safetensors",
                 save({"states": torch.cat(states), "lengths": lengths}))
    return []


def _row(clip: Planned) -> dict[str, Any]:
    """Return what a training script reads of a clip."""
    words = clip.words
    return {
        "id": clip.id, "caption": words.plain, "emotion_phrase": words.phrase,
        "texts": {"plain": words.plain, "emovid": words.emovid, "told": words.told},
        "subject": clip.kind or "clip", "source": clip.kind, "identity": clip.group,
        "emotion": clip.emotion, "category": clip.category, "first_frame": clip.first_frame,
        "fps": clip.fps,
    }


def _json(value: Any) -> bytes:  # noqa: ANN401 - any JSON
    return json.dumps(value, ensure_ascii=False).encode()


def _key(parts: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:20]
