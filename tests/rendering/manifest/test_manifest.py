"""Manifests: three ways to write the same jobs, and everything that is wrong told at once."""

import io
import json
import sys

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from emogen.errors import InputError
from emogen.rendering.manifest import ManifestError, parse_manifest, read_manifest
from emogen.rendering.manifest.matrix import MAX_VALUES
from emogen.rendering.schema import job_schema, line_schema, manifest_schema

JSONL = """{"version": 1, "defaults": {"steps": 8, "score": true}, "matrix": {"seed": "0..1"}}
{"prompt": "a cat", "emotion": "fear:0.8"}

{"prompt": "a dog", "matrix": {"emotion": ["awe", null]}, "fps": 12}
{"clip": "x.mp4", "seed": 0}
"""
CSV = """# defaults: {steps: 8, score: true}
# matrix: {seed: 0..1}
prompt,emotion,fps
a cat,fear:0.8,
a dog,awe,12
"""
YAML = """
version: 1
defaults: {steps: 8, score: true}
matrix:
  seed: 0..1
jobs:
- prompt: a cat
  emotion: fear:0.8
- prompt: a dog
  emotion: awe
  fps: 12
"""


def jobs(text, kind):
    return [job for _, job in parse_manifest(text, format=kind).checked().jobs]


def problems(text, kind="jsonl"):
    with pytest.raises(ManifestError) as caught:
        parse_manifest(text, format=kind).checked()
    return [str(problem) for problem in caught.value.problems]


def line(**values):
    return json.dumps(values)


def test_three_ways_to_say_the_same() -> None:
    head, cat = JSONL.splitlines()[:2]
    as_lines = "\n".join([head, cat, line(prompt="a dog", emotion="awe", fps=12)])
    assert jobs(CSV, "csv") == jobs(YAML, "yaml") == jobs(as_lines, "jsonl")


def test_the_documented_manifest_makes_what_is_documented(root) -> None:
    text = (root / "docs" / "rendering.md").read_text()
    example = text.partition("```json\n")[2].partition("```")[0]
    found = parse_manifest(example, format="jsonl").checked().jobs
    assert [sum(place == number for place, _ in found) for number in (2, 3, 4, 5)] == [8, 4, 4, 4]


def test_a_json_document_is_a_manifest_too() -> None:
    assert jobs(json.dumps(yaml.safe_load(YAML)), "yaml") == jobs(YAML, "yaml")


def test_a_matrix_makes_every_combination_in_order() -> None:
    found = jobs(line(prompt="a", matrix={"emotion": ["fear", "awe"], "seed": [7, 9]}), "jsonl")
    assert [(job.emotion, job.seed) for job in found] == [
        ("fear", 7), ("fear", 9), ("awe", 7), ("awe", 9),
    ]


def test_what_a_job_says_itself_wins() -> None:
    text = '{"defaults": {"steps": 8, "seed": 3}, "matrix": {"seed": [1, 2]}}\n'
    text += line(prompt="a", seed=5) + "\n" + line(prompt="b", matrix={"seed": [6]})
    assert [job.seed for job in jobs(text, "jsonl")] == [5, 6]


def test_a_default_holds_where_the_kind_heeds_it() -> None:
    text = '{"defaults": {"steps": 8}}\n' + line(clip="a.mp4") + "\n" + line(prompt="a")
    assert [job.steps for job in jobs(text, "jsonl")] == [None, 8]


def test_all_problems_at_once_with_line_and_field() -> None:
    text = "\n".join([
        '{"defaults": {"steps": 900, "stepz": 1}, "matrix": {"seed": [1, 1], "fps": []}}',
        line(prompt="a", promt="b", frames=32),
        "[1]",
        '{"prompt": "a", "prompt": "b"}',
        "{broken",
        line(shots=[{"prompt": "a", "emotoin": "fear"}]),
        line(prompt="a", seed=1, matrix={"seed": [1], "emotion": ["fear", "hapy"]}),
        '{"prompt": "a", "guidance": NaN}',
        '{"version": 1, "prompt": "a"}',
    ])
    found = problems(text)
    expected = [
        "line 1, defaults.steps: ", "line 1, defaults.stepz: unknown setting; did you mean 'steps'",
        "line 1, matrix.fps: expected a list", "line 1, matrix.seed: expected different values",
        "line 2, frames: expected the form 4k+1, got 32", "line 2, promt: unknown setting; did you",
        "line 3: expected an object", "line 4: prompt is given twice", "line 5: expected one JSON",
        "line 6, shots[0].emotoin: unknown setting; did you mean 'emotion'",
        "line 7, matrix.emotion[1]: unknown emotion 'hapy'",
        "line 7, seed: given as one value and in the matrix", "line 8: expected one JSON object",
        "line 9: version and defaults stand alone",
    ]
    assert len(found) == len(expected)
    for text, beginning in zip(found, expected, strict=True):
        assert text.startswith(beginning)


def test_a_mistake_in_a_matrix_line_is_told_once() -> None:
    assert len(problems(line(promt="a", steps=0, matrix={"seed": "0..9999"}))) == 2


