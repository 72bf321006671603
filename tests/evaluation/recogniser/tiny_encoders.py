"""Small real encoders with the interface of the shipped ones, whose answers a test can foresee.

Vision reads the mean colour (red anger, blue sadness, yellow amusement, grey neutral, black
nothing), voice the pitch (high excitement, low sadness), words a handful of words.
"""

import numpy as np
import torch
from torch import nn

from emogen.emotion import CATEGORIES, VAD
from emogen.evaluation.recogniser.fusion import Fusion
from emogen.evaluation.recogniser.reading import HOP, ModalityReading
from emogen.evaluation.recogniser.recogniser import Recogniser

COLOURS = {
    "anger": (220, 30, 30), "sadness": (30, 30, 220), "amusement": (230, 220, 30),
    "neutral": (128, 128, 128),
}  # fmt: skip
PITCHES = {"excitement": 880.0, "sadness": 110.0}
WORDS = {"funny": "amusement", "hate": "anger", "cried": "sadness", "table": "neutral"}
RATE = 16_000


def reading(modality, seconds, logits, presence, *, tier, native=None):
    """Wrap logits [N, 9] as an encoder would."""
    emotion = torch.as_tensor(logits).softmax(-1).numpy()
    emotion = np.where(presence[:, None], emotion, 1 / len(CATEGORIES))
    anchors = np.array([VAD[name] for name in CATEGORIES])
    return ModalityReading(
        modality=modality, seconds=seconds, emotion=emotion, presence=presence,
        vad=np.where(presence[:, None], emotion @ anchors, 0),
        confidence=np.where(presence, emotion.max(-1), 0), features=np.asarray(logits),
        native=native or {}, tier=tier, model=f"tiny-{modality}",
    )  # fmt: skip


def rows(names):
    return [CATEGORIES.index(name) for name in names]


class TinyEncoder(nn.Module):
    @classmethod
    def load(cls, folder=None):
        return cls()


class TinyVision(TinyEncoder):
    tier = "open"

    def __init__(self):
        super().__init__()
        self.colours = nn.Parameter(torch.tensor([COLOURS[n] for n in COLOURS]) / 255.0)

    @torch.inference_mode()
    def forward(self, frames, *, seconds=None, domain=None):
        seconds = np.zeros(len(frames)) if seconds is None else seconds
        halves = np.floor(seconds / HOP + 1e-6).astype(int)
        centres = np.unique(halves)
        means = np.stack([frames[halves == half].mean((0, 1, 2)) for half in centres]) / 255
        far = torch.cdist(torch.from_numpy(means).float(), self.colours)
        logits = torch.full((len(centres), 9), -4.0)
        logits[:, rows(COLOURS)] = 3 - 8 * far
        return reading("vision", (centres + 0.5) * HOP, logits, means.max(1) > 0.05, tier=self.tier)


class TinyVoice(TinyEncoder):
    tier = "non-commercial"

    def __init__(self):
        super().__init__()
        self.pitches = nn.Parameter(torch.tensor(list(PITCHES.values())).log2())

    @torch.inference_mode()
    def forward(self, samples, *, seconds=None, domain=None):
        if seconds is None:
            seconds = (np.arange(max(1, round(len(samples) / RATE / HOP))) + 0.5) * HOP
        logits, presence = torch.full((len(seconds), 9), -4.0), np.zeros(len(seconds), bool)
        for row, centre in enumerate(seconds):
            first = max(0, round((centre - HOP / 2) * RATE))
            window = samples[first : round((centre + HOP / 2) * RATE)]
            if not len(window) or np.abs(window).max() < 0.01:
                continue
            presence[row] = True
            crossings = max(1, np.count_nonzero(np.diff(np.signbit(window))))
            pitch = np.log2(crossings / 2 / (len(window) / RATE))
            logits[row, rows(PITCHES)] = 3 - 3 * (self.pitches - float(pitch)).abs()
        return reading("voice", np.asarray(seconds), logits, presence, tier=self.tier)


class TinyWords(TinyEncoder):
    tier = "open"

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.full((len(WORDS), 9), -1.0))
        with torch.no_grad():
            for row, name in enumerate(WORDS.values()):
                self.weight[row, CATEGORIES.index(name)] = 4.0

    def refusal(self, text):
        return None if any("a" <= sign <= "z" for sign in text.lower()) else "another script"

    @torch.inference_mode()
    def forward(self, text, *, domain=None):
        lines = [(0.0, 0.0, text)] if isinstance(text, str) else list(text)
        counts = torch.tensor([[float(word in line.lower()) for word in WORDS]
                               for _, _, line in lines])  # fmt: skip
        centres = np.array([(start + end) / 2 for start, end, _ in lines])
        presence = np.array([self.refusal(line) is None for _, _, line in lines])
        native = {"vad_reader": np.tile(np.float32([0.1, 0.2, 0.3]), (len(lines), 1))}
        logits = counts @ self.weight
        return reading("words", centres, logits, presence, tier=self.tier, native=native)


def tiny_recogniser(**options):
    """Return a recogniser of the three with the untrained fusion."""
    encoders = {"words": TinyWords, "voice": TinyVoice, "vision": TinyVision}
    return Recogniser(encoders, Fusion.rule(), **options)


def tone(name, seconds, *, rate=RATE):
    """Return a sound that the voice reads as an emotion; silence for None."""
    times = np.arange(round(seconds * rate)) / rate
    pitch = 0.0 if name is None else PITCHES[name]
    return (0.3 * np.sin(2 * np.pi * pitch * times)).astype(np.float32)


def coloured(*names, seconds=2.0, fps=8, size=(32, 48)):
    """Return frames that the vision reads as one emotion after the other."""
    count = round(seconds * fps)
    parts = [np.full((count, *size, 3), COLOURS.get(name, (0, 0, 0)), np.uint8) for name in names]
    return np.concatenate(parts)
