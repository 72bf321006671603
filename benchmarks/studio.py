"""How soon the studio's page is there: a browser in; paint, readiness, shift and memory out.

    python benchmarks/studio.py [--visits 5] [--json FILE]

The baseline is a Gradio page with one text field and one button, served and visited in the same
run by the same browser. Whether the studio's own process has loaded torch is read from the
libraries that it maps (Linux). Needs the extra `ui`, playwright and Chromium.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BARE = """
import gradio as gr
with gr.Blocks() as page:
    gr.Textbox(label="Scene")
    gr.Button("Create", elem_id="create")
page.launch(server_port={port}, quiet=True, prevent_thread_lock=True, footer_links=[])
print("http://127.0.0.1:{port}/", flush=True)
page.block_thread()
"""
PORT = 7899
PATIENCE_MS = 300_000
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome")
PAINT = """() => {
    const found = performance.getEntriesByName('first-contentful-paint')[0];
    return found ? found.startTime / 1000 : null;
}"""
SHIFT = """() => new Promise((done) => {
    let sum = 0;
    new PerformanceObserver((list) => {
        for (const one of list.getEntries()) if (!one.hadRecentInput) sum += one.value;
    }).observe({ type: 'layout-shift', buffered: true });
    setTimeout(() => done(sum), 1500);
})"""


def main() -> None:
    """Serve both pages, visit them in turn, print the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visits", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        studio = serve(["-m", "ui.app", "--port", "0", "-o", folder])
        bare = serve(["-c", BARE.format(port=PORT)])
        try:
            found = measure({"studio": studio[1], "bare": bare[1]}, visits=options.visits)
            found |= weighed(studio[0].pid)
        finally:
            for process, _ in (studio, bare):
                process.terminate()
                process.wait(60)
    print(json.dumps(found, indent=1))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")


def serve(arguments: list[str]) -> tuple["subprocess.Popen[str]", str]:
    """Start a server and return it with the address that it prints."""
    process = subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env={**os.environ, "GRADIO_ANALYTICS_ENABLED": "False"},
    )
    return process, process.stdout.readline().strip()


def weighed(pid: int) -> dict[str, Any]:
    """Return the main memory of a process in MB, and whether it has loaded torch."""
    process = Path("/proc", str(pid))
    resident = int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    has_torch = "libtorch" in (process / "maps").read_text()
    return {"memory_mb": round(resident / 1e6), "has_torch": has_torch}


def measure(addresses: dict[str, str], *, visits: int) -> dict[str, Any]:
    """Return medians of seconds to paint and to the button, and of layout shift, for each page."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    rows: dict[str, list[tuple[float, float, float]]] = {name: [] for name in addresses}
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for visit in range(visits + 1):  # the first one warms both servers up
            for name, address in addresses.items():
                row = look(browser, address)
                if visit:
                    rows[name].append(row)
        browser.close()
    found: dict[str, Any] = {
        name: dict(zip(
            ("first_paint_s", "ready_s", "layout_shift"),
            (round(statistics.median(column), 3) for column in zip(*row, strict=True)), strict=True,
        ))
        for name, row in rows.items()
    }
    found["ready_ratio"] = round(found["studio"]["ready_s"] / found["bare"]["ready_s"], 2)
    return {"visits": visits, **found}


def look(browser: Any, address: str) -> tuple[float, float, float]:  # noqa: ANN401
    """Visit a page with an empty cache; return seconds to paint, to the button, layout shift."""
    page = browser.new_context().new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    page.wait_for_selector("#create")
    ready = page.evaluate("performance.now() / 1000")
    shift = page.evaluate(SHIFT)
    paint = page.evaluate(PAINT)
    page.context.close()
    return paint, ready, shift


if __name__ == "__main__":
    main()
