"""Launch: OMP_NUM_THREADS=1 python training/train_encoders.py [--data FOLDER] [--minutes 9].

Trains the voice encoder of `emogen.encoders` from scratch on RAVDESS and nEMO, without the actors
that are held out everywhere (RAVDESS 21 to 24, nEMO KS0) and without those that calibrate it
(RAVDESS 19 and 20). Writes weights (int8) and config.json, in which the figures of the held-out
actors are. The spectra of all recordings are kept in ``--cache``, what has been trained in
``--work``; a network that is there already is calibrated and measured only. Minutes are those of
one core. `train_encoder_words.py` and `train_encoder_portrait.py` make the other two encoders.
"""

import argparse
import json
import math
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from safetensors.torch import save_file
from torch import Tensor, nn

from emogen.data.speech import ARCHIVES, SpeechCorpus, Utterance
from emogen.emotion import RAVDESS, VAD
from emogen.encoders.spectrum import SAMPLE_RATE, decibels_of, pictures_of
from emogen.encoders.voice import CONFIG, FORMAT, WEIGHTS, VoiceEncoder
from emogen.encoders.voice_examples import (
    Recordings,
    VoiceBatches,
    masked,
    packed_rows,
)
from emogen.encoders.voice_network import NEMO_COLUMNS, VoiceNetwork
from emogen.errors import EmogenError
from emogen.learning.average import WeightAverage
from emogen.packing import packed

CORPORA = ("ravdess", "nemo")
TO_RAVDESS = {"anger": "angry", "fear": "fearful", "happiness": "happy", "sadness": "sad"}
TESTED = ("ravdess-21", "ravdess-22", "ravdess-23", "ravdess-24", "nemo-KS0")
CALIBRATING = ("ravdess-19", "ravdess-20")
SHARES = torch.tensor([0.6, 0.34, 0.06])
"""How often a window comes from RAVDESS, from nEMO and from sounds in which nobody speaks."""
NORMAL_STRENGTH = 0.7
NO_SPEECH = 400


def read_recordings(cache: Path, data: Path | None) -> tuple[Recordings, list[Utterance]]:
    """Return spectra of both corpora and of other sounds; only the first have an utterance."""
    corpora = [SpeechCorpus(name, data and data / ARCHIVES[name]) for name in CORPORA]
    items = [item for corpus in corpora for item in corpus]
    path = cache / "spectra.npz"
    if not path.is_file():
        sounds = (corpus.samples(item) for corpus in corpora for item in corpus)
        rng = np.random.default_rng(77)
        others = (sound_without_speech(rng) for _ in range(NO_SPEECH))
        parts = [spectra_of(samples) for group in (sounds, others) for samples in group]
        cache.mkdir(parents=True, exist_ok=True)
        np.savez(path, rows=np.concatenate(parts), begins=np.cumsum([0, *map(len, parts)]))
    with np.load(path) as file:
        rows, begins = torch.from_numpy(file["rows"]), torch.from_numpy(file["begins"])
    labels = [TO_RAVDESS.get(item.label, item.label) for item in items]
    strong = torch.tensor([-1.0 if item.strong is None else float(item.strong) for item in items])
    strength = torch.where(strong == 0, NORMAL_STRENGTH, 1.0)[:, None]
    affect = strength * torch.tensor([VAD[label] for label in labels])
    return Recordings(
        rows=rows, begins=begins,
        label=torch.tensor([RAVDESS.index(label) for label in labels] + [-1] * NO_SPEECH),
        corpus=torch.tensor([CORPORA.index(item.corpus) for item in items] + [2] * NO_SPEECH),
        strong=F.pad(strong, (0, NO_SPEECH), value=-1.0),
        affect=F.pad(affect, (0, 0, 0, NO_SPEECH)).float(),
    ), items  # fmt: skip


@torch.inference_mode()
def spectra_of(samples: np.ndarray) -> np.ndarray:
    """Return the rows of one sound, uint8 [T, R]."""
    return packed_rows(decibels_of(torch.from_numpy(samples)[None])[0]).numpy()


