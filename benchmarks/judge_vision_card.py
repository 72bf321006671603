"""The cards of the vision encoders: their configuration and figures in, markdown out."""

import math
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import safe_open

from emogen.evaluation.statistics import Estimate
from emogen.evaluation.tables import markdown_table

MAIN = """---
license: cc-by-4.0
library_name: emogen
tags: [emotion-recognition, evaluation]
---

# judge/vision: what pictures show

`model.safetensors` ({parameters} M numbers, int8) reads single pictures and video: a calibrated
distribution over Mikels' eight emotions and neutral, valence, arousal and dominance as felt,
intensity, 24 facial action units, where the subject is, and whether there is anything to read.
`emogen.evaluation.recogniser.vision.VisionEncoder` runs it. It shares no weights, training frames
or seeds with anything that conditions or rewards generation.

Two streams: the whole scene at 64x64 and a close-up of the subject at 64x64. The box of the
close-up is predicted by attention over a map of the scene; it was taught by the rig's geometry and
the outlines of animations. Each stream has a head of its own (`native["scene"]`, `native["face"]`),
a bottleneck joins them. Video adds a small adapter over half-second pools, change and neighbours;
stills have their own.

Made by `python training/cache_judge_vision.py` and `python training/train_judge_vision.py`
from scratch, seed {seed}: {steps} steps without heads, then {heads_steps} at a third of the rate in
which heads are a third of every batch, then the video adapter on both. One command does all three.
These very weights took the {heads_steps} in three rounds, each with a learning rate that rose and
fell anew: 1000 steps up to 1e-3 on a first drawing of the heads, whose animals had round ears and a
muzzle only; 600 up to 8e-4 and 2000 up to 1.5e-3 on the present one. A third round was added after
the second had been tried on talking heads of `woman`, `man` and `fox`, so how long to train was
chosen in sight of these three; no picture of them was learned from.

Masked reconstruction was tried before it (`--pretrain 200`, then 400 steps, one seed each, accuracy
over all windows of the part "val"): synthetic .744 with it, .717 without; Noto .471 and .452. A
gain where training is short; these weights were trained five times as long, without it. Cross-modal
contrastive pre-training was not tried: no corpus here shows and says the same.

## Data

Frames rendered for it alone (seeds from 2^50 on, identities and animations of the training
split): characters of emogen's rig and Animated Noto Emoji by Google (CC BY 4.0). In the corpora
the staging (colours, light, particles) repeats what the face says; here both are drawn apart: 36
% of the staged examples show the same in both, 34 % speak by the face alone, 15 % by the staging
alone, in 15 % face and staging disagree and the label is their mean by intensity. Cut-outs are
laid on white, plain and cloudy grounds; three in ten lose their colours. All are moved, blurred,
compressed and spoiled by noise. Textures without a subject teach that there is nothing to read.

Heads are those of `emogen.motion.rig` (`training/judge_heads.py`): random people, ages, skins,
hair, glasses, beards, animals, a robot and the characters `grandmother`, `grandfather`, `student`
and `child`; six in ten speak random phones. `woman`, `man` and `fox` are in no training picture,
nor is anybody dressed as they are. The rig is shared with what `emogen talk` draws, and so are the
prototypes that half of each face is mixed from; the other half follows other published patterns,
with units left out, strengths and resting faces that differ by person. One head in four is drawn
without tears, sweat and colour. No audio-to-motion model moved them.

The label is the likeliest name of what is shown; it does not fade with intensity but below .25.

## Measured on identities and animations it has not seen

Made by `python benchmarks/judge_vision.py` (see `benchmarks/results/judge_vision.json` for UAR,
macro-F1, Brier, accuracy by confidence). Accuracy over windows of half a second with one clear
category (chance 1/9), 95 % intervals resampled by identity; ECE (15 bins) and AUROC over all
windows. Temperatures were fitted on the part "val", nothing else was chosen on it. Heads: `woman`,
`man` and `fox`, who feel something at .5 to 1 or nothing, resampled by take.

{table}

{extra}

## Limits

It reads emogen's own visual language and that of Noto: whether a clip shows what such a drawing
would show, not what a person would feel. Of photographs it knows nothing; a guard on the distance
from familiar pictures calls most of them unreadable, not all. Hands and hearts have an emotion by
convention only, which cannot be guessed from others. Body motion alone is read weakly: four
pictures a second are seen.

## Licence

Weights: CC BY 4.0. Trained on frames of Animated Noto Emoji by Google, CC BY 4.0, and on emogen's
own drawings.
"""
SECOND = """---
license: cc-by-4.0
library_name: emogen
tags: [emotion-recognition, evaluation]
---

# judge/second/vision: the second judge of pictures

`model.safetensors` ({parameters} M numbers, int8) is there to confirm or contradict
`judge/vision`. Nothing is learned alike: histograms of oriented gradients and mean colours in
cells of 4 pixels are measured, a three-layer transformer reads 64 tokens of nine cells; no
learned filter, no close-up. `emogen.evaluation.recogniser.vision.VisionEncoder.load` opens the
folder.

Made by `python training/train_judge_vision.py --second` from scratch, seed {seed}, {steps} steps,
on seeds of its own (part "second" of the rendered cache) and half of the Noto families of the
training split. The other half it has never seen; the first judge has seen all of them, so the two
overlap in those drawings and in no frame.

## Measured on identities and animations it has not seen

Made by `python benchmarks/judge_vision.py`; read as in the card of `judge/vision`.

{table}

{extra}

## Limits

As for `judge/vision`. It is the weaker of the two, above all on faces alone; it has no head for the
surroundings. It was never shown a drawn head of `emogen.motion.rig`: what it says of talking heads
is a guess.

## Licence

Weights: CC BY 4.0. Trained on frames of Animated Noto Emoji by Google, CC BY 4.0, and on emogen's
own drawings.
"""
RESEARCH = """---
license: other
license_name: research-only
library_name: emogen
tags: [emotion-recognition, evaluation, research-only]
---

# judge/vision-research: photographed faces. Research only

`model.safetensors` ({parameters} M numbers, int8) finds and reads faces on photographs: FER+'s
eight emotions from a 48x48 grey close-up. **Research only, never the default**: it was trained on
FER+, whose labels are MIT but whose images are of unclear origin. It is used only where it is
named: `VisionEncoder.load("vision-research")`. Drawn pictures are then still read by
`judge/vision`; the reading says `research-only`.

Made by `python training/train_judge_vision.py --faces` from scratch, seed {seed}, {steps} steps
of 112 faces: soft labels over all ten votes, shifts, turns, scales, flips, erased squares, mixed
pairs. One picture in eight is no whole face (displaced, too small, too large, drawn, blank) and
votes for "no face", so that the same network finds faces: windows of four sizes every two
seconds, then the best is followed. Temperature fitted on PublicTest; the last step is kept.

FER+ to emogen's categories: neutral, sadness, anger, disgust, fear by name; happiness is
amusement .4, contentment .3, excitement .3 and surprise awe .5, excitement .3, fear .2, as
everywhere in emogen; contempt is disgust .7, neutral .3. Valence, arousal and dominance are those
labels' anchors.

## Measured on FER+ PrivateTest

Made by `python benchmarks/judge_vision.py --ferplus FILE`: faces on which at least half of all ten
votes agree and name one of the eight; whole pictures, mean of the picture and its mirror.

{table}

HOG and a linear SVM reach .596 accuracy and .431 macro-F1 on the same faces.

## Limits

Posed and found faces of the web, mostly frontal, grey, 48 pixels. Contempt, disgust and fear are
rare (13, 15 and 78 test faces) and read badly. The finder was not measured on labelled boxes.
What a face shows is not what a person feels.
"""


