"""Launch on the head node: python render.py MANIFEST OUTPUT [GPUS_A_WORKER].

Renders a manifest on the Ray cluster that this machine belongs to; the store of states lies on the
head node's own disk, clips go to the shared folder or URL.
"""

import subprocess
import sys
from pathlib import Path


def main(manifest: str, output: str, gpus: str = "1") -> int:
    """Run `emogen render run` on the cluster and return its exit code."""
    state = Path.home() / "render-state" / Path(output).name
    return subprocess.call([
        "emogen", "render", "run", manifest, "--output", output, "--state", str(state),
        "--executor", "ray", "--ray-address", "auto", "--ray-gpus", gpus,
    ])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
