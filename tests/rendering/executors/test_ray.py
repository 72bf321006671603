"""Workers on a Ray cluster of two nodes on this machine: the same bytes, also when a node dies."""

import importlib.util
import os
import signal
import time
from pathlib import Path

import pytest

from emogen.rendering.dispatch import Dispatcher, RunSettings
from emogen.rendering.executors.local import LocalExecutor
from emogen.rendering.executors.slots import workers_of
from emogen.rendering.store import Store
from emogen.rendering.worker.finishing import digest_of
from emogen.rendering.worker.worker import WorkerOptions
from tests.rendering.jobs import CARDS, entries_of, job

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.slow  # a cluster takes ten seconds to come up

if importlib.util.find_spec("ray") is None:
    if os.environ.get("CI"):
        raise ImportError("the tests of the Ray executor need ray")
    pytest.skip("ray is not installed", allow_module_level=True)


@pytest.fixture(scope="module")
def cluster():
    import ray
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))  # actors load the engine of the tests by its name
        patch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
        cluster.add_node(num_cpus=1)
        ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
        cluster.wait_for_nodes()
        yield cluster
        ray.shutdown()
        cluster.shutdown()


def render(folder, entries, executor, listener=None):
    with Store.open(folder) as store:
        store.add(entries, run="ray")
        settings = RunSettings(beat_seconds=1.0)
        outcome = Dispatcher(
            store=store, executor=executor, settings=settings,
            listeners=(listener,) if listener else (),
        ).run()
        return outcome, store.counts()


def on_ray(folder, engines, count=2):
    from emogen.rendering.executors.ray import RayExecutor

    options = WorkerOptions(target=str(folder), device="cpu", threads=1, engines=engines)
    return RayExecutor({f"ray-{index}": options for index in range(count)})


def here(folder, engines):
    options = WorkerOptions(target=str(folder), engines=engines, threads=1)
    return LocalExecutor(workers_of(options, workers=1, devices="cpu"))


def digests(folder, entries):
    return [digest_of(folder / one.output) for _, one in entries]


@pytest.mark.model
def test_two_nodes_make_the_bytes_of_one_process(cluster, tmp_path):
    del cluster
    entries = entries_of([
        job("a red robot in a forest", seed=seed, emotion=emotion, model="nano")
        for seed, emotion in enumerate(["fear:0.8", None, "awe:0.5", "anger"])
    ])  # fmt: skip
    from emogen.rendering.engines import ENGINES

    workers = set()
    outcome, counts = render(
        tmp_path / "ray", entries, on_ray(tmp_path / "ray", ENGINES),
        lambda event: workers.add(event.worker) if event.event == "job_done" else None,
    )  # fmt: skip
    assert (outcome.reason, counts["done"], len(workers)) == ("done", 4, 2)
    render(tmp_path / "here", entries, here(tmp_path / "here", ENGINES))
    assert digests(tmp_path / "ray", entries) == digests(tmp_path / "here", entries)


def test_a_node_is_killed_and_the_run_completes(cluster, tmp_path):
    extra = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    entries = entries_of([job("slow cat", seed=seed) for seed in range(24)])
    lost = []

    def watch(event):
        if event.event == "worker_lost":
            lost.append(event.worker)
        if event.event == "job_done" and not watch.killed:
            watch.killed = True
            cluster.remove_node(extra, allow_graceful=False)

    watch.killed = False
    outcome, counts = render(
        tmp_path / "ray", entries, on_ray(tmp_path / "ray", CARDS, count=3), watch
    )
    assert lost
    assert (outcome.reason, counts["done"]) == ("done", 24)
    render(tmp_path / "here", entries, here(tmp_path / "here", CARDS))
    assert digests(tmp_path / "ray", entries) == digests(tmp_path / "here", entries)


def test_an_actor_is_killed_and_its_jobs_are_made_by_another(cluster, tmp_path):
    del cluster
    entries = entries_of([job("slow cat", seed=seed) for seed in range(8)])
    killed = []

    def watch(event):
        if event.event == "job_started" and not killed:
            killed.append(watch.pids[event.worker])
            os.kill(killed[0], signal.SIGKILL)
            time.sleep(0.1)
        if event.event == "worker_ready":
            watch.pids[event.worker] = event.detail["pid"]

    watch.pids = {}
    outcome, counts = render(
        tmp_path / "ray", entries, on_ray(tmp_path / "ray", CARDS), watch
    )
    assert killed
    assert (outcome.reason, counts["done"]) == ("done", 8)
