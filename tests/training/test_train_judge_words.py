"""The recipe of the words encoders: its parts against numpy, and whole on a tiny corpus."""

import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", autouse=True)
def recipes():
    sys.path.insert(0, str(ROOT / "training"))
    yield
    sys.path.remove(str(ROOT / "training"))


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    x = sparse.random(200, 30, density=0.3, random_state=0, format="csr", dtype=np.float32)
    labels = x @ rng.normal(size=(30, 28)) + rng.normal(size=(200, 28))
    return x, labels.astype(np.float32), rng.normal(size=(60, 6)).astype(np.float32)


def test_ridge_meets_the_closed_form(problem):
    from judge_words_linear import ridge

    x, y, _ = problem
    dense = x.toarray().astype(float)
    expected = np.linalg.solve(dense.T @ dense + 2.0 * np.eye(30), dense.T @ y)
    assert ridge(x, y, strength=2.0, steps=60) == pytest.approx(expected, abs=1e-3)


def test_held_out_evidence_does_not_know_the_text_itself(problem):
    from judge_words_linear import fit, held_out_evidence

    x, labels, ratings = problem
    x = sparse.vstack([x, x[:60]], format="csr")
    noise = np.random.default_rng(1).normal(size=labels.shape).astype(np.float32)
    told = x @ fit(x, noise, ratings, without=None)
    held = held_out_evidence(x, noise, ratings, seed=0)
    assert told.shape == held.shape == (260, 40)
    assert np.corrcoef(told[:200, :28].ravel(), noise.ravel())[0, 1] > 0.2
    assert abs(np.corrcoef(held[:200, :28].ravel(), noise.ravel())[0, 1]) < 0.1


def test_words_of_like_company_get_like_vectors():
    from judge_words_linear import word_vectors

    rng = np.random.default_rng(0)
    lines = [np.array([rng.choice(pair), rng.choice(pair + 2), rng.choice(pair)])
             for pair in (np.array([0, 1]), np.array([4, 5])) for _ in range(300)]
    vectors = word_vectors(lines, words=8, width=3, seed=0)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    assert unit[0] @ unit[1] > unit[0] @ unit[4] + 0.5


def test_logistic_finds_the_line_that_drew_the_answers():
    from judge_words_calibration import slope_and_intercept

    rng = np.random.default_rng(0)
    share = rng.uniform(0.1, 0.9, 20_000)
    odds = 1.5 * np.log(share / (1 - share)) - 0.5
    slope, intercept = slope_and_intercept(share, rng.random(20_000) < 1 / (1 + np.exp(-odds)))
    assert slope == pytest.approx(1.5, abs=0.1)
    assert intercept == pytest.approx(-0.5, abs=0.1)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Comments that say their label by a word, sentences by another, 300 and 200 of them."""
    folder, rng = tmp_path_factory.mktemp("corpus"), np.random.default_rng(0)
    filler = ["the", "house", "was", "here", "today", "and", "people", "saw", "it"]
    said = {2: "hate", 17: "joy", 27: "table", 25: "cried"}
    rows = []
    for number in range(900):
        label = list(said)[number % 4]
        rows.append(f"{' '.join(rng.permutation(filler)[:4])} {said[label]}\t{label}\tid{number}")
    with zipfile.ZipFile(folder / "goemotions.zip", "w") as file:
        for split, part in (("train", rows[:600]), ("dev", rows[600:])):
            file.writestr(f"{split}.tsv", "\n".join(part) + "\n")
    ratings = {"joy": 4, "hate": 2, "table": 3}
    table = ["id,split,V,A,D,text"]
    for number in range(500):
        word = list(ratings)[number % 3]
        values = np.clip(ratings[word] + rng.normal(scale=0.2, size=3), 1, 5).round(2)
        split = "train" if number < 400 else "dev"
        text = " ".join(rng.permutation(filler)[:4]) + " " + word
        table.append(f"n{number},{split},{','.join(map(str, values))},{text}")
    with zipfile.ZipFile(folder / "emobank.zip", "w") as file:
        for name in ("emobank", "reader", "writer"):
            file.writestr(f"{name}.csv", "\n".join(table) + "\n")
    return folder


@pytest.mark.parametrize("second", [False, True], ids=["main", "second"])
def test_learns_a_tiny_corpus(corpus, tmp_path, monkeypatch, second):
    import train_judge_words

    from emogen.evaluation.recogniser.words import CONFIG, WordsEncoder

    arguments = ["train", "--data", str(corpus), "--out", str(tmp_path), "--minutes", "0.1"]
    monkeypatch.setattr(sys, "argv", arguments + ["--second"] * second)
    monkeypatch.setattr(train_judge_words, "NGRAMS", 200)
    monkeypatch.setattr(train_judge_words, "WIDTH", 8)
    train_judge_words.main()
    encoder = WordsEncoder.load(tmp_path)
    tops = [int(encoder(text).native["goemotions"][0].argmax())
            for text in ("people saw it today hate", "it was here and joy")]
    assert second or tops == [2, 17]  # 16 steps from random words are too few for the second
    good, bad = (encoder(f"the house was {word}").native["emobank"][0, 0]
                 for word in ("joy", "hate"))
    assert second or good > bad
    config = json.loads((tmp_path / CONFIG).read_text("utf-8"))
    assert config["texts"]["goemotions"] == (600 if not second else pytest.approx(300, abs=60))
