"""The data card: settings and statistics in, a Markdown page about the prepared data out."""

from collections.abc import Mapping, Sequence
from typing import Any

from emogen.data.corpora import CORPORA
from emogen.data.prepare.settings import PrepareSettings

_RULES = {
    "damaged": "cannot be read (`quarantine.jsonl` says why)",
    "duplicate": "looks like another clip",
    "short": "too short for the shortest length",
    "small": "would have to be enlarged too much",
    "cut": "has scene cuts",
}


def write_card(
    kind: str, settings: PrepareSettings, found: Mapping[str, Any],
    caches: Mapping[str, Any] | None,
) -> str:
    """Return the page.

    Args:
        kind: of corpus.
        settings: what it was prepared by.
        found: the statistics.
        caches: model, shards and clips of the caches, None where there are none.
    """
    corpus = CORPORA[kind]
    parts = [
        _head(kind, found),
        f"{found['examples']} examples, {found['hours']:.2f} hours, from {found['entries']} "
        f"entries of the corpus `{kind}`: {corpus.holds}.",
        f"**Terms:** {corpus.terms}. Preparing changes nothing about them.",
        "![Frames of examples](figures/examples.png)" if found["examples"] else "",
        "## What it was made by", _table(("setting", "value"), _settings(settings)),
        "## Emotions", _table(("emotion", "examples", "hours", "train", "val", "test"),
                              _emotions(found)),
        "![Examples of each emotion](figures/emotions.png)",
        "Labels are the corpus's own: what its makers say a clip evokes or shows, not what anybody "
        "feels. Unlabelled examples train without emotion.",
        "## Colours and motion", _colours(found),
        "![Colours of each emotion](figures/colours.png)",
        "## From clip to clip", _transitions(found),
        "![Transitions](figures/transitions.png)" if found["transitions"]["pairs"] else "",
        "## Lengths and shapes", _lengths(found),
        "![Lengths and buckets](figures/lengths.png)",
        "## Left out", _left_out(found),
        "## Words", _words(found),
        "## Files", _files(caches),
        "## Limits",
        "Scene cuts are found by change of colour: slow dissolves are not. Copies are found where "
        "size, codec or quality differ: mirrored, cropped and trimmed ones are not, so a split may "
        "still share material. Splits keep together what shares a group; where the corpus names "
        "none, each clip stands alone.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(kind: str, found: Mapping[str, Any]) -> str:
    size = next(name for limit, name in ((1e3, "n<1K"), (1e4, "1K<n<10K"), (1e5, "10K<n<100K"),
                                         (float("inf"), "n>100K")) if found["examples"] < limit)
    return (
        "---\ntask_categories:\n- text-to-video\n- video-classification\ntags:\n- emotion\n"
        f"size_categories:\n- {size}\n---\n\n# {kind}, prepared for training"
    )


def _settings(settings: PrepareSettings) -> list[tuple[str, str]]:
    rows = settings.to_dict()
    return [(name.replace("_", " "),
             ", ".join(map(str, value)) if isinstance(value, list) else f"{value}")
            for name, value in rows.items()]


def _emotions(found: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return [
        (name, row["examples"], f"{row['hours']:.2f}",
         *(row["splits"].get(split, 0) for split in ("train", "val", "test")))
        for name, row in found["emotions"].items()
    ]


def _colours(found: Mapping[str, Any]) -> str:
    said = [f"{name} {100 * share:.1f} %" for name, share in found["explained"].items()
            if share is not None]
    table = _table(
        ("emotion", "hue", "colourfulness", "brightness", "motion"),
        [(name, f"{360 * row['hue']['mean']:.0f}°",
          *(f"{row[key]['mean']:.3f} ({row[key]['low']:.3f} to {row[key]['high']:.3f})"
            for key in ("colourfulness", "brightness", "motion")))
         for name, row in found["emotions"].items()],
    )
    note = ("EmoVid's attributes: circular mean of hue, mean saturation and mean value over every "
            "20th frame of a file; motion is the mean change of colour from frame to frame.")
    explained = (f"Of the variance, the emotion explains: {', '.join(said)} (with few examples of "
                 "a category, part of it is chance)." if said else "")
    return "\n\n".join(part for part in (note, explained, table) if part)


def _transitions(found: Mapping[str, Any]) -> str:
    table = found["transitions"]
    if not table["pairs"]:
        return "The corpus says of no two labelled clips that one follows the other."
    means = ", ".join(f"{table[name]:.2f} {words}" for name, words in (
        ("same_emotion", "to the same emotion"), ("same_valence", "to each other of its valence"),
        ("other_valence", "to each of the other")) if table[name] is not None)
    return f"{table['pairs']} pairs of neighbours; on average {means}."


def _lengths(found: Mapping[str, Any]) -> str:
    files = found["files"]
    rows = [(name, *(f"{value:g}" for value in (files[name][0], files[name][3], files[name][6])))
            for name in ("seconds", "fps", "height") if files[name]]
    lost = found["cropped"]
    note = f"On average {100 * lost:.1f} % of a picture is cropped." if lost is not None else ""
    return "\n\n".join(part for part in (
        _table(("of the files", "least", "median", "most"), rows),
        f"{found['with_sound']} files have sound (kept in the files, not in the caches), "
        f"{found['with_cuts']} have scene cuts. {note}",
    ) if part)


def _left_out(found: Mapping[str, Any]) -> str:
    if not found["left_out"]:
        return "Nothing."
    return _table(("entries", "why"), [(count, _RULES[rule])
                                       for rule, count in found["left_out"].items()])


def _words(found: Mapping[str, Any]) -> str:
    return (
        f"{found['with_caption']} of {found['examples']} examples have a caption. Each is told "
        "three ways: the caption alone; with EmoVid's sentence, `The video is in the \"awe\" "
        "emotion`; with another wording of the same."
    )


def _files(caches: Mapping[str, Any] | None) -> str:
    rows = [
        ("`manifest.jsonl`", "one example a line: file, frames, bucket, split, emotion, words"),
        ("`left_out.jsonl`, `quarantine.jsonl`", "what is not used, and why"),
        ("`statistics.json`, `figures/`", "the figures of this page"),
        ("`index/`", "what each file holds"),
    ]
    if caches is not None:
        rows.append(("`latents/`, `text/`", f"{caches['clips']} clips and {caches['texts']} texts "
                     f"encoded by {caches['model']}, {caches['shards']} shards"))
    return _table(("file", "holds"), rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
