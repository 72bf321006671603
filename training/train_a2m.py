"""Launch: python training/train_a2m.py [--speech cache/speech] [--ear-minutes 5 3 13].

Trains the audio-to-motion model from scratch on what `make_speech.py` made, in stages that can be
stopped and resumed: the ear on synthetic speech; the ear on real speech too, whose phones it has
aligned itself; once more with the better alignment; then the flow on lessons of motion. Writes
weights in half precision, settings and a model card. About 40 minutes on two cores.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from emogen.errors import EmogenError
from emogen.learning.loop import LoopConfig, Trainer, step_generator
from emogen.motion import features, schema
from emogen.motion.augment import disturbed, masked, noise_alone, relative
from emogen.motion.conditions import conditions
from emogen.motion.ear import Ear, EarShape
from emogen.motion.expression import condition
from emogen.motion.flow import CHANNELS, KNOWN, REACH, WINDOW, Flow, FlowShape, matching_loss
from emogen.motion.lessons import lesson, random_emotion
from emogen.motion.phones import PHONES, PhoneSpan
from emogen.motion.shelf import UNKNOWN, SpeechShelf
from emogen.motion.weights import Speaker, save_speaker

HELD_OUT = ("ravdess-21", "ravdess-22", "ravdess-23", "ravdess-24", "nemo-KS0")
"""Real voices that nothing learns from."""
SHARES = {"synthetic": 0.5, "ravdess": 0.13, "nemo": 0.37}
EAR_SHAPE = EarShape(width=128, dilations=(1, 2, 4, 8, 2))
EAR_BATCH, EAR_WINDOW = 32, 320
NOISE_ONLY = 2
"""Windows of a batch in which nobody speaks, so that noise is not taken for speech."""
FLOW_BATCH = 64
SESSION_FRAMES = 750
CLOCK = "minutes.json"
KNOWN_SHARE, DROPOUT, SHARPENED_SHARE = 0.85, 0.1, 0.35


def read_shelves(folder: Path) -> dict[str, SpeechShelf]:
    """Read the corpora of the training."""
    return {name: SpeechShelf(folder / f"{name}.npz", held_out=HELD_OUT) for name in SHARES}


@dataclass
class EarLesson:
    """The loss of the ear on random windows of the shelves."""

    ear: Ear
    shelves: list[SpeechShelf]
    seed: int

    def __post_init__(self) -> None:
        shares = np.array([SHARES[shelf.name] for shelf in self.shelves])
        self.shares = shares / shares.sum()

    def __call__(self, step: int) -> Tensor:
        """Return the cross-entropy of one batch."""
        rng, noise = np.random.default_rng([self.seed, step]), step_generator(self.seed, step)
        windows = []
        for shelf in rng.choice(len(self.shelves), EAR_BATCH, p=self.shares):
            chosen = self.shelves[shelf]
            utterance = int(rng.choice(chosen.training))
            windows.append(chosen.window(utterance, EAR_WINDOW, rng))
        mel = torch.from_numpy(np.stack([mel for mel, _ in windows]))
        labels = torch.from_numpy(np.stack([label for _, label in windows]))
        mel[:NOISE_ONLY] = noise_alone(NOISE_ONLY, EAR_WINDOW, noise)
        labels[:NOISE_ONLY] = PHONES.index("SIL")
        heard = masked(relative(disturbed(mel, noise), noise), noise)
        with torch.autocast("cpu", torch.bfloat16):
            logits = self.ear(heard)
        return F.cross_entropy(logits.float().flatten(0, 1), labels.flatten(),
                               ignore_index=UNKNOWN, label_smoothing=0.05)  # fmt: skip


@torch.inference_mode()
def posteriors_of(ear: Ear, mel: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Return how likely each phone is, [J, P], of mel frames [F, M] and levels [F]."""
    heard = torch.from_numpy(features.scaled(mel.astype(np.float32), level.astype(np.float32)))
    return ear(heard.float()[None])[0].softmax(-1).numpy()


