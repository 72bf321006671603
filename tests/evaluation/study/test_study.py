"""A study from two campaigns to its result: blind, balanced, and strict with guessers."""

import json
import re
from collections import Counter

import numpy as np
import pytest

from emogen.emotion import MIKELS
from emogen.errors import InputError
from emogen.evaluation.campaign import read_campaign
from emogen.evaluation.study import choose_trials, degraded, export_study, read_study
from emogen.evaluation.study.pairs import clips_of
from tests.evaluation.made import category, on_disk, tiny_clip

PROMPTS = ("a cat", "a dog", "a fox")
SECRETS = ("secretmodel-one", "secretmodel-two")


@pytest.fixture(scope="module")
def campaigns(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    made = [category(prompt, asked, asked) for prompt in PROMPTS for asked in MIKELS]
    return [read_campaign(on_disk(root / name, made, name=name)) for name in SECRETS]


@pytest.fixture(scope="module")
def exported(campaigns, tmp_path_factory):
    page = tmp_path_factory.mktemp("study") / "study.html"
    return export_study(*campaigns, page, pairs=8, catch=4, seed=1)


@pytest.fixture(scope="module")
def key(exported):
    return json.loads(exported.key.read_text())


@pytest.fixture
def answer(key, tmp_path):
    """Write the answers of a rater who chooses by a rule."""
    def write(rater, rule, **changed):
        answers = [
            {"trial": name, "choice": rule(trial), "seconds": 2.0, "order": order}
            for order, (name, trial) in enumerate(key["trials"].items())
        ]
        path = tmp_path / f"{rater}.json"
        path.write_text(json.dumps(
            {"study": key["study"], "rater": rater, "answers": answers} | changed
        ))
        return path

    return write


def side_of(trial, wanted):
    return "left" if trial["left"] == wanted else "right"


def prefers(system, *, catch="intact"):
    return lambda trial: side_of(trial, catch if trial["catch"] else system)


def page_data(page):
    found = re.search(r'<script type="application/json" id="study">(.*?)</script>',
                      page.read_text(), re.DOTALL)
    return json.loads(found[1])


def test_trials_are_balanced_and_the_same_for_a_seed(campaigns) -> None:
    trials = choose_trials(*campaigns, pairs=16, catch=4, seed=3)
    real = [trial for trial in trials if not trial.is_catch]
    assert Counter(trial.row.asked for trial in real) == dict.fromkeys(MIKELS, 2)
    assert Counter(trial.left for trial in real) == {"A": 8, "B": 8}
    assert all({trial.left, trial.right} == {"A", "B"} for trial in real)
    catch = [trial for trial in trials if trial.is_catch]
    assert Counter(trial.left for trial in catch) == {"intact": 2, "degraded": 2}
    assert [t.name for t in trials] == sorted(t.name for t in trials)
    assert trials == choose_trials(*campaigns, pairs=16, catch=4, seed=3)
    assert trials != choose_trials(*campaigns, pairs=16, catch=4, seed=4)


def test_raters_cannot_tell_who_made_what(exported, key) -> None:
    text = exported.page.read_text()
    assert not any(secret in text for secret in SECRETS)
    data = page_data(exported.page)
    assert set(data["trials"][0]) == {"trial", "emotion", "prompt", "clips"}
    assert [trial["trial"] for trial in data["trials"]] == list(key["trials"])
    for word in ("intact", "degraded", '"catch"', "emogen_parameters"):
        assert word not in text
    for trial in data["trials"]:
        for clip in trial["clips"]:
            assert clip.startswith("data:video/mp4;base64,")
    assert not re.search(r"https?://|url\(", text)


def test_the_key_knows(exported, key) -> None:
    assert [found["name"] for found in key["systems"].values()] == list(SECRETS)
    assert sum(trial["catch"] for trial in key["trials"].values()) == exported.catch == 4
    assert len(key["trials"]) == 12


def test_clips_of_a_trial_are_alike_in_size(campaigns) -> None:
    for trial in choose_trials(*campaigns, pairs=4, catch=2, seed=0):
        left, right = clips_of(trial, *campaigns)
        assert left.frames.shape == right.frames.shape
        assert left.audio is right.audio is None


def test_a_degraded_clip_shows_nothing() -> None:
    bad = degraded(tiny_clip())
    assert bad.frames.shape == tiny_clip().frames.shape
    assert len(np.unique(bad.frames.reshape(-1, 3), axis=0)) <= 25
    assert np.ptp(bad.frames, axis=0).max() == 0


def test_raters_who_prefer_b(answer, exported) -> None:
    paths = [answer(f"r{n}", prefers("B")) for n in range(3)] + [answer("odd", prefers("A"))]
    result = read_study(paths, key=exported.key)
    assert result.shares["B"].value == 0.75
    assert result.shares["tie"].value == 0
    assert result.preference.value == pytest.approx(0.75, abs=1e-6)
    assert result.preference.low < 0.75 < result.preference.high
    assert result.trials_won == (0, 8)
    assert result.sign_test == pytest.approx(2 / 2**8)
    assert all(rater.passes and rater.answered == 8 for rater in result.raters)
    assert result.left.value == 0.5


def test_guessers_are_dropped_and_named(answer, exported) -> None:
    blind = answer("blind", prefers("A", catch="degraded"))
    lazy = answer("lazy", lambda _: "tie")
    paths = [blind, lazy, *(answer(f"r{n}", prefers("B")) for n in range(2))]
    result = read_study(paths, key=exported.key)
    assert result.shares["B"].value == 1
    told = "\n".join(result.sentences())
    assert "2 raters count" in told
    assert "blind (0 of 4 catch trials right)" in told
    assert "lazy (0 of 4" in told
    assert "People prefer B." in told
    assert any("half a preference" in note for note in result.notes)
    assert json.dumps(result.to_dict(), allow_nan=False)


def test_no_preference_is_said_so(answer, exported) -> None:
    paths = [answer("a", prefers("A")), answer("b", prefers("B"))]
    result = read_study(paths, key=exported.key)
    assert result.preference.value == pytest.approx(0.5)
    assert "No preference may be claimed." in result.sentences()
    assert result.alpha.value < 0


def test_ties_count(answer, exported) -> None:
    def rule(trial):
        return side_of(trial, "intact") if trial["catch"] else "tie"

    paths = [answer("t", rule), answer("b", prefers("B"))]
    result = read_study(paths, key=exported.key)
    assert result.shares["tie"].value == 0.5
    assert result.trials_won == (0, 8)


def test_a_lean_to_one_side_is_a_note(answer, exported) -> None:
    def rule(trial):
        return side_of(trial, "intact") if trial["catch"] else "left"

    result = read_study([answer(f"r{n}", rule) for n in range(4)], key=exported.key)
    assert any("lean to a side" in note for note in result.notes)


def test_what_cannot_be_read(answer, exported, tmp_path) -> None:
    good = answer("good", prefers("B"))
    bad = tmp_path / "bad.json"
    for text, part in (
        ("no", "no JSON"), ("{}", "wrong 'study'"), ("[]", "answers that the page"),
        (good.read_text().replace('"left"', '"up"'), "choice"),
        (good.read_text().replace("t001", "t999"), "t999"),
        (good.read_text().replace(exported.study, "other"), "answers the study other"),
    ):
        bad.write_text(text)
        with pytest.raises(InputError, match=part):
            read_study([bad], key=exported.key)
    with pytest.raises(InputError, match="one file a rater"):
        read_study([good, good], key=exported.key)
    with pytest.raises(InputError, match="no such file"):
        read_study([tmp_path / "no.json"], key=exported.key)
    with pytest.raises(InputError, match="the key of a study"):
        read_study([good], key=good)
    blind = answer("blind", prefers("A", catch="degraded"))
    with pytest.raises(InputError, match=r"every rater missed .* \(blind 0 of 4\)"):
        read_study([blind], key=exported.key)


def test_what_cannot_be_exported(campaigns, exported, tmp_path) -> None:
    for output, options, part in (
        (tmp_path / "a.htm", {}, r"to end in \.html"),
        (tmp_path / "no" / "a.html", {}, "no folder"),
        (exported.page, {}, "add --overwrite"),
        (tmp_path / "a.html", {"pairs": 40}, "got 24; use fewer --pairs"),
        (tmp_path / "a.html", {"pairs": 0}, "at least 1 pair"),
        (tmp_path / "a.html", {"pairs": 4, "catch": 1}, "2 catch trials"),
    ):
        with pytest.raises(InputError, match=part):
            export_study(*campaigns, output, **options)
    assert not (tmp_path / "a.html").exists()
