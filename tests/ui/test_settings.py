"""Who may see the studio: what a person asked for, settings or a refusal out."""

import pytest

from emogen.errors import InputError, ResourceError
from ui import app
from ui.settings import Settings


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "studio.example"])
def test_other_machines_need_a_password(host) -> None:
    with pytest.raises(InputError, match="--auth"):
        Settings(host=host)
    assert Settings(host=host, auth=("ada", "long enough")).host == host


def test_what_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="at least 8 letters"):
        Settings(auth=("ada", "short"))
    with pytest.raises(InputError, match="port"):
        Settings(port=70000)
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="folder"):
        Settings(folder=tmp_path / "file")


def test_the_password_is_not_shown() -> None:
    assert "long enough" not in repr(Settings(auth=("ada", "long enough")))


def test_the_command_line(monkeypatch) -> None:
    monkeypatch.setenv("EMOGEN_UI_AUTH", "ada:long enough")
    settings = app.parse(["--host", "0.0.0.0", "--port", "0", "--name", "studio.example"])
    assert (settings.auth, settings.names) == (("ada", "long enough"), ("studio.example",))
    assert app.main(["--port", "99999"]) == 2


def test_a_taken_port_is_told() -> None:
    with app.bind("127.0.0.1", 0) as sock, pytest.raises(ResourceError, match="another --port"):
        app.bind("127.0.0.1", sock.getsockname()[1])
