"""A corpus with every kind of trouble, written once, and what becomes of it."""

import pytest

from emogen.data.prepare.run import prepare
from emogen.data.prepare.work import Crew
from tests.data.prepare.clips import SETTINGS, write_corpus


@pytest.fixture(scope="session")
def corpus(tmp_path_factory):
    return write_corpus(tmp_path_factory.mktemp("emovid"))


@pytest.fixture(scope="session")
def prepared(corpus, tmp_path_factory):
    """The corpus, prepared without caches in this process."""
    return prepare("emovid", str(corpus), str(tmp_path_factory.mktemp("prepared")),
                   settings=SETTINGS, crew=Crew(workers=0))


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory):
    from tests.tiny import save_tiny_model

    return save_tiny_model(tmp_path_factory.mktemp("models") / "tiny", adapter=False)
