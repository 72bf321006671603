"""Launch: python training/train_judge_words.py [--second] [--seed 11] [--minutes 8].

Trains the words encoder of `emogen.evaluation.recogniser.words` from scratch on the train splits of
GoEmotions and EmoBank (``--data`` or EMOGEN_DATA names the folder of their zips): a table of
evidence of n-grams by ridge regression, then a few small perceptrons on evidence that was fitted
without the text itself, which are merged into one that gives their mean. ``--second`` trains the
second judge's instead, words in their order, on the half of the texts whose names have an even
CRC-32. The dev splits give calibration and thresholds and chose the settings. Writes
model.safetensors and config.json; ``benchmarks/judge_words.py`` measures them and writes the card.
One core, about two minutes; ``--minutes`` bounds the networks' part. Needs the extra "dev" (scipy).
"""

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from judge_words_calibration import calibrate, thresholds_of
from judge_words_descent import (
    Course,
    Targets,
    descend,
    of_like_length,
    shuffled,
    start_at_base_rates,
)
from judge_words_linear import (
    fit,
    held_out_evidence,
    matrix_of,
    most_important,
    table_of,
    word_vectors,
)
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from emogen.data.texts import Texts, read_emobank, read_goemotions
from emogen.emotion import GOEMOTIONS
from emogen.errors import EmogenError
from emogen.evaluation.recogniser.words import ARCHITECTURES, CONFIG, WEIGHTS
from emogen.evaluation.recogniser.words_networks import (
    NgramNetwork,
    SequenceNetwork,
    WordScores,
    packed,
    unpacked,
)
from emogen.evaluation.recogniser.words_text import (
    NgramTable,
    key_of,
    ngram_counts,
    style,
    tokenize,
)

NGRAMS, KNOWN_TIMES = 30_000, 5
HIDDEN, RATING_HIDDEN, PERCEPTRONS = 128, 96, 4
_RATED = 6  # the last outputs: rated and evoked
WORDS_TIMES, WIDTH, WORD_HIDDEN = 8, 48, 96


def read_ratings(split: str, data: Path | None) -> tuple[Texts, np.ndarray]:
    """Return EmoBank's sentences and their ratings in [-1, 1] over both, by reader, by writer."""
    views = [read_emobank(split, view=view, data=data) for view in ("emobank", "reader", "writer")]
    return views[0], np.concatenate([(view.targets - 3) / 2 for view in views], axis=1)


def known_words(texts: list[str], *, times: int) -> Tensor:
    """Return the keys of the words that occur often enough, sorted, int32 [V]."""
    counts = Counter(token.lower() for text in texts for token in tokenize(text))
    keys = {key_of(f"w{word}") for word, count in counts.items() if count >= times}
    return torch.from_numpy(np.array(sorted(keys), dtype=np.uint32).view(np.int32))


def train_ngrams(
    comments: Texts, sentences: Texts, ratings: np.ndarray, options: argparse.Namespace
) -> NgramNetwork:
    """Train the main judge's model."""
    texts = comments.texts + sentences.texts
    counts = [ngram_counts(text) for text in texts]
    labels = comments.targets - comments.targets.mean(0)
    seen = ratings[:, 3:] / ratings[:, 3:].std(0)
    seen = seen - seen.mean(0)
    table = table_of(counts)
    x = matrix_of(table, counts)
    print(f"{x.shape[1]} n-grams, {time.process_time():.0f} s", flush=True)
    kept = most_important(x, fit(x, labels, seen, without=None), keep=NGRAMS)
    table = NgramTable(table.keys[kept], table.rarity[kept])
    x = matrix_of(table, counts)
    network = NgramNetwork(
        features=len(table), hidden=PERCEPTRONS * (HIDDEN + RATING_HIDDEN),
        known=len(known := known_words(texts, times=KNOWN_TIMES)),
    )
    network.keys, network.known = torch.from_numpy(table.keys.view(np.int32).copy()), known
    network.rarity = torch.from_numpy(table.rarity)
    network.table = torch.from_numpy(fit(x, labels, seen, without=None))
    evidence = held_out_evidence(x, labels, seen, seed=options.seed)
    network.spread = torch.from_numpy(2 * evidence[: len(labels)].std(0)).clamp_min(1e-6)
    written = np.stack([style(text) for text in texts])
    inputs = torch.from_numpy(np.concatenate([evidence / network.spread.numpy(), written], axis=1))
    print(f"evidence of {len(table)} n-grams, {time.process_time():.0f} s", flush=True)
    merge(network, inputs, Targets(comments, ratings), options)
    return network.eval()