def align_shelf(ear: Ear, shelf: SpeechShelf, *, worst: float = -2.5) -> None:
    """Find the times of the phones of a real corpus."""
    scores = []
    for utterance in range(len(shelf)):
        where = shelf.frames(utterance)
        heard = posteriors_of(ear, shelf.mel[where], shelf.level[where])
        scores.append(shelf.align(utterance, heard, worst=worst))
    used = np.mean([bool(spans) for spans in shelf.spans])
    print(f"{shelf.name}: score {np.mean(scores):.2f}, {used:.1%} used", flush=True)


def accuracy(ear: Ear, shelf: SpeechShelf, utterances: np.ndarray) -> float:
    """Return the share of phone frames that the ear names right, silence left out."""
    right = total = 0
    for utterance in utterances.tolist():
        where = shelf.frames(utterance)
        labels = shelf.labels[where.start // 2 : where.stop // 2]
        named = posteriors_of(ear, shelf.mel[where], shelf.level[where]).argmax(1)
        spoken = labels > 0
        right, total = right + (named == labels)[spoken].sum(), total + spoken.sum()
    return float(right / max(total, 1))


def stage(
    name: str, model: torch.nn.Module, loss: Callable[[int], Tensor], options: argparse.Namespace,
    *, minutes: float, lr: float,
) -> None:  # fmt: skip
    """Train a model for some minutes, or take what an earlier call has trained."""
    folder, spent = options.work / name, spent_minutes(options.work / name)
    left = max(1.0, 60 * (minutes - spent))
    begin = time.monotonic()

    def count_time() -> None:
        minutes_now = spent + (time.monotonic() - begin) / 60
        (folder / CLOCK).write_text(json.dumps({"minutes": minutes_now}))

    config = LoopConfig(max_steps=1_000_000, time_limit=left, lr=lr, warmup=100,
                        checkpoint_every=60, log_every=200)  # fmt: skip
    trainer = Trainer(model=model, loss=loss, config=config, folder=folder, on_save=count_time,
                      on_log=lambda record: print(name, record, flush=True))  # fmt: skip
    if spent:
        trainer.resume()
    if spent < minutes:
        trainer.run()
    trainer.average.copy_to(model.named_parameters())


def spent_minutes(folder: Path) -> float:
    """Return for how long a stage has been trained."""
    clock = folder / CLOCK
    return json.loads(clock.read_text())["minutes"] if clock.exists() else 0.0


def train_ear(shelves: dict[str, SpeechShelf], options: argparse.Namespace) -> Ear:
    """Train the ear in three stages; the later two learn from real speech, too."""
    torch.manual_seed(options.seed)
    ear = Ear(EAR_SHAPE)
    real = [shelf for name, shelf in shelves.items() if name != "synthetic"]
    plan = ([shelves["synthetic"]], list(shelves.values()), list(shelves.values()))
    for number, (heard, minutes) in enumerate(zip(plan, options.ear_minutes, strict=True)):
        if len(heard) > 1 and spent_minutes(options.work / f"ear{number}") < minutes:
            for shelf in real:  # an ear that never heard people is not sure of itself
                align_shelf(ear, shelf, worst=-4.0 if number == 1 else -2.5)
        stage(f"ear{number}", ear, EarLesson(ear, heard, options.seed + number), options,
              minutes=minutes, lr=2e-3)  # fmt: skip
    for shelf in real:
        align_shelf(ear, shelf)
    return ear.eval()


@dataclass
class Session:
    """A stretch of speech with pauses: what the flow is told and what it has to learn."""

    sound: np.ndarray
    labels: np.ndarray
    emotion: np.ndarray
    motion: np.ndarray


@dataclass
class Draft:
    """A session in the making; all in phone frames but mel, which has twice as many."""

    mel: list[np.ndarray] = field(default_factory=list)
    clean: list[np.ndarray] = field(default_factory=list)
    pitch: list[np.ndarray] = field(default_factory=list)
    habit: list[np.ndarray] = field(default_factory=list)
    spans: list[PhoneSpan] = field(default_factory=list)
    count: int = 0

    def pause(self, count: int, rng: np.random.Generator) -> None:
        """Append quiet phone frames."""
        floor = rng.uniform(-100, -65)
        self.mel.append(rng.normal(floor, 2, (2 * count, features.BANDS)))
        self.clean.append(np.full(count, -60.0))
        for track in (self.pitch, self.habit):
            track.append(np.zeros(count))
        self.count += count

    def say(self, shelf: SpeechShelf, utterance: int) -> None:
        """Append an utterance."""
        where = shelf.frames(utterance)
        mel = shelf.mel[where].astype(np.float32)
        pitch = shelf.pitch[where.start // 2 : where.stop // 2].astype(np.float32)
        loud = features.loudness(mel)[::2]
        start = self.count / 50
        self.mel.append(mel)
        self.clean.append(loud - float(shelf.level[where].max()))
        self.pitch.append(pitch)
        self.habit.append(np.full(len(pitch), features.usual_pitch(pitch, 0.0)))
        self.spans += [
            PhoneSpan(phone=span.phone, start=start + span.start, end=start + span.end)
            for span in shelf.spans[utterance]
        ]
        self.count += len(pitch)


def make_session(
    ear: Ear, shelves: dict[str, SpeechShelf], rng: np.random.Generator, noise: torch.Generator
) -> Session:
    """Let one voice say a few things with pauses in between, and say how a face would move."""
    name = str(rng.choice(list(SHARES), p=list(SHARES.values())))
    shelf, draft = shelves[name], Draft()
    while draft.count < 2 * SESSION_FRAMES:
        draft.pause(int(rng.integers(10, 90)), rng)
        known = int(rng.choice(shelf.training))
        if shelf.spans[known]:
            draft.say(shelf, known)
    count = draft.count // 2
    mel = torch.from_numpy(np.concatenate(draft.mel)).float()[None]
    if rng.uniform() < 0.6:
        mel = disturbed(mel, noise)
    mel = mel[0].numpy()
    level = running_level(mel)
    phones = posteriors_of(ear, mel, level)[: 2 * count]
    pitch, habit, clean = (
        np.concatenate(track)[: 2 * count] for track in (draft.pitch, draft.habit, draft.clean)
    )
    vectors = random_emotion(count, rng)
    motion = lesson(draft.spans, decibels=clean, pitch=pitch, habit=habit, vectors=vectors, rng=rng)
    decibels = features.loudness(mel)[::2][: 2 * count] - level[::2][: 2 * count]
    labels = np.zeros(2 * count, np.int64)
    for span in draft.spans:
        labels[round(span.start * 50) : round(span.end * 50)] = PHONES.index(span.phone)
    return Session(sound=conditions(phones, decibels, pitch, habit), labels=labels,
                   emotion=condition(vectors), motion=motion[:, CHANNELS])  # fmt: skip


def running_level(mel: np.ndarray) -> np.ndarray:
    """Return the level [F] as the hearing finds it, second by second."""
    blocks = [features.block_level(mel[start : start + features.BLOCK])
              for start in range(0, max(1, len(mel) - 20), features.BLOCK)]  # fmt: skip
    level, levels = max(blocks[:3]), []
    for block in blocks:
        level = max(block, level - features.LEVEL_FALL, features.QUIETEST_LEVEL)
        levels.append(np.full(features.BLOCK, level))
    return np.resize(np.concatenate(levels), len(mel))


@dataclass
class FlowLesson:
    """The loss of the flow on random windows of sessions."""

    flow: Flow
    sessions: list[Session]
    seed: int

    def __post_init__(self) -> None:
        motion = np.concatenate([session.motion for session in self.sessions])
        self.mean = torch.from_numpy(motion.mean(0))
        self.spread = torch.from_numpy(motion.std(0).clip(0.04))
        names = [schema.NAMES[column] for column in CHANNELS]
        speech = {schema.NAMES[column] for column in schema.columns("speech mouth")}
        self.weights = torch.tensor([2.0 if name in speech else 1.0 for name in names])
        self.weights[names.index("AU26")] = 4.0

    def __call__(self, step: int) -> Tensor:
        """Return the flow-matching loss of one batch."""
        rng, noise = np.random.default_rng([self.seed, step]), step_generator(self.seed, step)
        windows = [self._window(rng) for _ in range(FLOW_BATCH)]
        sound, emotion, motion = (torch.from_numpy(np.stack(part)).float()
                                  for part in zip(*windows, strict=True))  # fmt: skip
        motion = (motion - self.mean) / self.spread
        mask = torch.zeros(FLOW_BATCH, WINDOW, 1)
        mask[:, :KNOWN] = (torch.rand(FLOW_BATCH, 1, 1, generator=noise) < KNOWN_SHARE).float()
        deaf, numb = (torch.rand(FLOW_BATCH, generator=noise) < DROPOUT for _ in range(2))
        with torch.autocast("cpu", torch.bfloat16):
            told = self.flow.told(sound, emotion, deaf=deaf, numb=numb)
            return matching_loss(self.flow, motion, told, mask, self.weights, noise)

    def _window(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        session = self.sessions[rng.integers(len(self.sessions))]
        first = int(rng.integers(REACH, len(session.motion) - WINDOW - REACH))
        sound = session.sound[first - REACH : first + WINDOW + REACH]
        if rng.uniform() < SHARPENED_SHARE:
            labels = session.labels[2 * (first - REACH) : 2 * (first + WINDOW + REACH)]
            sound = sharpened(sound, labels)
        inside = slice(first, first + WINDOW)
        return sound, session.emotion[inside], session.motion[inside]


def sharpened(sound: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return conditions [T, C] in which the true phones [2 T] overrule the ear, as a text does."""
    halves = sound.reshape(len(labels), -1).copy()
    halves[:, : len(PHONES)] = 0.1 * halves[:, : len(PHONES)] + 0.9 * np.eye(len(PHONES))[labels]
    return halves.reshape(sound.shape)


def main() -> None:
    """Train, measure the ear on voices it never heard, write the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speech", type=Path, default=Path("cache/speech"))
    parser.add_argument("--work", type=Path, default=Path("cache/a2m"))
    parser.add_argument("--out", type=Path, default=Path("assets/models/a2m"))
    parser.add_argument("--ear-minutes", type=float, nargs=3, default=[4.5, 3.3, 13.5],
                        help="of the three stages of the ear")  # fmt: skip
    parser.add_argument("--flow-minutes", type=float, default=14)
    parser.add_argument("--hours", type=float, default=5, help="of lessons for the flow")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    shelves = read_shelves(options.speech)
    ear = train_ear(shelves, options)
    test = SpeechShelf(options.speech / "test.npz")
    figures = {"unheard espeak voices": accuracy(ear, test, test.training)}
    for name in ("ravdess", "nemo"):
        figures[f"unheard {name} voices"] = accuracy(ear, shelves[name], shelves[name].testing)
    print(figures, flush=True)
    rng, noise = np.random.default_rng(options.seed), torch.Generator().manual_seed(options.seed)
    count = round(options.hours * 3600 * schema.FPS / SESSION_FRAMES)
    sessions = [make_session(ear, shelves, rng, noise) for _ in range(count)]
    flow = Flow(FlowShape())
    teacher = FlowLesson(flow, sessions, options.seed)
    stage("flow", flow, teacher, options, minutes=options.flow_minutes, lr=1.5e-3)
    config = {"phone_accuracy": {name: round(value, 3) for name, value in figures.items()},
              "seed": options.seed}  # fmt: skip
    speaker = Speaker(ear=ear, flow=flow.eval(), mean=teacher.mean.float(),
                      spread=teacher.spread.float(), config=config)  # fmt: skip
    path = save_speaker(speaker, options.out)
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        sys.exit(f"{error}")
