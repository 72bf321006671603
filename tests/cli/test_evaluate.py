"""`emogen evaluate` end to end with the tiny model: run, stop, go on, report, compare, study."""

import json
from functools import partial

import pytest

from emogen.cli import campaign
from emogen.evaluation import campaign as campaigns
from emogen.evaluation import report as reports
from emogen.evaluation.campaign import read_rows
from emogen.evaluation.campaign.rows import ROWS
from emogen.media import write_sidecar, write_video
from tests.evaluation.judges import two_judges
from tests.evaluation.made import tiny_clip

PROTOCOL = """
name: small
parts:
  - name: grid
    measures: category
    prompts: [a red robot in a forest, {text: a blue cat on the snow, draw: cat}]
    emotions: [fear, awe]
  - name: none
    measures: neutral
    prompts: [a red robot in a forest]
"""


@pytest.fixture(scope="module")
def judges():
    return two_judges()


@pytest.fixture(autouse=True)
def small_judges(monkeypatch, judges):
    """Real judges of a megabyte in place of the shipped ones, which have tests of their own."""
    monkeypatch.setattr(campaign, "load_judges", lambda: judges)
    for module, name in ((reports, "write_report"), (campaigns, "compare")):
        monkeypatch.setattr(module, name, partial(getattr(module, name), resamples=50))


@pytest.fixture
def run(emogen, tiny_model, tmp_path):
    def command(*arguments, folder="run", protocol=PROTOCOL):
        (tmp_path / "small.yaml").write_text(protocol)
        return emogen("evaluate", "run", "small.yaml", "--model", tiny_model, "-o", folder,
                      "--ceiling", "none", *arguments)

    return command


def test_run_writes_clips_rows_card_and_reports(run, tmp_path) -> None:
    result = run("--ceiling", "auto")
    assert result.code == 0, result.err
    assert result.out.splitlines()[:3] == ["run/report.html", "run/report.md", "run/summary.json"]
    assert "The main judge finds the asked emotion in" in result.out
    folder = tmp_path / "run"
    rows = read_rows(folder)
    assert [row.measures for row in rows] == ["category"] * 4 + ["neutral"]
    assert all((folder / row.clip).is_file() for row in rows)
    card = json.loads((folder / "run.json").read_text())
    assert card["generator"]["settings"]["steps"] == 3
    assert card["generator"]["name"] == "tiny"
    assert card["finished"]
    assert card["seeds"] == [0, 1]
    assert card["ceiling"] == "drawn"
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["counts"]["ceiling"] == 2
    assert summary["judges"]["second"]["ceiling"]["figures"]["ea8"]["count"] == 2


def test_a_run_goes_on_where_it_was(run, tmp_path) -> None:
    assert run().code == 0
    path = tmp_path / "run" / ROWS
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2]) + lines[2][:40])
    result = run("--json")
    answer = json.loads(result.out)
    assert answer["summary"]["counts"]["finished"] == 5
    assert answer["html"] == "run/report.html"
    assert path.read_bytes().splitlines(keepends=True)[:2] == lines[:2]
    assert len(read_rows(tmp_path / "run")) == 5
    result = run("--steps", 2)
    assert (result.code, result.out) == (2, "")
    assert "holds a run with another settings" in result.err
    result = run(protocol=PROTOCOL.replace("awe", "anger"))
    assert "holds a run with another protocol" in result.err


def test_clips_of_a_folder_with_a_ceiling_and_a_reference(emogen, tmp_path) -> None:
    for name, emotion in (("a", "fear:0.9"), ("b", "awe:0.9"), ("c", "neutral")):
        path = tmp_path / "clips" / f"{name}.mp4"
        path.parent.mkdir(exist_ok=True)
        write_video(tiny_clip(ord(name)), path)
        write_sidecar(path, {"prompt": f"a {name}", "emotion": emotion, "seed": 1})
    result = emogen("evaluate", "run", "--clips", "clips", "--ceiling", "clips",
                    "--reference", "clips", "-o", "run", "--json")
    assert result.code == 0, result.err
    summary = json.loads(result.out)["summary"]
    assert summary["counts"] == {
        "asked": 3, "finished": 3, "failed": 0, "prompts": 3, "ceiling": 3,
    }
    found = summary["judges"]["main"]["frechet"]
    assert (found["to"], found["value"]) == ("reference", 0.0)
    assert json.loads((tmp_path / "run" / "run.json").read_text())["ceiling"] == "clips"


def test_missing_clips_are_failures(emogen, tmp_path) -> None:
    (tmp_path / "small.yaml").write_text(PROTOCOL)
    path = tmp_path / "clips" / "a.mp4"
    path.parent.mkdir()
    write_video(tiny_clip(), path)
    write_sidecar(path, {"prompt": "a red robot in a forest", "emotion": "fear:0.9", "seed": 0})
    result = emogen("evaluate", "run", "small.yaml", "--clips", "clips", "-o", "run",
                    "--ceiling", "none")
    assert result.code == 1
    assert "4 of 5 clips failed" in result.out
    assert "no clip of" in (tmp_path / "run" / "report.md").read_text()