def card(kind: str, folder: Path, config: Mapping[str, Any], found: Mapping[str, Any], *,
         kappa: Mapping[str, float] | None = None) -> str:
    """Return the card of one encoder.

    Args:
        kind: "first", "second" or "research".
        folder: of the weights.
        config: its ``config.json``.
        found: what ``benchmarks/judge_vision.py`` measured.
        kappa: agreement of the two judges by set.
    """
    shared = {"parameters": millions(folder), "seed": config["seed"], "steps": config["steps"],
              "heads_steps": config.get("heads_steps", 0)}
    if kind == "research":
        return RESEARCH.format(table=_faces(found["ferplus"]), **shared)
    template = MAIN if kind == "first" else SECOND
    return template.format(table=_sets(found), extra=_extra(found, kappa or {}), **shared)


def millions(folder: Path) -> str:
    """Return how many numbers the weights hold."""
    with safe_open(folder / "model.safetensors", framework="numpy") as file:
        shapes = [file.get_slice(name).get_shape() for name in file.offset_keys()
                  if not name.endswith("_scale") or "familiar" in name]
    return f"{sum(map(math.prod, shapes)) / 1e6:.2f}"


def _sets(found: Mapping[str, Any]) -> str:
    rows = [
        [name, part["windows"], part["clips"], _short(part["accuracy"]),
         _short(part["accuracy_by_clip"]), f"{part['ece']:.3f}",
         "n/a" if part["auroc"] is None else part["auroc"], _short(part["vad_ccc"]["valence"])]
        for name, part in found.items() if "ece" in part
    ]  # fmt: skip
    return markdown_table(
        ["set", "windows", "clips", "accuracy", "by clip", "ECE", "AUROC", "valence CCC"], rows
    )


def _extra(found: Mapping[str, Any], kappa: Mapping[str, float]) -> str:
    sides, whole = found["rig, conflict"]["sides"], found["synthetic"]
    texts = [
        f"Where face and staging clearly disagree ({sides['windows']} windows) it names what the "
        f"face says in {_short(sides['reads_the_face'])}, what the staging says in "
        f"{_short(sides['reads_the_staging'])}, at a mean confidence of "
        f"{sides['mean_confidence']:.2f}.",
        "Action units, mean correlation over the units that move: "
        f"{whole['action_units']['mean']:.2f} on whole clips, "
        f"{found['rig, face']['action_units']['mean']:.2f} on faces alone. Intensity: CCC "
        f"{_short(whole['intensity_ccc'])}.",
        "Taken for something: "
        + ", ".join(f"{name} {_short(part)}" for name, part in found["nothing"].items()) + ".",
    ]  # fmt: skip
    if kappa:
        texts.append("Cohen's kappa with the other judge: "
                     + ", ".join(f"{name} {value:.2f}" for name, value in kappa.items()) + ".")
    return "\n\n".join(textwrap.fill(text, 100) for text in texts)


def _faces(found: Mapping[str, Any]) -> str:
    rows = [
        ["faces", found["faces"]], ["accuracy", str(Estimate(**found["accuracy"]))],
        ["UAR", f"{found['uar']:.3f}"], ["macro-F1", f"{found['macro_f1']:.3f}"],
        ["ECE (15 bins)", f"{found['ece']:.3f}"], ["Brier", f"{found['brier']:.3f}"],
        ["AUROC", f"{found['auroc']:.3f}"],
        *[[f"{name} found", _short(part)] for name, part in found["by_emotion"].items()],
    ]  # fmt: skip
    return markdown_table(["figure", "value"], rows)


def _short(part: Mapping[str, float]) -> str:
    return f"{part['value']:.2f} ({part['low']:.2f} to {part['high']:.2f})"
