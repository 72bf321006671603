"""EmoSet: pictures with an emotion and attributes in JSON files in, entries for co-training out.

EmoSet (Yang et al. 2023, ICCV; arXiv 2307.07961) holds 118,102 pictures labelled with Mikels' eight
and attributes: brightness, colourfulness, scene, objects, facial expression, human action. Its
layout: ``train.json``, ``val.json``, ``test.json`` list ``[emotion, picture, annotation]``;
annotations lie in ``annotation/EMOTION/NAME.json``. Without the lists, the annotations are read as
they lie, each beside ``image/EMOTION/NAME.jpg``.
"""

import json
from collections.abc import Iterator
from typing import Any

from emogen.data.corpora.entry import SPLITS, Entry
from emogen.data.corpora.layout import Layout
from emogen.data.corpora.place import Place
from emogen.errors import CorpusError

_PICTURES = (".jpg", ".jpeg", ".png", ".webp")


def read_emoset(place: Place, layout: Layout) -> list[Entry]:
    """Return the pictures of an EmoSet folder with what is known about each.

    Args:
        place: the folder.
        layout: only its labels are used.

    Raises:
        CorpusError: lists or annotations are missing or of another shape.
    """
    names = place.sizes()
    lists = [f"{split}.json" for split in SPLITS if f"{split}.json" in names]
    rows = _listed(place, lists) if lists else _lying(names)
    entries = [_entry(place, layout, *row) for row in rows]
    if not entries:
        raise CorpusError(
            f"expected train.json or annotation/*/*.json in {place.root}, found neither; give the "
            "folder that holds image/ and annotation/"
        )
    return entries


def _listed(place: Place, lists: list[str]) -> Iterator[tuple[str, str, str, str]]:
    for name in lists:
        rows = _json(place, name)
        if not isinstance(rows, list):
            raise CorpusError(f"expected a list in {name}, got {type(rows).__name__}")
        for number, row in enumerate(rows, start=1):
            if not (isinstance(row, list) and len(row) == 3 and all(isinstance(c, str)
                                                                    for c in row)):
                raise CorpusError(
                    f"{name}, row {number}: expected [emotion, picture, annotation], got "
                    f"{str(row)[:80]}"
                )
            yield *row, name.removesuffix(".json")


def _lying(names: dict[str, int]) -> Iterator[tuple[str, str, str, str]]:
    for name in names:
        if name.startswith("annotation/") and name.endswith(".json") and name.count("/") == 2:
            base = name.removeprefix("annotation/").removesuffix(".json")
            pictures = [f"image/{base}{ending}" for ending in _PICTURES]
            picture = next((one for one in pictures if one in names), pictures[0])
            yield base.split("/")[0], picture, name, ""


def _entry(
    place: Place, layout: Layout, emotion: str, picture: str, annotation: str, split: str
) -> Entry:
    said = _json(place, annotation)
    if not isinstance(said, dict):
        raise CorpusError(f"expected an object in {annotation}, got {type(said).__name__}")
    label = str(said.get("emotion", emotion)).lower()
    return Entry(
        id=picture, path=picture, emotion=layout.labels.get(label, label), kind="image",
        caption=caption_of(said), split=split,
        attributes={name: value for name, value in said.items()
                    if name not in {"image_id", "emotion"}},
    )


def caption_of(said: dict[str, Any]) -> str:
    """Return what a picture shows, from its attributes, without how it feels.

    >>> caption_of({"scene": "amusement_park", "object": ["Person", "Tree"], "brightness": 0.4})
    'a photo of person, tree, amusement park'
    """
    parts: list[str] = []
    for name in ("object", "human_action", "scene"):
        value = said.get(name) or []
        parts += [str(one) for one in (value if isinstance(value, list) else [value])]
    words = ", ".join(dict.fromkeys(part.replace("_", " ").lower().strip() for part in parts))
    return f"a photo of {words}" if words else "a photo"


def _json(place: Place, name: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(place.read(name))
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"expected JSON in {name}, got: {error}") from error
