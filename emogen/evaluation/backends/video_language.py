"""A video language model as a judge that explains itself: frames in, judgements and a reading out.

The model is led from what is plain to what is inferred: attributes of the scene, facial action
units, the expression, and only then the emotion, each claim with a frame quoted for it. Its answer
is read strictly (`emogen.evaluation.backends.answers`); one that cannot be read is asked for once
more, with the reason, and then counts as no judgement. What it says of its own confidence is too
high as a rule (EmoCaliber, Wu et al. 2025, arXiv 2512.15528): calibrate before it is trusted.

Frames go in as numbered pictures, which every model takes that `AutoModelForImageTextToText` opens
(Qwen2.5-VL, LLaVA-OneVision, SmolVLM, Idefics3, ...).

Shapes: T frames, P pieces of a clip, N windows, U action units.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn
from transformers import AutoModelForImageTextToText, AutoProcessor

from emogen.emotion import CATEGORIES
from emogen.errors import InputError, ModelError
from emogen.evaluation.backends.answers import ACTION_UNITS, Judgement, read_answer
from emogen.evaluation.backends.json_answer import AnswerError
from emogen.evaluation.backends.loading import Source, find_source, open_model, open_part
from emogen.evaluation.backends.options import Options, Target
from emogen.evaluation.backends.windows import (
    Judged,
    assemble,
    checked_frames,
    is_blank,
    pooled_seconds,
)
from emogen.evaluation.recogniser.reading import ModalityReading

PIECE_SECONDS = 4.0
"""Seconds of a clip that one question is about; pieces lie on one grid for all chunks of a file."""
FRAMES_A_PIECE = 8
LONGEST_SIDE = 448
"""Pixels; larger frames are scaled down, which bounds tokens and memory."""
ANSWER_TOKENS = 512
TRIES = 2

_QUESTIONS = {
    "expressed": "Judge which emotion is EXPRESSED by whoever or whatever is shown: what it would"
    " be taken to feel. Do not judge what a viewer may feel.",
    "evoked": "Judge which emotion the clip EVOKES: what most viewers would feel. Do not judge what"
    " somebody in it seems to feel.",
}
_STEPS = f"""Work in this order and do not skip ahead:
1. attributes: what is plainly to be seen: subject, action, place, light, colours.
2. action_units: facial action units with their strength from 0 to 1, of \
{", ".join(ACTION_UNITS)}. Where no face is seen, leave it empty \
and go by posture, movement, light and colour.
3. expression: the expression in a few words, following from 1 and 2.
4. emotion: weights that add up to 1, of {", ".join(CATEGORIES)}. Share the weight where the \
emotion is mixed.
5. valence, arousal, dominance from -1 to 1; 0 is neutral.
6. evidence: one to four things seen, each with the number of its frame.
7. confidence from 0 to 1: how likely most people would name the same strongest emotion.
If it cannot be judged, answer {{"refusal": "why"}}.
Answer with one JSON object and nothing else:
{{"attributes": ["..."], "action_units": {{"AU12": 0.7}}, "expression": "...", \
"emotion": {{"awe": 0.8, "fear": 0.2}}, "valence": 0.3, "arousal": 0.5, "dominance": -0.4, \
"evidence": [{{"frame": 1, "seen": "..."}}], "confidence": 0.6}}"""


def question(num_frames: int, *, target: Target = "expressed") -> str:
    """Return what the model is asked after it was shown the frames.

    >>> question(8).splitlines()[0]
    'These are 8 frames of one clip, in order.'
    """
    return f"These are {num_frames} frames of one clip, in order.\n{_QUESTIONS[target]}\n{_STEPS}"


class VideoLanguageBackend:
    """A video language model as an encoder of vision.

    Args:
        source: where it came from.
        network: a model that generates text from pictures and text.
        processor: transformers' processor, with a chat template.
        options: device, temperature (of its stated confidence), target.
    """

    modality = "vision"

    def __init__(
        self, source: Source, network: nn.Module, *, processor: Any, options: Options  # noqa: ANN401
    ) -> None:
        """Hold the parts; use `load`."""
        self.source, self.options = source, options
        self.tier, self.model, self.target = source.tier, source.model, options.target
        self._network, self._processor = network, processor

    @classmethod
    def load(cls, folder: str | Path, *, options: Options | None = None) -> "VideoLanguageBackend":
        """Open a folder or hub name.

        Raises:
            ModelError: it is no such model, or has no chat template.
            ResourceError: its processor needs a package that is missing.
        """
        options = options or Options()
        source = find_source(folder, options=options)
        processor = open_part(AutoProcessor, source)
        if getattr(processor, "chat_template", None) is None:
            raise ModelError(
                f"expected a chat template with {source.name}, got none; take an instruct model"
            )
        # "auto" keeps what was saved: billions of parameters do not fit in float32
        dtype = "auto" if options.dtype == "auto" else None
        network = open_model(AutoModelForImageTextToText, source, options=options, dtype=dtype)
        return cls(source, network, processor=processor, options=options)

    def __call__(
        self, frames: np.ndarray, *, seconds: np.ndarray | None = None
    ) -> ModalityReading:
        """Read frames uint8 [T, H, W, 3]; every half second carries the judgement of its piece."""
        times = checked_frames(frames, seconds)
        return self.reading(self.judge(frames, seconds=times), seconds=pooled_seconds(times))

    def judge(self, frames: np.ndarray, *, seconds: np.ndarray | None = None) -> list[Judgement]:
        """Return a judgement, with its evidence, of each piece of four seconds."""
        times = checked_frames(frames, seconds)
        pieces = np.floor(times / PIECE_SECONDS + 1e-6).astype(int)
        return [self._judge_piece(frames, times, np.flatnonzero(pieces == piece))
                for piece in np.unique(pieces)]

    def reading(self, judgements: Sequence[Judgement], *, seconds: np.ndarray) -> ModalityReading:
        """Return judgements as a reading at window centres [N].

        Raises:
            InputError: there is no judgement, or a window lies before the first of them.
        """
        starts = np.array([judgement.start for judgement in judgements])
        if not len(starts) or (len(seconds) and seconds[0] < starts[0]):
            raise InputError("expected a judgement for each window, got none for the first one")
        rows = [judgements[row] for row in np.searchsorted(starts, seconds, side="right") - 1]
        emotion = np.array([row.emotion for row in rows]).reshape(-1, len(CATEGORIES))
        vad = np.array([row.vad for row in rows]).reshape(-1, 3)
        units = np.array([[row.action_units.get(unit, 0.0) for unit in ACTION_UNITS]
                          for row in rows]).reshape(-1, len(ACTION_UNITS))
        stated = np.array([row.confidence for row in rows])
        judged = Judged(
            emotion=emotion, vad=vad, features=np.concatenate([emotion, vad, units], axis=1),
            native={"action_units": units}, confidence=_tempered(stated, self.options.temperature),
        )
        return assemble(self.source, "vision", seconds=seconds, judged=judged,
                        presence=np.array([row.is_judged for row in rows], dtype=bool))

    def _judge_piece(self, frames: np.ndarray, times: np.ndarray, rows: np.ndarray) -> Judgement:
        start = np.floor(times[rows[0]] / PIECE_SECONDS + 1e-6) * PIECE_SECONDS
        rows = rows[_evenly(len(rows), FRAMES_A_PIECE)]
        about = {"start": float(start), "end": float(start + PIECE_SECONDS),
                 "frame_seconds": tuple(times[rows].tolist())}
        if is_blank(frames[rows]).all():
            return Judgement(**about, problem="the frames are blank")
        pictures = [_picture(frame) for frame in frames[rows]]
        messages = [{"role": "user", "content": _content(pictures, times[rows], self.target)}]
        for _ in range(TRIES):
            answer = self._generate(messages)
            try:
                return replace(read_answer(answer, num_frames=len(rows)), **about)
            except AnswerError as error:
                problem = str(error)
            messages = [*messages, _turn("assistant", answer), _turn("user", _again(problem))]
        return Judgement(**about, problem=problem, answer=answer)

    @torch.inference_mode()
    def _generate(self, messages: list[dict[str, Any]]) -> str:
        """Return the model's answer, its likeliest words, the same every time."""
        inputs = self._processor.apply_chat_template(
            messages, add_generation_prompt=True, tokenize=True, return_dict=True,
            return_tensors="pt",
        )
        inputs = inputs.to(self.options.where(), self._network.dtype)
        tokens = self._network.generate(
            **inputs, do_sample=False, temperature=None, top_p=None, top_k=None,
            max_new_tokens=ANSWER_TOKENS,
        )
        said = tokens[0, inputs["input_ids"].shape[1] :]
        return self._processor.tokenizer.decode(said, skip_special_tokens=True).strip()


def _content(
    pictures: list[Image.Image], times: np.ndarray, target: Target
) -> list[dict[str, Any]]:
    content = []
    for number, (picture, second) in enumerate(zip(pictures, times, strict=True), start=1):
        content += [{"type": "text", "text": f"Frame {number}, {second:.1f} s:"},
                    {"type": "image", "image": picture}]
    return [*content, {"type": "text", "text": question(len(pictures), target=target)}]


def _turn(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "content": [{"type": "text", "text": text}]}


def _again(problem: str) -> str:
    return f"That answer could not be read: {problem}. Answer again, with the JSON object only."


def _evenly(count: int, most: int) -> np.ndarray:
    """Return places spread evenly over a count, both ends among them, at most ``most``."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int))


def _picture(frame: np.ndarray) -> Image.Image:
    picture = Image.fromarray(frame)
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return picture


def _tempered(confidence: np.ndarray, temperature: float) -> np.ndarray:
    """Return probabilities whose log-odds are divided by a temperature."""
    if temperature == 1:
        return confidence
    kept = np.clip(confidence, 1e-6, 1 - 1e-6)
    return 1 / (1 + ((1 - kept) / kept) ** (1 / temperature))