def merge(
    network: NgramNetwork, inputs: Tensor, targets: Targets, options: argparse.Namespace
) -> None:
    """Train perceptrons on evidence and style [N, E + 14] and put their mean into the network.

    Labels come from perceptrons that learned from all texts, ratings from others that learned from
    the few rated ones and are smaller and held back more.
    """
    labels, ratings = [], []
    for number in range(PERCEPTRONS):
        torch.manual_seed(options.seed + number)
        labels.append(perceptron(inputs, targets, options, number))
        ratings.append(rating_perceptron(inputs[len(targets.labels) :], targets))
    with torch.no_grad():
        parts = labels + ratings
        for one in labels:
            one.output.weight[-_RATED:] = 0
        network.hidden.weight.copy_(torch.cat([one.hidden.weight for one in parts]))
        network.hidden.bias.copy_(torch.cat([one.hidden.bias for one in parts]))
        weights = torch.cat([one.output.weight for one in parts], dim=1)
        network.output.weight.copy_(weights / PERCEPTRONS)
        bias = torch.stack([one.output.bias for one in labels]).mean(0)
        bias[-_RATED:] = torch.stack([one.output.bias for one in ratings]).mean(0)[-_RATED:]
        network.output.bias.copy_(bias)


def perceptron(
    inputs: Tensor, targets: Targets, options: argparse.Namespace, number: int
) -> NgramNetwork:
    """Return a perceptron for all heads, from all texts."""
    one, size = NgramNetwork(features=1, hidden=HIDDEN, known=1), len(targets.labels)
    start_at_base_rates(one.output, targets.labels)

    def say(rows: Tensor) -> WordScores:
        hidden = F.dropout(F.gelu(one.hidden(inputs[rows])), 0.2)
        return WordScores.of(one.output(hidden), hidden)

    descend(nn.ModuleList([one.hidden, one.output]), targets,
            (say, lambda picks: say(picks + size)),
            Course(order=shuffled(size), seed=options.seed + number,
                   minutes=options.minutes / PERCEPTRONS))
    targets.in_units(one.output)
    return one


