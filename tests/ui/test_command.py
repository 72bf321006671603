"""The command `emogen ui`: what it refuses, and that asking for help loads nothing."""

import subprocess
import sys

import pytest

from emogen.cli.main import main


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [(["--host", "0.0.0.0"], 2, "--auth"), (["--auth", "nobody"], 2, "NAME:PASSWORD"),
     (["--auth", "ada:short"], 2, "8 letters"), (["--port", "99999"], 2, "port")],
)
def test_what_is_refused(capsys, arguments, code, said) -> None:
    assert main(["ui", *arguments]) == code
    assert said in capsys.readouterr().err


def test_help_loads_no_page() -> None:
    code = (
        "import sys; from emogen.cli.main import main; main(['ui', '--help']);"
        " sys.exit(' '.join({'gradio', 'torch', 'ui'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "NAME:PASSWORD" in done.stdout
