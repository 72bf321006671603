"""Launch: python training/train_judge_voice.py [--folds 5] [--minutes 4] [--data FOLDER].

Trains the voice encoder of `emogen.evaluation.recogniser.voice` from scratch on RAVDESS and nEMO
together. With ``--folds 5`` it trains one network a fold without the fold's speakers, keeps each in
``--runs`` with what it says of those speakers, and skips folds that are there already;
``benchmarks/judge_voice.py`` makes the figures from them. Without, it trains on all speakers, takes
the temperatures from the folds, and writes model.safetensors (int8), config.json and the card.
``--second`` does the same for the second judge: hand-made statistics, a perceptron, half of the
speakers. Pictures of all sounds and of nine disturbed copies are made once (about two minutes of
one core, 1.1 GB in ``--cache``).
"""

import argparse
import json
import math
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from safetensors.torch import save_file
from torch import Tensor, nn

from emogen.data.speech import SPEECH_LABELS, speaker_folds
from emogen.data.speech.augment import mixing
from emogen.errors import EmogenError, InputError
from emogen.evaluation.metrics.accuracy import unweighted_average_recall
from emogen.evaluation.metrics.calibration import fit_temperature
from emogen.evaluation.recogniser.voice import CONFIG, WEIGHTS, VoiceEncoder
from emogen.evaluation.recogniser.voice_examples import (
    CORPORA,
    Batches,
    Sounds,
    read_pictures,
    read_sounds,
)
from emogen.evaluation.recogniser.voice_network import VoiceLogits, VoiceNetwork
from emogen.evaluation.recogniser.voice_statistics import StatisticsNetwork, statistics_of
from emogen.learning.average import WeightAverage
from emogen.packing import packed

Maker = Callable[[list[int], int], nn.Module]



def loss_of(logits: VoiceLogits, batches: Batches, picks: Tensor, kept: Tensor,
            mixed: Tensor) -> Tensor:
    """Return the mean cross-entropy of label and strength; mixed examples count by their parts."""
    total = torch.zeros(())
    for rows, part in ((picks, kept), (picks[mixed], 1 - kept)):
        labels, ravdess, strong = (
            table[rows] for table in (batches.labels, batches.ravdess, batches.strong)
        )
        eight = F.cross_entropy(logits.ravdess.float(), labels, label_smoothing=0.1,
                                reduction="none")
        six = F.cross_entropy(logits.nemo.float(), labels.clamp_max(5), label_smoothing=0.1,
                              reduction="none")
        grade = F.binary_cross_entropy_with_logits(
            logits.strong.float(), strong.clamp(0.05, 0.95), reduction="none"
        )
        total = total + (part * (torch.where(ravdess, eight, six)
                                 + 0.3 * grade * (strong >= 0))).mean()
    return total


def train(batches: Batches, *, steps: int, batch: int, rate: float, minutes: float | None,
          seed: int) -> VoiceNetwork:
    """Train a network and return the average of its weights over the last steps."""
    torch.manual_seed(seed)
    network = VoiceNetwork()
    average = WeightAverage(network.named_parameters(), limit=0.998)
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.05)
    begun, step, past, losses = time.monotonic(), 0, 0.0, []
    while past < 1:
        spent = (time.monotonic() - begun) / 60
        past = max((step + 1) / steps, spent / minutes if minutes else 0)
        for group in optimiser.param_groups:
            group["lr"] = rate * min(past / 0.08, 0.5 + 0.5 * math.cos(math.pi * min(past, 1)), 1)
        x, picks = batches.draw(batch)
        kept = mixing(batch, batches.rng)
        mixed = torch.randperm(batch, generator=batches.rng)
        x = batches.harder(x)
        x = torch.lerp(x[mixed], x, kept[:, None, None, None])
        with torch.autocast("cpu", torch.bfloat16):
            loss = loss_of(network(x), batches, picks, kept, mixed)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        average.update(network.named_parameters())
        losses.append(loss.item())
        step += 1
        if step % 250 == 0:
            print(f"  step {step}: loss {np.mean(losses[-250:]):.3f}, {spent:.1f} min", flush=True)
    average.copy_to(network.named_parameters())
    return settled(network, batches, batch, rounds=min(step, 60))


