"""Many processes, a kill, a cluster: the same bytes as one process makes undisturbed."""

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from emogen.data.prepare.run import prepare
from emogen.data.prepare.work import Crew
from tests.data.prepare.clips import SETTINGS, tree

pytestmark = pytest.mark.slow  # new processes that load torch, several times
ROOT = Path(__file__).parents[3]
CODE = """
import sys
from emogen.data.prepare.run import prepare
from emogen.data.prepare.work import Crew
from tests.data.prepare.clips import SETTINGS

if __name__ == "__main__":
    source, output, model = sys.argv[1:4]
    prepare("emovid", source, output, settings=SETTINGS, crew=Crew(workers=0), model=model,
            device="cpu", progress=lambda *said: print(*said, flush=True))
"""


def run(corpus, output, model, crew):
    return prepare("emovid", str(corpus), str(output), settings=SETTINGS, crew=crew,
                   model=str(model), device="cpu")


def content(folder):
    """All files but the one that names the source."""
    return {name: data for name, data in tree(folder).items() if name != "prepare.json"}


@pytest.fixture(scope="module")
def whole(corpus, tiny_model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    run(corpus, folder, tiny_model, Crew(workers=0))
    return content(folder)


@pytest.fixture
def small_shards(monkeypatch):
    """Shards so small that several processes have something to do."""
    monkeypatch.setattr("emogen.data.prepare.examine.SHARD", 3)
    monkeypatch.setattr("emogen.data.prepare.caches.CLIPS", 2)
    monkeypatch.setattr("emogen.data.prepare.caches.TEXTS", 5)


def test_three_processes_make_the_bytes_of_one(corpus, tiny_model, tmp_path, small_shards):
    del small_shards
    run(corpus, tmp_path / "one", tiny_model, Crew(workers=0))
    run(corpus, tmp_path / "three", tiny_model, Crew(workers=3))
    assert content(tmp_path / "one") == content(tmp_path / "three")
    assert len(list((tmp_path / "one/index").iterdir())) == 5


def test_killed_while_it_encodes_and_run_again(corpus, tiny_model, tmp_path, whole):
    process = subprocess.Popen(
        [sys.executable, "-c", CODE, str(corpus), str(tmp_path / "o"), str(tiny_model)],
        stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    for line in process.stdout:
        if line.startswith("encoding 1"):
            os.kill(process.pid, signal.SIGKILL)
            break
    process.wait(timeout=60)
    process.stdout.close()
    assert process.returncode == -signal.SIGKILL
    half = content(tmp_path / "o")
    assert 0 < sum(name.endswith(".done.json") for name in half) < sum(
        name.endswith(".done.json") for name in whole)
    run(corpus, tmp_path / "o", tiny_model, Crew(workers=0))
    left = {name for name in content(tmp_path / "o") if name.endswith(".part")}
    assert {name: data for name, data in content(tmp_path / "o").items()
            if name not in left} == whole


@pytest.fixture
def cluster(monkeypatch):
    """A Ray of two slots on this machine."""
    if importlib.util.find_spec("ray") is None or importlib.util.find_spec("pyarrow") is None:
        pytest.skip("Ray Data is not installed")
    import ray

    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    ray.init(num_cpus=2, log_to_driver=False, logging_level="ERROR")
    yield Crew(executor="ray", workers=2)
    ray.shutdown()


def over_addresses(corpus, output, crew, **options):
    """Prepare where both places are reached through fsspec."""
    prepare("emovid", f"simplecache::file://{corpus}", f"simplecache::file://{output}",
            settings=SETTINGS, crew=crew, **options)
    return content(output)


def test_a_ray_cluster_looks_at_files_over_addresses(corpus, prepared, tmp_path, cluster):
    assert over_addresses(corpus, tmp_path / "o", cluster) == content(Path(prepared.output))


def test_a_ray_cluster_encodes(corpus, tiny_model, tmp_path, whole, cluster):
    found = over_addresses(corpus, tmp_path / "o", cluster, model=str(tiny_model), device="cpu")
    assert found == whole


class Unlucky(Crew):
    """A crew whose every process is killed while it works on a shard."""

    def run(self, function, tasks):
        del function
        for task in tasks:
            yield task, None


def test_shards_that_end_their_process_are_looked_at_file_by_file(corpus, tmp_path):
    root = tmp_path / "in"
    root.mkdir()
    for name in ("movie/storm_001.mp4", "movie/text.mp4"):
        (root / name.split("/")[1]).write_bytes((corpus / name).read_bytes())
    found = prepare("folder", str(root), str(tmp_path / "o"), settings=SETTINGS, crew=Unlucky())
    assert found.statistics["examples"] == 1
    assert [one.id for one in found.quarantined] == ["text.mp4"]