def test_everything_fails(emogen, tmp_path) -> None:
    (tmp_path / "small.yaml").write_text(PROTOCOL)
    path = tmp_path / "clips" / "a.mp4"
    path.parent.mkdir()
    write_video(tiny_clip(), path)
    write_sidecar(path, {"prompt": "another", "emotion": "fear:0.9", "seed": 0})
    result = emogen("evaluate", "run", "small.yaml", "--clips", "clips", "-o", "run")
    assert result.code == 1
    assert "all 5 clips failed, the first: no clip of" in result.err.splitlines()[-1]


def test_report_and_compare_and_study(run, emogen, tmp_path) -> None:
    assert run(folder="a").code == 0
    assert run("--emotion-guidance", 6, folder="b").code == 0
    (tmp_path / "a" / "report.html").unlink()
    assert emogen("evaluate", "report", "a").out.splitlines()[0] == "a/report.html"
    assert (tmp_path / "a" / "report.html").is_file()
    result = emogen("evaluate", "compare", "a", "b", "--json")
    answer = json.loads(result.out)
    assert answer["pairs"] == 5
    assert list(answer["judges"]) == ["main", "second"]
    assert "only A : only B" in emogen("evaluate", "compare", "a", "b").out
    result = emogen("evaluate", "study", "export", "a", "b", "-o", "study.html", "--pairs", 4,
                    "--catch", 2, "--json")
    assert result.code == 0, result.err
    key = json.loads((tmp_path / "study.key.json").read_text())
    answers = [
        {"trial": name, "choice": "left" if trial["left"] in {"B", "intact"} else "right"}
        for name, trial in key["trials"].items()
    ]
    (tmp_path / "r1.json").write_text(
        json.dumps({"study": key["study"], "rater": "r1", "answers": answers})
    )
    result = emogen("evaluate", "study", "read", "r1.json", "--key", "study.key.json")
    assert result.code == 0, result.err
    assert "1 raters count; dropped: nobody." in result.out
    assert "100 % " in result.out


BAD = {
    "nothing": (["run"], "expected a protocol (quick, full, emovid or a file) or --clips DIR"),
    "protocol": (["run", "quik"], "no protocol 'quik': expected a YAML file or one of"),
    "broken": (["run", "bad.yaml"], "line 1, nme: unknown key; did you mean 'name'?"),
    "clips": (["run", "--clips", "no"], "no folder 'no'"),
    "empty": (["run", "--clips", "empty"], "expected clips"),
    "model": (["run", "quick", "--model", "nanno"], "no model 'nanno'"),
    "adapter": (["run", "quick", "--adapter", "no"], "no adapter folder 'no'"),
    "steps": (["run", "quick", "--steps", "0"], "expected --steps of 1 to 200, got 0"),
    "ceiling": (["run", "quick", "--ceiling", "no"], "no folder 'no' for --ceiling"),
    "reference": (["run", "quick", "--reference", "empty"], "for --reference, got none"),
    "not a run": (["run", "quick", "-o", "."], "holds something else than a run"),
    "file": (["run", "quick", "-o", "bad.yaml"], "expected a folder for -o, got the file"),
    "report": (["report", "empty"], "no campaign in 'empty'"),
    "compare": (["compare", "empty", "no"], "no campaign in 'empty'"),
    "export": (["study", "export", "empty", "no", "-o", "a.html"], "no campaign in 'empty'"),
    "read": (["study", "read", "no.json", "--key", "no.key"], "no such file: no.key"),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "line"), BAD.values(), ids=BAD)
def test_bad_input_is_one_clear_line(emogen, tmp_path, arguments, line) -> None:
    (tmp_path / "bad.yaml").write_text("nme: a")
    (tmp_path / "empty").mkdir()
    result = emogen("evaluate", *arguments)
    assert (result.code, result.out) == (2, ""), result.err
    assert line in result.err
    assert result.err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.yaml", "empty"]


def test_ctrl_c_keeps_what_is_done(run, monkeypatch, tmp_path) -> None:
    made = []

    def interrupted(model, adapter, generator):
        inner = source(model, adapter, generator)

        def generate(request):
            if len(made) == 2:
                raise KeyboardInterrupt
            made.append(request)
            return inner(request)

        return generate

    source = campaign._generating
    monkeypatch.setattr(campaign, "_generating", interrupted)
    result = run()
    assert result.code == 130
    assert result.err.splitlines()[-1] == "emogen: interrupted"
    assert len(read_rows(tmp_path / "run")) == 2
    monkeypatch.undo()


@pytest.mark.model
def test_the_embedded_model(emogen, tmp_path) -> None:
    (tmp_path / "small.yaml").write_text(
        PROTOCOL.replace("[fear, awe]", "[anger]").replace("a blue cat on the snow", "a blue cat")
    )
    result = emogen("evaluate", "run", "small.yaml", "--steps", 4, "-o", "run", "--json")
    assert result.code == 0, result.err
    summary = json.loads(result.out)["summary"]
    assert summary["counts"] == {
        "asked": 3, "finished": 3, "failed": 0, "prompts": 2, "ceiling": 1,
    }
    settings = json.loads((tmp_path / "run" / "run.json").read_text())["generator"]["settings"]
    assert settings["steps"] == 4
    assert settings["num_frames"] == 33


@pytest.mark.parametrize("arguments", [[], ["study"], ["run", "--help"]])
def test_help(emogen, arguments) -> None:
    result = emogen("evaluate", *arguments)
    assert result.code in {0, 2}
    assert "Usage" in result.out + result.err
