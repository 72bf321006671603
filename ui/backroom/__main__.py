"""`python -m ui.backroom FOLDER`: lines of JSON on stdin in, lines of JSON on stdout out.

In come {"number": N, "ask": "plan", ...} and {"ask": "pause", "is_paused": true}; out go the
answers {"number": N, "answer": ...} or {"number": N, "problem": ...}, and events.
"""

import argparse
import json
import os
import signal
import sys
import threading
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from emogen.errors import EmogenError


def main() -> None:
    """Be the process: answer and render until stdin ends."""
    parser = argparse.ArgumentParser(prog="ui.backroom", description="Renders for the studio.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--device")
    options = parser.parse_args()
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print must not get among the answers
    lock = threading.Lock()

    def tell(document: dict[str, Any]) -> None:
        with lock, suppress(OSError):  # nobody hears: the studio is gone, stdin says so too
            out.write(json.dumps(document, allow_nan=False) + "\n")
            out.flush()

    from emogen.rendering.executors.local import quiet_libraries
    from ui.backroom.rendering import Rendering

    quiet_libraries()
    rendering = Rendering(
        options.folder, lambda event: tell(event.to_dict()), device=options.device
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: rendering.ending.set())
    threading.Thread(target=listen, args=(rendering, options, tell), daemon=True).start()
    rendering.run()
    os._exit(0)  # the listening thread waits for a line that never comes


def listen(rendering: Any, options: argparse.Namespace, tell: Any) -> None:  # noqa: ANN401
    """Answer what comes on stdin; its end, when the studio is gone, ends the process."""
    import_module("emogen.pipelines.loading")  # takes seconds: before the first question comes
    for line in sys.stdin:
        question = json.loads(line)
        if question["ask"] == "pause":
            rendering.pause(is_paused=question["is_paused"])
        else:
            tell({"number": question["number"], **answer(question, options)})
    rendering.ending.set()


def answer(question: dict[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    """Return the answer to a question, or the problem with it."""
    from ui.backroom.planning import planned

    asked = {name: question[name] for name in ("text", "format", "name")}
    device = (options.device or "cpu").partition(":")[0]
    try:
        return {"answer": planned(
            **asked, inputs=Path(question["inputs"]), folder=options.folder,
            models=question["models"], device=device,
        )}
    except EmogenError as error:
        listed = [str(one) for one in getattr(error, "problems", ())]
        return {"problem": str(error), "problems": listed, "exit_code": error.exit_code}
    except Exception as error:  # noqa: BLE001 - one bad question does not end the room
        return {"problem": f"unexpected {type(error).__name__}: {error}", "problems": [],
                "exit_code": 1}


if __name__ == "__main__":
    main()
