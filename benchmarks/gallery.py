"""Launch: python benchmarks/gallery.py [--model nano] [--out assets/samples] [--seed 7].

Pictures to look at: ``overview.png`` (one clip an emotion, a mixture, a curve) and ``prompts.png``
(forty prompts, in the vocabulary and out of it), all with one seed and nothing picked by hand.
"""

import argparse
import sys
from pathlib import Path

from PIL import Image

from emogen.emotion import parse
from emogen.errors import EmogenError
from emogen.media import Clip, contact_sheet
from emogen.pipelines import EmotionalVideoPipeline, load_pipeline

Row = tuple[str, str]

OVERVIEW: tuple[Row, ...] = (
    ("a brown bear", "neutral"),
    ("an orange cat", "amusement"),
    ("a white ghost under a night sky", "awe:0.8"),
    ("a brown dog", "contentment:0.8"),
    ("a yellow star", "excitement"),
    ("a blue penguin", "anger:0.9"),
    ("an orange fox", "disgust:0.8"),
    ("a pink rabbit", "fear:0.9"),
    ("a red robot", "sadness:0.8"),
    ("a black and white panda", "awe:0.5+fear:0.4"),
    ("an orange pumpkin", "sadness:0.8@0s -> excitement:0.9@2s"),
)

PROMPTS: tuple[Row, ...] = (
    *(
        (f"{colour} {kind}", emotion)
        for colour, kind, emotion in (
            ("a brown", "bear", "amusement"), ("a blue", "bear", "sadness"),
            ("a purple", "cat", "contentment"), ("a white", "cat", "fear"),
            ("a brown", "dog", "anger"), ("a yellow", "dog", "excitement"),
            ("an orange", "fox", "awe"), ("a red", "fox", "sadness"),
            ("a blue", "penguin", "disgust"), ("a green", "penguin", "amusement"),
            ("a grey", "robot", "anger"), ("a teal", "robot", "contentment"),
            ("a white", "ghost", "sadness"), ("a pink", "ghost", "excitement"),
            ("a yellow", "star", "amusement"), ("a red", "star", "anger"),
            ("a red", "heart", "contentment"), ("a blue", "heart", "sadness"),
            ("an orange", "pumpkin", "fear"), ("a white", "rabbit", "excitement"),
        )
    ),
    ("a woman in red with curly black hair", "amusement"),
    ("a man in blue with short brown hair", "anger"),
    ("a woman in green with long blonde hair", "sadness"),
    ("a man in yellow with glasses", "fear"),
    ("a brown bear with a crown in a forest", "contentment"),
    ("an orange cat with glasses on a beach", "excitement"),
    ("a robot with headphones in a city", "awe"),
    ("a penguin with a scarf in a snowy field", "neutral"),
    ("a rabbit with a hat underwater", "disgust"),
    ("a dog with a bow tie in a room", "neutral"),
    ("a smiley", "excitement"),
    ("a smiley", "sadness"),
    ("a ghost in the mountains", "fear:0.3"),
    ("a ghost in the mountains", "fear:1.0"),
    ("a fox", "v=-0.6,a=-0.4"),
    ("a fox", "v=0.8,a=0.7"),
    ("a bear", "anger@0s -> contentment@2s"),
    ("a dragon with a crown", "excitement"),
    ("a bicycle on the moon", "awe"),
    ("two lawyers drinking coffee", "amusement"),
)  # fmt: skip


def clips(pipeline: EmotionalVideoPipeline, rows: tuple[Row, ...], seed: int) -> list[Clip]:
    """Generate one clip a row."""
    base = pipeline.defaults
    seconds = (base.num_frames - 1) / base.fps
    made = []
    for prompt, emotion in rows:
        print(f"{prompt} | {emotion}", file=sys.stderr)
        made.append(pipeline(prompt, emotion=parse(emotion, seconds=seconds), seed=seed))
    return made


def main() -> None:
    """Parse the command line and write both pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="nano")
    parser.add_argument("--out", type=Path, default=Path("assets/samples"))
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", choices=("overview", "prompts"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    pipeline = load_pipeline(args.model)
    for name, rows, columns in (("overview", OVERVIEW, 6), ("prompts", PROMPTS, 4)):
        if args.only in (None, name):
            sheet = contact_sheet(
                clips(pipeline, rows, args.seed), prompts=[prompt for prompt, _ in rows],
                emotions=[emotion for _, emotion in rows], columns=columns, tile_height=112,
            )  # fmt: skip
            picture = Image.fromarray(sheet).quantize(256)
            picture.save(args.out / f"{name}.png", optimize=True)


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