@torch.no_grad()
def settled(
    network: VoiceNetwork, batches: Batches, batch: int, *, rounds: int
) -> VoiceNetwork:
    """Measure the batch norms again, which the average of the weights has moved."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None
    for _ in range(rounds):
        with torch.autocast("cpu", torch.bfloat16):
            network(batches.draw(batch)[0])
    return network.eval()


def train_second(batches: Batches, *, steps: int, batch: int, rate: float,
                 seed: int) -> StatisticsNetwork:
    """Train the second judge's perceptron on statistics of the same kind of windows."""
    torch.manual_seed(seed)
    network = StatisticsNetwork()
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps)
    for _ in range(steps):
        x, picks = batches.draw(batch)
        same = torch.arange(batch)
        loss = loss_of(network.read(statistics_of(x)), batches, picks, torch.ones(batch), same)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return network.eval()


def held_out(encoder: VoiceEncoder, sounds: Sounds, rows: list[int]) -> dict[str, np.ndarray]:
    """Return what an encoder says of recordings, one row a window in which somebody speaks.

    ``row`` is the recording, ``ravdess`` and ``nemo`` are log-probabilities, ``strong`` a share.
    A recording without any such window has one row all the same, of equal probabilities.
    """
    found: dict[str, list[np.ndarray]] = {"row": [], "ravdess": [], "nemo": [], "strong": []}
    for row in rows:
        reading = encoder(sounds[row])
        keep = reading.presence if reading.is_present else np.arange(reading.num_windows) == 0
        found["row"].append(np.full(int(keep.sum()), row))
        for name in CORPORA:
            found[name].append(np.log(reading.native[name][keep].clip(1e-9)))
        found["strong"].append(reading.native["strong"][keep, 0])
    return {name: np.concatenate(parts) for name, parts in found.items()}


def temperatures_of(said: dict[str, np.ndarray], sounds: Sounds) -> dict[str, float]:
    """Return for each corpus the temperature that fits its windows best."""
    corpus = np.array([sounds.utterances[row].corpus for row in said["row"]])
    truth = np.array([sounds.utterances[row].label_index for row in said["row"]])
    return {
        name: round(fit_temperature(said[name][corpus == name], truth[corpus == name]), 4)
        for name in CORPORA
    }