def sound_without_speech(rng: np.random.Generator) -> np.ndarray:
    """Return noise, hum, chords, a melody or clicks, float32 [S], 4 s."""
    count = 4 * SAMPLE_RATE
    time_ = np.arange(count) / SAMPLE_RATE
    kind = int(rng.integers(5))
    if kind == 0:
        spectrum = np.fft.rfft(rng.standard_normal(count))
        sound = np.fft.irfft(spectrum / np.arange(1, len(spectrum) + 1) ** rng.uniform(0, 1.2))
    elif kind == 1:
        hum = rng.choice([50, 60, 100, 120]) * np.arange(1, 9)[:, None]
        sound = (rng.uniform(0, 1, (8, 1)) * np.sin(2 * np.pi * hum * time_)).sum(0)
    elif kind in (2, 3):
        sound = tune(rng, time_, voices=3 if kind == 2 else 1)
    else:
        sound = np.zeros(count)
        for place in rng.integers(0, count - 800, rng.integers(3, 40)):
            sound[place : place + 800] += rng.standard_normal(800) * np.exp(-np.arange(800) / 90)
    sound = sound / max(np.abs(sound).max(), 1e-9)
    return (rng.uniform(0.05, 0.9) * sound + 1e-3 * rng.standard_normal(count)).astype(np.float32)


def tune(rng: np.random.Generator, time_: np.ndarray, *, voices: int) -> np.ndarray:
    """Return plucked or blown notes on a scale, [S]."""
    length, sound = rng.uniform(0.15, 0.8), np.zeros_like(time_)
    fade, partials = rng.uniform(0, 8), rng.integers(2, 12)
    for note in range(int(time_[-1] / length)):
        since = time_ - note * length
        heard = (since >= 0) & (since < length)
        for _ in range(voices):
            hertz = 110 * 2 ** (rng.integers(0, 36) / 12)
            for partial in range(1, partials):
                sound += (np.sin(2 * np.pi * hertz * partial * since) / partial
                          * np.exp(-fade * since.clip(0)) * heard)  # fmt: skip
    return sound


def odds_of(recordings: Recordings, learned: Tensor) -> Tensor:
    """Return how often each recording is drawn: corpora by their shares, labels evenly."""
    odds = torch.zeros(len(recordings.label))
    for corpus, share in enumerate(SHARES.tolist()):
        rows = learned & (recordings.corpus == corpus)
        labels, place, counts = recordings.label[rows].unique(
            return_inverse=True, return_counts=True)  # fmt: skip
        odds[rows] = share / len(labels) / counts[place]
    return odds


def loss_of(network: VoiceNetwork, batches: VoiceBatches, count: int) -> Tensor:
    """Return the loss of a batch; pairs of windows are mixed in part (mixup, Zhang 2018)."""
    batch, known = batches.draw(count), batches.recordings
    pictures = masked(pictures_of(batch.decibels), batches.rng)
    kept = 1 - 0.5 * torch.rand(count, generator=batches.rng) ** 2
    kept[torch.rand(count, generator=batches.rng) < 0.4] = 1.0
    order = torch.randperm(count, generator=batches.rng)
    mixed = torch.lerp(pictures[order], pictures, kept[:, None, None, None])
    mixed = mixed.to(memory_format=torch.channels_last)
    corpus = known.corpus[batch.picks].clamp_max(1)
    with torch.autocast("cpu", torch.bfloat16):
        said = network(mixed, corpus)
    total = torch.zeros(())
    for picks, part in ((batch.picks, kept), (batch.picks[order], 1 - kept)):
        total = total + (part * losses(said, known, picks)).mean()
    return total


def losses(said: object, known: Recordings, picks: Tensor) -> Tensor:
    """Return what each of B windows gets wrong, [B]."""
    label, corpus, strong = known.label[picks], known.corpus[picks], known.strong[picks]
    spoken = corpus < 2
    possible = torch.zeros(len(picks), 8, dtype=torch.bool)
    possible[:, list(NEMO_COLUMNS)] = True
    possible |= (corpus != 1)[:, None]
    logits = said.emotion.masked_fill(~possible, -30.0).log_softmax(-1)
    even = (logits * possible).sum(-1) / possible.sum(-1)
    right = logits.gather(1, label.clamp_min(0)[:, None])[:, 0]
    emotion = -(0.9 * right + 0.1 * even)
    affect = (said.affect - known.affect[picks]).square().sum(-1)
    grade = F.binary_cross_entropy_with_logits(
        said.strong, strong.clamp(0.05, 0.95), reduction="none")  # fmt: skip
    speech = F.binary_cross_entropy_with_logits(
        said.speech, spoken.float() * 0.96 + 0.02, reduction="none")  # fmt: skip
    return spoken * (emotion + 0.5 * affect + 0.3 * (strong >= 0) * grade) + 0.3 * speech


