"""The examples of docs/studio.md are run as they stand, against a studio that runs."""

import re
import shutil
import subprocess

import pytest

ADDRESS = "http://127.0.0.1:7860"


def blocks(root, language):
    text = (root / "docs" / "studio.md").read_text()
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def here(served, block):
    assert ADDRESS in block
    return block.replace(ADDRESS, served.url.rstrip("/"))


def test_the_python_examples(served, root) -> None:
    (block,) = blocks(root, "python")
    names = {}
    exec(here(served, block), names)  # our own text
    job = served.ask(f"jobs/{names['identity']}")
    assert (job["state"], job["emotion"]) == ("done", "sadness@0s -> joy@1s")
    plan = names["studio"].predict({"prompt": "a cat", "steps": 3}, api_name="/plan")
    assert plan["jobs"] == 1
    curve = names["studio"].predict("quiet dread", 2.0, api_name="/emotion")
    assert curve["words"][0]["words"] == "quiet dread"
    with pytest.raises(Exception, match="did you mean"):
        names["studio"].predict({"prompt": "x", "emotion": "hapy"}, api_name="/create")


def test_the_shell_examples(served, root, tmp_path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("needs curl")
    (block,) = blocks(root, "bash")
    script = "set -e\n" + here(served, block)
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "robot.gif").read_bytes()[:4] == b"GIF8"
    assert '"parameters":{' in (tmp_path / "upload.json").read_text()


def test_every_route_is_described(root) -> None:
    text = (root / "docs" / "studio.md").read_text()
    source = "".join(path.read_text() for path in (root / "ui" / "api").glob("*.py"))
    for route in re.findall(r'@router\.(?:get|post)\("/([^"]+)"', source):
        word = route.replace("{identity}", "ID").replace("{run}", "RUN").rpartition("/")[2]
        assert word in text, route