def save(network: nn.Module, folder: Path, config: dict[str, object]) -> VoiceEncoder:
    """Write weights (large matrices int8) and configuration; read them."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(packed(network.state_dict()), folder / WEIGHTS)
    (folder / CONFIG).write_text(json.dumps(config, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return VoiceEncoder.load(folder)


def config_of(name: str, network: nn.Module, *, temperature: dict[str, float], seed: int,
              speakers: list[str], figures: dict[str, object]) -> dict[str, object]:
    """Return what ``config.json`` says of a network."""
    second = isinstance(network, StatisticsNetwork)
    shape = {"width": network.hidden[1].out_features} if second else asdict(network.shape)
    return {
        "name": name,
        "architecture": {"name": "statistics" if second else "convolution", **shape},
        "labels": {"ravdess": list(SPEECH_LABELS["ravdess"]), "nemo": list(SPEECH_LABELS["nemo"])},
        "temperature": temperature,
        "speakers_trained_on": speakers,
        "seed": seed,
        "tier": "non-commercial",
        "licence": "CC BY-NC-SA 4.0",
        "figures": figures,
    }


def groups_of(sounds: Sounds, folds: int) -> list[set[str]]:
    """Return the speakers of each fold, of both corpora together."""
    parts = [speaker_folds([item for item in sounds.utterances if item.corpus == name],
                           folds=folds) for name in CORPORA]
    return [set(first) | set(second) for first, second in zip(*parts, strict=True)]


def run_folds(args: argparse.Namespace, sounds: Sounds, make: Maker) -> None:
    """Train what folds are not there yet and write down what each says of its speakers."""
    for fold, speakers in enumerate(groups_of(sounds, args.folds)):
        folder = args.runs / f"fold{fold}of{args.folds}"
        if (folder / "held_out.npz").is_file() or (args.only is not None and fold != args.only):
            continue
        seed = args.seed + 1 + fold
        network = make(sounds.rows_of(speakers, inside=False), seed)
        kept = sorted({item.speaker for item in sounds.utterances} - speakers)
        plain = dict.fromkeys(CORPORA, 1.0)
        encoder = save(network, folder, config_of(
            f"voice-fold{fold}", network, temperature=plain, seed=seed, speakers=kept, figures={},
        ))
        said = held_out(encoder, sounds, sounds.rows_of(speakers, inside=True))
        np.savez_compressed(folder / "partial.npz", **said)
        (folder / "partial.npz").rename(folder / "held_out.npz")
        print(f"fold {fold}: {recalls(said, sounds)}", flush=True)


def recalls(said: dict[str, np.ndarray], sounds: Sounds) -> dict[str, float]:
    """Return the UAR of whole recordings, each the mean of its windows, by corpus."""
    rows, place = np.unique(said["row"], return_inverse=True)
    out = {}
    for name in CORPORA:
        mean = np.zeros((len(rows), said[name].shape[1]))
        np.add.at(mean, place, np.exp(said[name]))
        here = np.array([sounds.utterances[row].corpus == name for row in rows])
        truth = [sounds.utterances[row].label_index for row in rows[here]]
        out[name] = round(unweighted_average_recall(
            truth, mean[here].argmax(1), num_classes=mean.shape[1]), 4)
    return out


def read_folds(runs: Path, folds: int) -> dict[str, np.ndarray]:
    """Return what all folds said of speakers they had not heard.

    Raises:
        InputError: a fold is missing.
    """
    parts = []
    for fold in range(folds):
        path = runs / f"fold{fold}of{folds}" / "held_out.npz"
        if not path.is_file():
            raise InputError(f"expected {path}, got none; run with --folds {folds} first")
        with np.load(path) as file:
            parts.append(dict(file))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def run_final(args: argparse.Namespace, sounds: Sounds, make: Maker) -> None:
    """Train on all speakers, calibrated on what the folds said of theirs."""
    said = read_folds(args.runs, 5)
    network = make(list(range(len(sounds))), args.seed)
    speakers = sorted({item.speaker for item in sounds.utterances})
    figures = {"uar_of_folds_uncalibrated": recalls(said, sounds)}
    encoder = save(network, args.out, config_of(
        "voice", network, temperature=temperatures_of(said, sounds), seed=args.seed,
        speakers=speakers, figures=figures,
    ))
    print(encoder, figures, flush=True)


def run_second(args: argparse.Namespace, sounds: Sounds, make: Maker) -> None:
    """Train the second judge on half of the speakers, calibrate and score it on the other half."""
    heard, unheard = groups_of(sounds, 2)
    network = make(sounds.rows_of(heard, inside=True), args.seed + 100)
    options = {"seed": args.seed + 100, "speakers": sorted(heard)}
    plain = dict.fromkeys(CORPORA, 1.0)
    encoder = save(network, args.runs / "second",
                   config_of("voice-second", network, temperature=plain, figures={}, **options))
    said = held_out(encoder, sounds, sounds.rows_of(unheard, inside=True))
    np.savez_compressed(args.runs / "second" / "held_out.npz", **said)
    figures = {"uar_of_other_half": recalls(said, sounds)}
    save(network, args.out.parent / "second" / "voice", config_of(
        "voice-second", network, temperature=temperatures_of(said, sounds), figures=figures,
        **options,
    ))
    print("second:", figures, flush=True)


def main() -> None:
    """Make the pictures, then train folds, the second judge or the encoder that ships."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of both zips; default: EMOGEN_DATA")
    parser.add_argument("--cache", type=Path, default=Path("cache/voice"))
    parser.add_argument("--runs", type=Path, default=Path("runs/judge_voice"))
    parser.add_argument("--out", type=Path, default=Path("assets/models/judge/voice"))
    parser.add_argument("--folds", type=int, default=0, help="cross-validate instead")
    parser.add_argument("--only", type=int, help="only this fold")
    parser.add_argument("--second", action="store_true", help="the second judge instead")
    parser.add_argument("--steps", type=int, help="default: 5000, of the second judge 700")
    parser.add_argument("--minutes", type=float, help="end earlier, after so long")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=2.5e-3)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    sounds = read_sounds(args.cache, args.data)
    pictures, begins = read_pictures(args.cache, sounds, args.seed)

    def make(rows: list[int], seed: int) -> nn.Module:
        batches = Batches(pictures, begins, sounds, rows=rows, seed=seed)
        if args.second:
            return train_second(
                batches, steps=args.steps or 700, batch=256, rate=4e-3, seed=seed
            )
        return train(batches, steps=args.steps or 5000, batch=args.batch, rate=args.rate,
                     minutes=args.minutes, seed=seed)

    run = run_second if args.second else run_folds if args.folds else run_final
    run(args, sounds, make)


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