def train(batches: VoiceBatches, options: argparse.Namespace) -> VoiceNetwork:
    """Train a network and return the average of its weights over the last steps."""
    torch.manual_seed(options.seed)
    network = VoiceNetwork()
    if options.start is not None:
        network.load_state_dict(torch.load(options.start))
    network = network.to(memory_format=torch.channels_last)
    rate = options.rate
    average = WeightAverage(network.named_parameters(), limit=0.998)
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.05)
    begun, began, step, past, seen = time.process_time(), time.monotonic(), 0, 0.0, []
    while past < 1:
        spent = (time.process_time() - begun) / 60
        past = max((step + 1) / options.steps, spent / options.minutes,
                   (time.monotonic() - began) / 60 / options.wall_minutes)  # fmt: skip
        for group in optimiser.param_groups:
            group["lr"] = rate * min(past / 0.06, 0.5 + 0.5 * math.cos(math.pi * min(past, 1)), 1)
        loss = loss_of(network, batches, options.batch)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        average.update(network.named_parameters())
        seen.append(loss.item())
        step += 1
        if step % 250 == 0:
            print(f"  step {step}: loss {np.mean(seen[-250:]):.3f}, {spent:.1f} min", flush=True)
    average.copy_to(network.named_parameters())
    return settled(network, batches, options.batch)


@torch.no_grad()
def settled(network: VoiceNetwork, batches: VoiceBatches, batch: int) -> VoiceNetwork:
    """Measure the batch norms again, which the average of the weights has moved."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None
    for _ in range(50):
        with torch.autocast("cpu", torch.bfloat16):
            network(pictures_of(batches.draw(batch).decibels))
    return network.eval()


def calibrated(folder: Path, corpus: SpeechCorpus) -> dict[str, float]:
    """Return the temperature that fits the calibrating actors' windows best."""
    encoder = VoiceEncoder.load(folder)
    log, truth = [], []
    for item in corpus:
        if item.speaker in CALIBRATING:
            found = encoder.read([corpus.samples(item)])
            heard = found.voice.present
            log.append(np.log(found.eight[heard]))
            truth += [item.label_index] * int(heard.sum())
    scores, labels = torch.from_numpy(np.concatenate(log)), torch.tensor(truth)
    grid = torch.linspace(0.4, 3, 66)
    losses_ = torch.stack([F.cross_entropy(scores / value, labels) for value in grid])
    return {"temperature": round(float(grid[losses_.argmin()]), 3), "speech_from": 0.5}


def save(network: VoiceNetwork, folder: Path, **about: object) -> None:
    """Write weights (large matrices int8) and configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(packed(network.state_dict()), folder / WEIGHTS)
    (folder / WEIGHTS).chmod(0o644)  # safetensors leaves it to its owner alone
    config = {"format": FORMAT, "shape": asdict(network.shape), "labels": list(RAVDESS),
              "tier": "non-commercial", "licence": "CC BY-NC-SA 4.0", "held_out": list(TESTED),
              "calibrated_on": list(CALIBRATING), **about}  # fmt: skip
    (folder / CONFIG).write_text(json.dumps(config, indent=1) + "\n", "utf-8")


def main() -> None:
    """Train the network, or take what an earlier call has trained."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of both zips; default: EMOGEN_DATA")
    parser.add_argument("--cache", type=Path, default=Path("cache/encoders"))
    parser.add_argument("--work", type=Path, default=Path("runs/encoders"))
    parser.add_argument("--out", type=Path, default=Path("assets/models/encoders/voice"))
    parser.add_argument("--start", type=Path, help="weights of an earlier call to go on from")
    parser.add_argument("--steps", type=int, default=7000)
    parser.add_argument("--minutes", type=float, default=8.5, help="of one core, at most")
    parser.add_argument("--wall-minutes", type=float, default=60, help="end after so long at most")
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--rate", type=float, default=2.5e-3)
    parser.add_argument("--seed", type=int, default=4107)
    args = parser.parse_args()
    recordings, items = read_recordings(args.cache, args.data)
    path = args.work / "voice.pt"
    if not path.is_file():
        left_out = {*TESTED, *CALIBRATING}
        learned = torch.tensor(
            [item.speaker not in left_out for item in items] + [True] * NO_SPEECH
        )
        batches = VoiceBatches(recordings, odds_of(recordings, learned), seed=args.seed)
        network = train(batches, args)
        args.work.mkdir(parents=True, exist_ok=True)
        torch.save(network.state_dict(), path)
    network = VoiceNetwork()
    network.load_state_dict(torch.load(path))
    save(network, args.out, seed=args.seed, temperature=1.0, speech_from=0.5)
    archive = args.data and args.data / ARCHIVES["ravdess"]
    found = calibrated(args.out, SpeechCorpus("ravdess", archive))
    save(network, args.out, seed=args.seed, **found)
    print(found)


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
