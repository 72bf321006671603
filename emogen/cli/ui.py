"""`emogen ui`: where and for whom in; the studio, served until it is interrupted."""

from importlib import import_module, util
from pathlib import Path
from typing import Annotated

import typer


def ui(
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Where clips and the queue lie.")
    ] = Path("outputs/studio"),
    host: Annotated[
        str, typer.Option(help="Address; one that other machines see needs --auth.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(metavar="N", help="0 takes any that is free.")
    ] = 7860,
    auth: Annotated[
        str | None,
        typer.Option(metavar="NAME:PASSWORD", show_default="EMOGEN_UI_AUTH",
                     help="Asked of every browser."),
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST", help="Another name by which browsers know it; repeatable."),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME|DIR", show_default="nano", help="To be offered; repeatable."),
    ] = None,
    device: Annotated[
        str | None, typer.Option(metavar="NAME", show_default="the best there is")
    ] = None,
) -> None:
    """Open the studio: a page in the browser to make, judge and keep clips.

    It prints its address. Clips are made by a process of its own; what is unfinished when the
    studio ends goes on when it is started again.
    """
    from emogen.errors import ResourceError

    for package, remedy in (("gradio", "pip install 'emogen[ui]'"), ("ui", "reinstall emogen")):
        if util.find_spec(package) is None:
            raise ResourceError(f"the studio needs the package {package}; {remedy}")
    settings = import_module("ui.settings")  # beside the library, which never imports it itself
    import_module("ui.app").serve(settings.Settings(
        folder=output, host=host, port=port, auth=settings.read_auth(auth),
        names=tuple(name or ()), models=tuple(model or ("nano",)), device=device,
    ))