def test_the_message_is_one_line_that_counts() -> None:
    with pytest.raises(ManifestError, match=r"^7 problems in stdin: .*; and 2 more$") as caught:
        parse_manifest("\n".join(["x"] * 7), format="jsonl").checked()
    assert caught.value.exit_code == 2
    assert len(caught.value.to_dict()["problems"]) == 7


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("prompt,seed\na,x\n", "line 2, seed: expected a number, got the text 'x'"),
        ("prompt,seed\na\n", "line 2: expected 2 cells"),
        ("prompt,prompt\na,b\n", "line 1, prompt: two columns"),
        ("prompt,shots\na,b\n", "line 1, shots: does not fit into a cell"),
        ('prompt\n"a', "line 2: expected CSV"),
        ("", "line 1: expected a row of names"),
        ("# defaults: {stepz: 1}\nprompt\na\n", "line 1, defaults.stepz: unknown setting"),
        ("seed\n3\n", "line 2: expected prompt"),
    ],
)
def test_bad_tables(text, expected) -> None:
    assert any(found.startswith(expected) for found in problems(text, "csv")), problems(text, "csv")


def test_a_cell_may_hold_several_lines_and_lines_still_count() -> None:
    text = 'prompt,name\n"a, cat","x"\n\n"b",y\n"c",z,\n'
    assert problems(text, "csv") == ["line 5: expected 2 cells as in the row of names, got 3"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jobs: [", "expected YAML"),
        ("- prompt: a", "line 1: expected a mapping"),
        ("jobs:\n- prompt: a\n  prompt: b", "line 3, prompt: given twice"),
        ("jobs:\n- &x {prompt: a}\n- *x", "line 2: an alias"),
        ("job: []", "jobs: expected a list"),
        ("jobs: [5]", "line 1: expected a job"),
        ("version: 2\njobs: [{prompt: a}]", "line 1, version: expected 1, got 2"),
        ("jobs:\n- prompt: a\n  seed: 1.5", "line 3, seed: "),
        ("!!python/object/apply:os.system [x]", "expected YAML"),
    ],
)
def test_bad_documents(text, expected) -> None:
    assert any(expected in found for found in problems(text, "yaml")), problems(text, "yaml")


def test_a_matrix_that_explodes_is_refused() -> None:
    assert "expected at most 1000000 jobs" in problems(
        line(prompt="a", matrix={"seed": "0..99999", "steps": "1..100"})
    )[0]
    assert "growing range" in problems(line(prompt="a", matrix={"seed": f"0..{MAX_VALUES}"}))[0]


def test_reading_files(tmp_path) -> None:
    path = tmp_path / "night.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + JSONL.replace("\n", "\r\n").encode())
    manifest = read_manifest(path).checked()
    assert (manifest.name, manifest.source, manifest.folder) == ("night", "night.jsonl", tmp_path)
    assert [place for place, _ in manifest.jobs] == [2, 2, 4, 4, 4, 4, 5]
    with pytest.raises(InputError, match="no manifest"):
        read_manifest(tmp_path / "no.jsonl")
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(InputError, match="name its --format"):
        read_manifest(tmp_path / "a.txt")
    (tmp_path / "b.jsonl").write_bytes(b'{}\n"\xff"')
    with pytest.raises(InputError, match=r"other bytes in line 2 of b\.jsonl"):
        read_manifest(tmp_path / "b.jsonl")


def test_reading_standard_input(monkeypatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(CSV.encode()))
    monkeypatch.setattr(sys, "stdin", stream)
    assert len(read_manifest("-", format="csv").jobs) == 4


@given(st.text(max_size=200), st.sampled_from(["jsonl", "csv", "yaml"]))
@settings(deadline=None)
def test_any_text_is_jobs_or_problems(text, kind) -> None:
    manifest = parse_manifest(text, format=kind)
    assert manifest.jobs or manifest.problems


LINES = jsonschema.Draft202012Validator(line_schema())
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 50), st.floats(-2, 40), st.sampled_from(
        ["a cat", "", "fear:0.8", "64x64", "130x96", "nano", "a.mp4", "a.json", "talk", "rig"]
    ),
)
NAMES = st.sampled_from([
    "prompt", "kind", "emotion", "size", "frames", "fps", "steps", "seed", "score", "output",
    "clip", "engine", "promt", "best_of", "name",
])


@given(st.dictionaries(NAMES, VALUES, min_size=1, max_size=4))
@settings(deadline=None, max_examples=200)
def test_what_is_read_is_valid_by_the_schema(values) -> None:
    """The schema cannot say everything, but it refuses nothing that is read."""
    if not parse_manifest(json.dumps(values), format="jsonl").problems:
        LINES.validate(values)


def test_schemas_hold_for_good_manifests() -> None:
    for text in JSONL.splitlines():
        if text:
            jsonschema.validate(json.loads(text), line_schema())
    jsonschema.validate(yaml.safe_load(YAML), manifest_schema())
    for make in (job_schema, line_schema, manifest_schema):
        jsonschema.Draft202012Validator.check_schema(make())


@pytest.mark.parametrize(
    "values",
    [{"promt": "a"}, {"prompt": 5}, {"prompt": "a", "steps": "8"}, {"prompt": "a", "steps": 0},
     {"prompt": "a", "kind": "opera"}, {"prompt": "a", "matrix": {"seed": []}}, {"version": 2},
     {}],
)
def test_the_schema_refuses_what_is_refused(values) -> None:
    assert problems(json.dumps(values))
    with pytest.raises(jsonschema.ValidationError):
        LINES.validate(values)
