"""One tiny model folder for all tests of pipelines."""

import pytest
import torch

from emogen.pipelines import load_pipeline
from tests.tiny import save_tiny_model


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return save_tiny_model(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture(scope="session")
def pipeline(folder):
    return load_pipeline(str(folder), device="cpu", dtype=torch.float32)
