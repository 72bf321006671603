"""Launch: python benchmarks/reward.py best-of | tuned --lora FILE --adapter DIR | drawn.

Does a reward make clips better, or only the reward? The probe is the reward; two judges that took
no part read the same clips. Where nano is at its ceiling nothing can be won, so mixtures of two
emotions are asked for, in four steps without guidance, of identities and pairs of emotions that the
reward was never trained on.

    best-of  the best of N = 1, 2, 4 and 8 clips by the reward: how much do the judges gain?
    tuned    the model with what training/train_reward.py wrote beside the model without, clip by
             clip with the same prompts, emotions and seeds: reward, judges, subject, the distance
             between seeds, and single emotions, which must not suffer; --sheet PNG to look at
    drawn    the same mixtures drawn by the renderer, a ceiling

A higher reward that the main judge does not confirm is reported as failure. Intervals are 95 %,
resampled by prompt (14 of them). ``--steps 20 --guidance 2`` measures at nano's own settings, under
a key of its own. Each part goes into its own entry of benchmarks/results/reward.json.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from reward_reading import JUDGES, Ask, Panel, apart, films, mixtures, singles

from emogen.assets import model_dir
from emogen.conditioning.lora_files import merge, read_lora
from emogen.conditioning.weights import WEIGHTS
from emogen.data.synthetic import render_example, split
from emogen.errors import EmogenError, InputError
from emogen.evaluation.comparison import paired_bootstrap, permutation_test
from emogen.evaluation.reward import verdict
from emogen.evaluation.statistics import Estimate, bootstrap_mean
from emogen.evaluation.tables import folder_hash, machine, markdown_table, write_result
from emogen.media import Clip, contact_sheet, save_image
from emogen.pipelines import EmotionalVideoPipeline, load_pipeline

NUMBERS = (1, 2, 4, 8)
SHOW_EVERY = 34
"""One of so many requests goes onto the sheet: other subjects and pairs each time."""
FIGURES = ("reward", *JUDGES, *(f"{name}_hit" for name in JUDGES), "subject")
Rows = list[dict[str, Any]]


def mean(values: np.ndarray) -> float:
    """Return the mean of a column."""
    return float(np.mean(values.astype(float)))


def best_of(args: argparse.Namespace, panel: Panel) -> dict[str, Any]:
    """Choose the best of N by the reward; N = 1 is the mean of all seeds."""
    pipeline = load_pipeline(args.model)
    asks = mixtures(seeds=args.most, every=args.every)
    kept = read_rows(args.kept)
    todo = [ask for ask in asks if (*ask.key, ask.seed) not in kept]
    for ask, clip in told(todo, films(pipeline, todo, args.sampler)):
        kept[(*ask.key, ask.seed)] = panel.row(ask, clip)
        keep_row(args.kept, kept[(*ask.key, ask.seed)])
    rows = [kept[(*ask.key, ask.seed)] for ask in asks]
    requests = [rows[i : i + args.most] for i in range(0, len(rows), args.most)]
    prompts = [request[0]["prompt"] for request in requests]
    chosen = {n: [_chosen(request, n) for request in requests] for n in NUMBERS if n <= args.most}
    figures = {
        str(n): {
            name: {
                "mean": bootstrap_mean([one[name] for one in part], prompts).to_dict(),
                "gain": _gain(chosen[1], part, name, prompts),
            }
            for name in FIGURES
        }
        for n, part in chosen.items()
    }
    gains = {n: {name: Estimate(**part[name]["gain"]) for name in ("reward", *JUDGES)}
             for n, part in figures.items() if n != "1"}  # fmt: skip
    said = {n: {name: verdict(gain["reward"], gain[name]) for name in JUDGES}
            for n, gain in gains.items()}  # fmt: skip
    return {
        "requests": len(requests), "clips": len(rows), "verdict": said, "by_n": figures,
        "rows": rows,
    }  # fmt: skip


def read_rows(path: Path | None) -> dict[tuple[str, str, int], dict[str, Any]]:
    """Return the rows that a stopped run kept, by prompt, emotion and seed; none without a file."""
    if path is None or not path.is_file():
        return {}
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return {(row["prompt"], row["emotion"], row["seed"]): row for row in rows}


def keep_row(path: Path | None, row: dict[str, Any]) -> None:
    """Append a row to a file, if there is one."""
    if path is not None:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def _chosen(request: Rows, count: int) -> dict[str, float]:
    """Return the mean figures of the best of each ``count`` clips of a request."""
    groups = [request[i : i + count] for i in range(0, len(request), count)]
    best = [max(group, key=lambda row: row["reward"]) for group in groups]
    return {name: float(np.mean([row[name] for row in best])) for name in FIGURES}


def tuned(args: argparse.Namespace, panel: Panel) -> dict[str, Any]:
    """Make every clip with the base and with each tuned model, and compare."""
    asks = [*mixtures(seeds=2, every=args.every), *singles()]
    models = {"base": load_pipeline(args.model)}
    if args.lora:
        models["lora"] = with_lora(args.model, args.lora)
    if args.adapter:
        models["adapter"] = load_pipeline(args.model, adapter=str(args.adapter))
    rows: dict[str, Rows] = {name: [] for name in models}
    differing: dict[str, list[float]] = {name: [] for name in models}
    shown: list[tuple[Ask, dict[str, Clip]]] = []
    last: tuple[Ask, dict[str, Clip]] | None = None
    made = zip(*(films(model, asks, args.sampler) for model in models.values()), strict=True)
    for index, (ask, found) in enumerate(told(asks, made)):
        clips = dict(zip(models, found, strict=True))
        for name, clip in clips.items():
            rows[name].append(panel.row(ask, clip))
            if last and last[0].key == ask.key:
                differing[name].append(apart(last[1][name], clip))
        last = ask, clips
        if index % SHOW_EVERY == 0:
            shown.append(last)
    if args.sheet:
        draw(shown, args.sheet)
    given = {"lora": args.lora, "adapter": args.adapter}
    return {
        "models_compared": {
            name: compare(rows["base"], rows[name], (differing["base"], differing[name]))
            | {"trained": _described(given[name])}
            for name in models if name != "base"
        },
        "rows": rows,
    }  # fmt: skip


def compare(base: Rows, new: Rows, differing: tuple[list[float], list[float]]) -> dict[str, Any]:
    """Return the figures of two models, their differences and what these are worth.

    Args:
        base: Rows without tuning.
        new: Rows of the same requests with it.
        differing: Of both, how far apart the two seeds of each mixture are.
    """
    groups: dict[str, Any] = {}
    for group in dict.fromkeys(row["group"] for row in base):
        pair = [[row for row in rows if row["group"] == group] for rows in (base, new)]
        groups[group] = _group(*pair) | {"clips": len(pair[0])}
    clusters = [row["prompt"] for row in base if row["group"] == "mixture"][::2]
    seeds = {
        key: bootstrap_mean(values, clusters).to_dict()
        for key, values in zip(("base", "tuned"), differing, strict=True)
    }
    change = paired_bootstrap(mean, [differing[0]], [differing[1]], clusters=clusters)
    figures = groups["mixture"]
    return {
        "verdict": {
            name: verdict(_estimate(figures["reward"]), _estimate(figures[name]))
            for name in JUDGES
        },
        "groups": groups, "between_seeds": seeds | {"difference": change.to_dict()},
    }  # fmt: skip


def _group(base: Rows, new: Rows) -> dict[str, Any]:
    prompts = [row["prompt"] for row in base]
    return {
        name: {
            **{key: bootstrap_mean([row[name] for row in rows], prompts).to_dict()
               for key, rows in (("base", base), ("tuned", new))},
            "difference": _gain(base, new, name, prompts),
            "p": permutation_test(mean, *_columns(base, new, name), clusters=prompts),
        }
        for name in FIGURES
    }  # fmt: skip


def _estimate(figure: dict[str, Any]) -> Estimate:
    return Estimate(**figure["difference"])


def _columns(base: Rows, new: Rows, name: str) -> tuple[list[list[float]], list[list[float]]]:
    return [[float(row[name]) for row in base]], [[float(row[name]) for row in new]]


def _gain(base: Rows, new: Rows, name: str, prompts: Sequence[str]) -> dict[str, float]:
    return paired_bootstrap(mean, *_columns(base, new, name), clusters=prompts).to_dict()


def with_lora(model: str, path: Path) -> EmotionalVideoPipeline:
    """Return a pipeline with a LoRA merged into its weights, for emogen's own passes."""
    pipeline = load_pipeline(model)
    merge(pipeline.parts.transformer, read_lora(path))
    return pipeline


