"""Make a trained talking head ready to be shipped: a run in, a folder with its card out.

``python training/export_talking_head.py --run runs/talking-head --out OUT``

The folder holds large matrices in eight bits, and the ear that was listened with, so that the head
goes on hearing what it was trained on. ``--decoder RUN/vae`` adds a decoder that learned more about
faces (``train_vae.py``), ``--figures FILE.md`` puts measurements into the card.
"""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from diffusers import AutoencoderKLWan
from torch import Tensor

from emogen.conditioning.head_weights import SavedHead, load_head, save_head
from emogen.data.talking_head.sessions import read_people
from emogen.errors import EmogenError

CARD = """---
license: cc-by-nc-sa-4.0
---

# A talking head for {base}

Speech, a motion track and an emotion in, a portrait that speaks out: cross-attention to the audio
of each latent frame, the motion as a line sketch on the pixels it speaks of and as 37 channels in
the time modulation, the emotion adapter trained further, and a LoRA of rank {rank} on the
transformer. `emogen.pipelines.talking_head.load_talking_head` opens this folder.

## What it learned from

{sessions} sessions of two and a half seconds that `training/cache_talking_head.py` drew: characters
of the rig, and {strangers} people drawn by chance. The voices are synthetic speech and recordings
of RAVDESS (Livingstone and Russo 2018) and nEMO (Christop 2024), both CC BY-NC-SA 4.0, so these
weights are for non-commercial use. The motion is that of rules, see `docs/motion.md`. No film and
no photograph of a person was used. Held out were the characters `student` and `robot`, the palette
`dusk`, the RAVDESS actors 21 to 24 and the nEMO speaker KS0.

## How

{steps} steps of {batch} clips of {frames} frames at 25 a second, flow matching, the face weighted
{face:g} and the lips {lips:g} times; each condition was left out now and then, and half of the
clips went on from nine given frames. `training/train_talking_head.py`, seed {seed}.

## Limits

Drawn faces near to the camera. A photograph is far from what it learned from. The mouth is as good
as the motion it is given; from audio alone it is looser.
{figures}"""


def card(saved: SavedHead, data: Path, figures: str) -> str:
    """Return the model card."""
    training: Mapping[str, Any] = saved.settings["training"]
    people = read_people(data)
    strangers = sum(person.startswith("stranger") for person in people)
    return CARD.format(
        base=Path(saved.base_model).name, rank=saved.head.config.lora_rank,
        sessions=f"{len(people):,}",
        strangers=f"{strangers:,}", steps=f"{saved.settings['trained_steps']:,}",
        batch=training["batch"], frames=saved.settings["num_frames"], face=training["face"],
        lips=training["lips"], seed=training["seed"], figures=f"\n{figures}" if figures else "",
    )  # fmt: skip


def decoder_of(folder: Path) -> dict[str, Tensor]:
    """Return what decodes in an autoencoder, by its names in the whole."""
    state = AutoencoderKLWan.from_pretrained(folder).state_dict()
    return {
        name: value
        for name, value in state.items()
        if name.startswith(("decoder.", "post_quant_conv."))
    }


def main() -> None:
    """Parse the command line and write the folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("assets/models/nano/talking_head"))
    parser.add_argument("--decoder", type=Path, help="autoencoder whose decoder goes with it")
    parser.add_argument("--steps", type=int, help="denoising steps a chunk, if not those it has")
    parser.add_argument("--figures", type=Path, help="Markdown for the end of the card")
    args = parser.parse_args()
    saved = load_head(args.run / "model")
    if args.decoder:
        saved = replace(saved, parts={**saved.parts, "decoder": decoder_of(args.decoder)})
    figures = args.figures.read_text("utf-8") if args.figures else ""
    text = card(saved, Path(saved.settings["training"]["data"]), figures)
    settings = dict(saved.settings) | ({"steps": args.steps} if args.steps else {})
    settings["training"] = {
        name: value for name, value in settings["training"].items() if name not in ("data", "run")
    }
    save_head(replace(saved, settings=settings), args.out)
    (args.out / "README.md").write_text(text, "utf-8")
    size = sum(path.stat().st_size for path in args.out.iterdir())
    print(f"{args.out}: {size / 1e6:.2f} MB")


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
