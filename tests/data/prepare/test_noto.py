"""Real animations: no cut in any, a cut where two are joined, a copy where one is copied."""

import json

import numpy as np
import pytest

from emogen.data.prepare.run import prepare
from emogen.data.prepare.settings import PrepareSettings
from emogen.data.prepare.work import Crew
from tests.data.prepare.clips import write

SIZE, COUNT = 64, 32
GROUNDS = [(250, 240, 200), (60, 90, 140), (180, 220, 190), (240, 250, 255), (90, 40, 60)]


@pytest.mark.corpus
def test_a_folder_of_animations(tmp_path):
    from emogen.data.noto import NotoCorpus
    from emogen.media.clip import flatten

    noto = NotoCorpus()
    items = [item for item in noto if item.emotion and not item.skin_tones][::30][:5]
    shown = [flatten(noto.render(item, num_frames=COUNT, fps=16, size=SIZE), ground)
             for item, ground in zip(items, GROUNDS, strict=True)]
    rows = []
    for item, frames in zip(items, shown, strict=True):
        write(tmp_path / f"in/{item.id}.mp4", frames)
        label = max(item.emotion, key=item.emotion.get)
        rows.append({"path": f"{item.id}.mp4", "emotion": label, "caption": item.caption})
    write(tmp_path / "in/copy.webm", shown[0], crf=40)
    write(tmp_path / "in/joined.gif", np.concatenate([shown[1][:12], shown[2]]))
    rows += [{"path": "copy.webm", "emotion": "awe"}, {"path": "joined.gif"}]
    (tmp_path / "in/table.jsonl").write_text("\n".join(map(json.dumps, rows)))
    settings = PrepareSettings(sizes=((64, 64),), frames=(17,))
    found = prepare("folder", str(tmp_path / "in"), str(tmp_path / "out"), settings=settings,
                    crew=Crew(workers=0))
    out = [json.loads(line) for line in (tmp_path / "out/left_out.jsonl").read_text().splitlines()]
    assert [(one["id"], one["rule"]) for one in out] == [("copy.webm", "duplicate")]
    assert found.statistics["with_cuts"] == 1
    lines = (tmp_path / "out/manifest.jsonl").read_text().splitlines()
    joined = next(row for row in map(json.loads, lines) if row["id"] == "joined.gif")
    assert joined["first_frame"] >= 13