def drawn(args: argparse.Namespace, panel: Panel) -> dict[str, Any]:
    """Read the same mixtures drawn by the renderer, one identity of the test split each."""
    base = load_pipeline(args.model).defaults
    asks = mixtures(seeds=1, every=args.every)
    rows = []
    for ask in asks:
        seed = 1_000_000 * ask.seed
        while split(_drawn(ask, seed, frames=1, size=16).identity) != "test":
            seed += 1
        example = _drawn(ask, seed, frames=base.num_frames, size=base.width)
        rows.append(panel.row(ask, Clip(frames=example.frames, fps=base.fps)))
    prompts = [row["prompt"] for row in rows]
    return {
        "clips": len(rows),
        "figures": {
            name: bootstrap_mean([row[name] for row in rows], prompts).to_dict() for name in FIGURES
        },
    }


def _drawn(ask: Ask, seed: int, *, frames: int, size: int) -> Any:  # noqa: ANN401 - an Example
    vectors = ask.emotion.sample(frames, 16.0)
    return render_example(
        seed, kind=ask.subject, emotion_vectors=vectors, num_frames=frames, size=size
    )


def draw(shown: Sequence[tuple[Ask, dict[str, Clip]]], path: Path) -> None:
    """Write a sheet of some requests, the clip without the LoRA over the one with it."""
    rows = [(ask, name, clip) for ask, clips in shown for name, clip in clips.items()]
    sheet = contact_sheet(
        [clip for *_, clip in rows], columns=6, tile_height=96,
        prompts=[f"{name}: {ask.prompt}" for ask, name, _ in rows],
        emotions=[ask.key[1] for ask, *_ in rows],
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    save_image(sheet, path)


def told(asks: Sequence[Ask], clips: Any) -> Any:  # noqa: ANN401 - clips, or pairs of them
    """Pass requests on with what was made and count them on stderr."""
    for index, pair in enumerate(zip(asks, clips, strict=True)):
        print(f"\r{index + 1}/{len(asks)}", end="", file=sys.stderr)
        yield pair
    print(file=sys.stderr)


def _described(path: Path) -> dict[str, Any]:
    """Return the hash of a LoRA or adapter and the settings it was trained with."""
    config = path.parent.parent / "config.json"
    file = path / WEIGHTS if path.is_dir() else path
    return {
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "settings": json.loads(config.read_text()) if config.is_file() else None,
    }


def report(part: str, result: dict[str, Any]) -> None:
    """Print what was measured."""
    if part == "drawn":
        print(markdown_table(FIGURES, [[_cell(result["figures"][name]) for name in FIGURES]]))
    elif part == "best-of":
        rows = [[n, *(_cell(figures[name]["mean"]) for name in FIGURES)]
                for n, figures in result["by_n"].items()]  # fmt: skip
        print(markdown_table(["N", *FIGURES], rows))
    else:
        for model, compared in result["models_compared"].items():
            report_tuned(model, compared)


def report_tuned(model: str, compared: dict[str, Any]) -> None:
    """Print what a tuned model is beside the base."""
    rows = [[group, name, *(_cell(figures[name][key]) for key in ("base", "tuned", "difference")),
             round(figures[name]["p"], 4)]
            for group, figures in compared["groups"].items() for name in FIGURES]  # fmt: skip
    print(markdown_table(["asked", model, "base", "tuned", "difference", "p"], rows))
    print({name: _cell(value) for name, value in compared["between_seeds"].items()})
    print(compared["verdict"])


def _cell(figure: dict[str, float]) -> str:
    return Estimate(**figure).rounded(3)


def main() -> None:
    """Measure a part and write it beside those measured before."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--model", default="nano", help="name or folder")
    parser.add_argument("--lora", type=Path, help="a file that train_reward.py wrote")
    parser.add_argument("--adapter", type=Path, help="an emotion_adapter folder that it wrote")
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--guidance", type=float, default=1.0, help="of text and of emotion")
    parser.add_argument("--most", type=int, choices=NUMBERS, default=8, help="largest N of best-of")
    parser.add_argument("--every", type=int, default=1, help="keep one of so many pairs")
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--kept", type=Path, help="rows of best-of to go on from")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/reward.json"))
    args = parser.parse_args()
    args.sampler = {"steps": args.steps, "guidance_scale": args.guidance,
                    "emotion_guidance_scale": args.guidance}  # fmt: skip
    if args.part == "tuned" and not (args.lora or args.adapter):
        raise InputError("expected --lora FILE or --adapter DIR to compare, got neither")
    measured = PARTS[args.part](args, Panel())
    result = json.loads(args.out.read_bytes()) if args.out.is_file() else {}
    name = f"best of {args.most}" if args.part == "best-of" else args.part
    key = name if args.part == "drawn" else f"{name}, {args.steps} steps"
    hashes = {name: folder_hash(model_dir(name)) for name in ("nano", "probe", "judge")}
    result[key] = {
        "settings": args.sampler | {"every": args.every}, "machine": machine(), "models": hashes,
        **measured,
    }
    write_result(args.out, result)
    report(args.part, measured)


PARTS: dict[str, Callable[[argparse.Namespace, Panel], dict[str, Any]]] = {
    "best-of": best_of, "tuned": tuned, "drawn": drawn,
}  # fmt: skip


if __name__ == "__main__":
    try:
        main()
    except EmogenError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
