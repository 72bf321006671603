"""Launch: python benchmarks/emovid.py run --model DIR [--lora FILE] [--adapter DIR] -o RUN.

Then: python benchmarks/emovid.py table --base RUN_A --tuned RUN_B.

EmoVid's benchmark size, 3 types x 8 emotions x 10, on a base Wan and on a fine-tuned one. ``run``
makes and judges the clips; without an adapter the emotion is told in EmoVid's words, as its authors
do. ``table`` puts base and fine-tuned beside the published figures, with paired tests; what was not
measured stays empty. ``emogen evaluate compare RUN_A RUN_B`` and ``report`` read the same folders.
"""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from emogen.data.prepare.wording import words_of
from emogen.diffusion.choices import parse_lora
from emogen.errors import EmogenError, InputError
from emogen.evaluation.campaign import (
    Campaign,
    ClipRequest,
    Generator,
    check_same,
    compare,
    load_protocol,
    new_card,
    read_campaign,
    read_card,
    run_campaign,
    write_card,
)
from emogen.evaluation.campaign.figures import hits, share
from emogen.evaluation.campaign.shipped import shipped_judges
from emogen.evaluation.statistics import Estimate, bootstrap_mean
from emogen.evaluation.tables import folder_hash, markdown_table, write_result
from emogen.media import Clip
from emogen.pipelines import LoadOptions, load_pipeline

RESULT = Path(__file__).parent / "results" / "emovid.json"
FIGURES = {
    "fvd": "FVD", "clip_score": "CLIP score or first-frame likeness", "flicker": "flicker",
    "ea2": "EA-2, %", "ea8": "EA-8, %",
}  # fmt: skip
PUBLISHED = {
    "text, base": {"fvd": 594.3, "clip_score": 0.2982, "flicker": 0.0091, "ea2": 84.17,
                   "ea8": 44.16},
    "text, tuned": {"fvd": 573.7, "clip_score": 0.3021, "flicker": 0.0143, "ea2": 88.33,
                    "ea8": 48.33},
    "picture, base": {"fvd": 517.9, "clip_score": 0.7146, "flicker": 0.0325, "ea2": 91.25,
                      "ea8": 71.30},
    "picture, tuned": {"fvd": 517.8, "clip_score": 0.7193, "flicker": 0.0324, "ea2": 94.58,
                       "ea8": 76.25},
}  # fmt: skip
"""EmoVid, arXiv 2511.11002: Wan2.1-14B before and after fine-tuning; judged by the classifier that
labelled its training data, on captions of its own, without intervals."""


def run(args: argparse.Namespace) -> None:
    """Make and judge the clips of a model; a run that was stopped goes on."""
    protocol = load_protocol(args.protocol)
    requests = protocol.requests()[:: args.every]
    loras = tuple(map(parse_lora, args.lora))
    pipeline = load_pipeline(
        args.model, adapter=args.adapter, options=LoadOptions(loras=loras, offload=args.offload)
    )
    told = pipeline.parts.adapter is None
    numbers = protocol.clip.given() | ({"steps": args.steps} if args.steps else {})
    settings = asdict(pipeline.defaults) | numbers
    seconds = (settings["num_frames"] - 1) / settings["fps"]

    def source(request: ClipRequest) -> Clip:
        words = words_of(request.prompt, request.emotion, identity="").emovid
        return pipeline(
            words if told else request.prompt, seed=request.seed, **numbers,
            emotion=None if told else request.trajectory(seconds),
        )

    stated = settings | {"lora": ", ".join(one.path.name for one in loras) or None,
                         "emotion": "in words" if told else "by the adapter"}  # fmt: skip
    generator = Generator(
        kind="model", name=Path(args.model).name, sha256=folder_hash(pipeline.parts.folder),
        settings=stated,
    )
    card = new_card(protocol=protocol, requests=requests, generator=generator, command=sys.argv)
    check_same(read_card(args.output), card, args.output)
    args.output.mkdir(parents=True, exist_ok=True)
    write_card(args.output, card)
    run_campaign(
        requests, source=source, judges=shipped_judges(), folder=args.output,
        progress=lambda what, done, total: print(f"{done}/{total} {what}", file=sys.stderr),
    )
    write_card(args.output, card.done())