def rating_perceptron(inputs: Tensor, targets: Targets, *, epochs: int = 12) -> NgramNetwork:
    """Return a perceptron for ratings only, from the rated sentences [M, E + 14]; seconds."""
    one = NgramNetwork(features=1, hidden=RATING_HIDDEN, known=1)
    layers = nn.ModuleList([one.hidden, one.output])
    optimiser = torch.optim.AdamW(layers.parameters(), lr=2e-3, weight_decay=0.05)
    steps = epochs * (len(inputs) // 128)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=steps)
    for _ in range(epochs):
        for rows in torch.randperm(len(inputs)).split(128)[: steps // epochs]:
            hidden = F.dropout(F.gelu(one.hidden(inputs[rows])), 0.3)
            loss = F.mse_loss(one.output(hidden)[:, -_RATED:], targets.ratings[rows, :_RATED])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    targets.in_units(one.output)
    with torch.no_grad():
        one.output.weight[:-_RATED] = 0
    return one


def train_sequence(
    comments: Texts, sentences: Texts, ratings: np.ndarray, options: argparse.Namespace
) -> SequenceNetwork:
    """Train the second judge's model."""
    torch.manual_seed(options.seed)
    texts = comments.texts + sentences.texts
    keys = known_words(texts, times=WORDS_TIMES)
    network = SequenceNetwork(words=len(keys), width=WIDTH, hidden=WORD_HIDDEN)
    network.keys = keys
    targets = Targets(comments, ratings)
    start_at_base_rates(network.output, targets.labels)
    ids = [network.ids([text])[0] for text in texts]

    def say(rows: Tensor) -> WordScores:
        batch = nn.utils.rnn.pad_sequence([ids[row] for row in rows.tolist()], batch_first=True)
        word, case = batch.unbind(-1)
        lost = (torch.rand(word.shape) < 0.1) & (case > 0)
        return network.read(torch.stack([word.masked_fill(lost, 1), case], dim=-1))

    size, lengths = len(comments), torch.tensor([len(line) for line in ids])
    with torch.no_grad():
        rows = [line[:, 0].numpy() - 2 for line in ids]
        network.table[2:] = 0.2 * torch.from_numpy(
            word_vectors(rows, words=len(keys), width=WIDTH, seed=options.seed)
        )
    descend(network, targets, (say, lambda picks: say(picks + size)),
            Course(order=of_like_length(lengths[:size]), seed=options.seed,
                   minutes=options.minutes))
    targets.in_units(network.output)
    return network


def even_half(texts: Texts) -> np.ndarray:
    """Return the rows of the texts whose names have an even CRC-32."""
    return np.array([row for row, name in enumerate(texts.names) if key_of(name) % 2 == 0])


def main() -> None:
    """Train, calibrate on dev, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of the zips; default: EMOGEN_DATA")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--second", action="store_true")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--minutes", type=float, default=8.0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    name = "second/words" if options.second else "words"
    out = options.out or Path("assets/models/judge") / name
    comments = read_goemotions("train", data=options.data)
    sentences, ratings = read_ratings("train", options.data)
    if options.second:
        rows = even_half(sentences)
        comments, sentences = comments.pick(even_half(comments)), sentences.pick(rows)
        network = train_sequence(comments, sentences, ratings[rows], options)
        architecture = {"name": "sequence", "words": len(network.keys), "width": WIDTH,
                        "hidden": WORD_HIDDEN}
    else:
        network = train_ngrams(comments, sentences, ratings, options)
        architecture = {"name": "ngrams", "features": len(network.keys),
                        "hidden": len(network.hidden.bias), "known": len(network.known)}
    out.mkdir(parents=True, exist_ok=True)
    save_file(packed(network.state_dict()), out / WEIGHTS)
    config = {
        "name": f"judge-{name.replace('/', '-')}", "architecture": architecture,
        "labels": list(GOEMOTIONS), "tier": "open", "licence": "CC-BY-SA-4.0",
        "seed": options.seed, "split": "train, even CRC-32 of the name" if options.second
        else "train", "texts": {"goemotions": len(comments), "emobank": len(sentences)},
        "seconds": round(time.process_time()),
    }
    write_config(out, config, options.data)


def write_config(out: Path, config: dict, data: Path | None) -> None:
    """Calibrate the weights as they are written, and write the configuration beside them."""
    architecture = dict(config["architecture"])
    network = ARCHITECTURES[architecture.pop("name")](**architecture).eval()
    network.load_state_dict(unpacked(load_file(out / WEIGHTS)))
    dev, (rated, ratings) = read_goemotions("dev", data=data), read_ratings("dev", data)
    with torch.inference_mode():
        said, felt = network(dev.texts), network(rated.texts)
    config |= calibrate(said, dev.targets, felt, ratings).to_config()
    config["thresholds"] = thresholds_of(said, dev)
    (out / CONFIG).write_text(json.dumps(config, indent=1) + "\n", "utf-8")
    given = said.labels.sigmoid().numpy() >= np.array(list(config["thresholds"].values()))
    both = (given * dev.targets).sum(0)
    f1 = 2 * both / np.maximum(given.sum(0) + dev.targets.sum(0), 1)
    r = [np.corrcoef(felt.rated[:, axis], ratings[:, axis])[0, 1] for axis in range(3)]
    print(f"dev: macro-F1 {f1.mean():.3f} (thresholds of dev), r {np.round(r, 3)}, "
          f"{time.process_time():.0f} s, {(out / WEIGHTS).stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
