"""Shipped files are found in order, or missed with a remedy."""

import pytest

from emogen.assets import model_dir
from emogen.errors import ModelError


def test_environment_comes_first(tmp_path, monkeypatch) -> None:
    (tmp_path / "models" / "words").mkdir(parents=True)
    monkeypatch.setenv("EMOGEN_ASSETS", str(tmp_path))
    assert model_dir("words") == tmp_path / "models" / "words"


def test_checkout_is_next(monkeypatch) -> None:
    monkeypatch.delenv("EMOGEN_ASSETS", raising=False)
    assert (model_dir("words") / "words.npz").is_file()


@pytest.mark.parametrize("name", ["", "..", "a/b", "../words"])
def test_only_plain_names(name: str) -> None:
    with pytest.raises(ModelError, match="plain model name"):
        model_dir(name)


def test_missing_model_names_the_remedy() -> None:
    with pytest.raises(ModelError, match="set EMOGEN_ASSETS"):
        model_dir("no-such-model")