def table(args: argparse.Namespace) -> None:
    """Write and print what was measured beside what was published."""
    given = {"text, base": args.base, "text, tuned": args.tuned}
    campaigns = {name: None if at is None else read_campaign(at) for name, at in given.items()}
    both = list(campaigns.values())
    paired = None if None in both else compare(*both).to_dict()
    result: dict[str, Any] = {
        "benchmark": "emovid", "published": PUBLISHED, "paired": paired,
        "measured": {
            name: None if campaigns.get(name) is None else figures(campaigns[name])
            for name in PUBLISHED
        },
    }  # fmt: skip
    write_result(args.out, result)
    head = ["", *(f"{side}, {name}" for name in PUBLISHED for side in ("published", "measured"))]
    rows = [
        [label, *(cell for name in PUBLISHED
                  for cell in (PUBLISHED[name][key], shown(result["measured"][name], key)))]
        for key, label in FIGURES.items()
    ]  # fmt: skip
    print(markdown_table(head, rows))
    print(*(() if paired is None else paired["claims"]), sep="\n")


def figures(campaign: Campaign) -> dict[str, Any]:
    """Return what emogen can measure of EmoVid's figures, by both judges where both read it.

    FVD and CLIP score need networks that are not here: they stay None.
    """
    rows = [row for row in campaign.finished if row.measures == "category"]
    if not rows:
        raise InputError(f"expected clips that ask for one emotion in {campaign.folder}, got none")
    prompts = [row.prompt for row in rows]
    found: dict[str, Any] = {
        "model": campaign.card.generator.model_dump(mode="json") if campaign.card else None,
        "clips": len(rows), "failed": len(campaign.rows) - len(campaign.finished),
        "fvd": None, "clip_score": None,
        "flicker": fine(bootstrap_mean([row.picture.change for row in rows], prompts)),
    }
    for judge in campaign.judges:
        for key, classes in (("ea2", 2), ("ea8", 8)):
            name = key if judge == campaign.judges[0] else f"{key}_{judge}"
            found[name] = fine(share(hits(rows, judge, classes=classes), prompts))
    return found


def fine(estimate: Estimate) -> dict[str, float]:
    """Return an estimate as plain numbers of six decimals."""
    return {name: round(value, 6) for name, value in asdict(estimate).items()}


def shown(found: dict[str, Any] | None, key: str) -> str:
    """Return a cell of the table, empty where nothing was measured."""
    if found is None or found[key] is None:
        return ""
    scale, digits = (100, 1) if key.startswith("ea") else (1, 4)
    ends = (found[key][part] for part in ("value", "low", "high"))
    value, low, high = (round(scale * end, digits) for end in ends)
    return f"{value} ({low} to {high})"


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    both = parser.add_subparsers(required=True)
    one = both.add_parser("run")
    one.add_argument("--model", required=True, help="a Wan folder or the name of one")
    one.add_argument("--lora", nargs="*", default=[], metavar="FILE[:SCALE[:2]]")
    one.add_argument("--adapter", help="folder of an emotion adapter")
    one.add_argument("--protocol", default="emovid")
    one.add_argument("--steps", type=int, help="denoising steps; default: the model's own")
    one.add_argument("--every", type=int, default=1, help="take one of so many clips")
    one.add_argument("--offload", default="none", choices=["none", "model", "sequential", "group"])
    one.add_argument("--output", "-o", type=Path, required=True)
    one.set_defaults(act=run)
    other = both.add_parser("table")
    other.add_argument("--base", type=Path, help="run of the base, from words")
    other.add_argument("--tuned", type=Path)
    other.add_argument("--out", type=Path, default=RESULT)
    other.set_defaults(act=table)
    args = parser.parse_args()
    args.act(args)


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
