"""The cards of the words encoders: their configuration and figures in, markdown out."""

from collections.abc import Mapping
from typing import Any

from emogen.evaluation.statistics import Estimate
from emogen.evaluation.tables import markdown_table

HOW = {
    "ngrams": """{features} n-grams (words alone and in pairs, 2 to 5 letters; by their CRC-32) each
speak for or against 28 labels and six ratings, the latter in two ways, as ridge regression fitted
it (int8). A perceptron weighs the 40 sums and 14 numbers on how the text is written (length,
capitals, punctuation); it learned from sums that were fitted without the text itself, and is the
mean of several. Word order matters within pairs only.""",
    "sequence": """{words} words (by their CRC-32, {width} numbers each, int8) and how they are
written go through two gated convolutions of three words, attention with four queries and a
perceptron. Trained on half of the texts, where the words' numbers began as what words they occur
with.""",
}
COMMANDS = {
    "ngrams": "python training/train_judge_words.py --seed {seed}",
    "sequence": "python training/train_judge_words.py --second --seed {seed}",
}
CARD = """---
license: cc-by-sa-4.0
library_name: emogen
language: en
tags: [emotion-recognition, text-classification, evaluation]
---

# {title}

`model.safetensors` reads an English text: 28 GoEmotions labels, a distribution over Mikels' eight
and neutral, valence/arousal/dominance. `emogen.evaluation.recogniser.words.WordsEncoder` runs it.

{how}

Made by `{command}` in {seconds} s of one core, from scratch, no pre-trained weights.

## Data and independence

Train splits of GoEmotions (Demszky et al. 2020; {comments} comments) and EmoBank (Buechel and Hahn
2017; {sentences} sentences){half}. The model that turns a user's own words into an emotion
(`assets/models/words`) learned from the same train splits, so the texts are shared; weights,
features, architecture and seed are not, and no weights of either enter the other.

## Measured on the test splits, with the written files

95 % intervals, bootstrap over texts. Settings, thresholds and calibration were chosen on dev only.
Texts that the model refuses to read count as no label and as a rating of 3.
`python benchmarks/judge_words.py` makes the figures; reliability, thresholds and intervals are in
`benchmarks/results/judge_words.json`.

{figures}

GoEmotions' own paper reports macro-F1 {lstm:.2f} with a bi-LSTM and {bert:.2f} with BERT.
F1 by label (texts): {labels}.

What "right" means in calibration: in GoEmotions the top category is the one (or one of those) that
the comment's labels speak for most, by the shares of `emogen.emotion.labels`; EmoBank names no
categories, so there it is right if it lies on the rated side: valence above 3.2, below 2.8, or
neither. Confidence is the probability of that. Accuracy by least confidence:

{confidence}

Steps of fewer than 30 texts do not count where the benchmark says that accuracy rises; that rule
was set after the test figures had been seen.

Refused, and ought to be: {refused}. Refused, though English: {lost}.

## Scales

`vad` in the domain "social": mean of the labels' anchors (`emogen.emotion.anchors`), neutral 0. In
"sentences": (rating - 3) / 2 of EmoBank's scale from 1 to 5. `native["emobank"]` is the rating over
both views, `native["vad_reader"]` what a reader feels, (rating - 3) / 2; r of the latter with
readers' ratings: {reader}.

## Limits

English only, as written in comments (2005 to 2019), headlines and prose. Irony, quotations and
anything that needs more than a few words of context are read badly. Labels with few examples
(grief, pride, relief, nervousness) have wide intervals. A text is refused if more than half of its
letters lie in words that it has not met, so short texts of rare words are, too. The rule is not
proof: of 16 sentences in other languages two short ones of words that English comments hold as
well ("No me gusta la idea de ir a casa.") passed the main judge's. Ratings are pulled to the
middle, as of any regression that explains part of what raters say. It judges texts, not people.

## Licence

Weights: CC BY-SA 4.0, because EmoBank is share-alike. Licence tier: {tier}. GoEmotions: Apache-2.0.
"""


def card(
    config: Mapping[str, Any], found: Mapping[str, Any], *, goals: Mapping[str, float],
    published: Mapping[str, float],
) -> str:
    """Return the card of one encoder.

    Args:
        config: its ``config.json``.
        found: what ``benchmarks/judge_words.py`` measured.
        goals: what is aimed at.
        published: figures of others.
    """
    kind, social, prose = config["architecture"]["name"], found["goemotions"], found["emobank"]
    second = kind == "sequence"
    return CARD.format(
        title="Judge, words: a second opinion" if second else "Judge, words",
        how=HOW[kind].format(**config["architecture"]),
        command=COMMANDS[kind].format(seed=config["seed"]), seconds=config["seconds"],
        comments=config["texts"]["goemotions"], sentences=config["texts"]["emobank"],
        half=", those whose names have an even CRC-32" if second else "",
        figures=_figures(social, prose, goals), lstm=published["bi-LSTM"], bert=published["BERT"],
        labels=", ".join(f"{name} {row['f1']:.2f} ({row['texts']})"
                         for name, row in social["labels"].items()),
        confidence=_by_confidence(social, prose),
        refused="; ".join(f"{name} {_share(row)}" for name, row in found["refused"].items()),
        lost=f"GoEmotions {social['refused']:.1%}, EmoBank {prose['refused']:.1%}",
        reader=", ".join(f"{name} {value:.2f}" for name, value in prose["reader"].items()),
        tier=config["tier"],
    )


def _figures(
    social: Mapping[str, Any], prose: Mapping[str, Any], goals: Mapping[str, float]
) -> str:
    rows = [["GoEmotions, macro-F1 over 28 labels", social["texts"], _three(social["macro_f1"]),
             f"at least {goals['macro_f1']:.2f}"]]
    rows += [[f"EmoBank, Pearson r, {name}", prose["texts"], _three(prose[name]),
              f"at least {goals[name]:.2f}"] for name in ("valence", "arousal", "dominance")]
    for name, part in (("GoEmotions", social), ("EmoBank", prose)):
        read = part["accuracy"]["count"]
        what = "top category" if part is social else "side of valence"
        rows += [
            [f"{name}, accuracy of the {what}", read, _three(part["accuracy"]), ""],
            [f"{name}, ECE", read, _three(part["ece"]), f"at most {goals['ece']:.2f}"],
            [f"{name}, Brier score of the confidence", read, _three(part["brier"]), ""],
            [f"{name}, AUROC of the confidence", read, _three(part["auroc"]), ""],
        ]
    return markdown_table(["", "texts", "measured", "goal"], rows)


def _by_confidence(social: Mapping[str, Any], prose: Mapping[str, Any]) -> str:
    rows = []
    for first, second in zip(social["by_confidence"], prose["by_confidence"], strict=True):
        cells = [f"{step['accuracy']['value']:.2f} of {step['coverage']:.0%}"
                 if step["accuracy"] else "none" for step in (first, second)]
        rows.append([f"{first['threshold']:.1f}", *cells])
    return markdown_table(["least confidence", "GoEmotions", "EmoBank"], rows)


def _three(figure: Mapping[str, float]) -> str:
    return Estimate(**figure).rounded(3)


def _share(figure: Mapping[str, float]) -> str:
    return f"{figure['value']:.0%} of {figure['count']}"
