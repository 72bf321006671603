"""Imports follow the arrows: the source of every module in, the imports against the design out."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GROUND = {"errors", "optional", "config", "assets", "packing", "threads", "unpacking"}
"""What every layer may import; among themselves only errors."""
ARROWS = {
    "emotion": set(),
    "media": set(),
    "provenance": {"media"},
    "data": {"emotion", "media"},
    "encoders": {"emotion", "media"},
    "diffusion": set(),
    "conditioning": {"diffusion", "emotion"},
    "motion": {"emotion", "media"},
    "pipelines": {
        "emotion", "media", "provenance", "encoders", "diffusion", "conditioning", "motion",
    },
    "evaluation": {"emotion", "media", "data"},
    "rendering": {"emotion", "media", "pipelines", "evaluation", "provenance"},
    "learning": set(),
}  # fmt: skip
FREE = {"cli", "__init__", "__main__"}
LIGHT = {"errors", "assets", "emotion", "media", "cli", "__init__", "__main__"}
HEAVY = {"torch", "diffusers", "transformers", "accelerate", "peft", "gradio", "ray", "xformers"}


def imports(path, *, only_top=False):
    """Return the dotted names that a file imports, those of type checking left out."""
    nodes = _statements(ast.parse(path.read_text()), only_top=only_top)
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def _statements(node, *, only_top):
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        if only_top and isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        yield child
        yield from _statements(child, only_top=only_top)


def sources(folder):
    return sorted((ROOT / folder).rglob("*.py"))


def layer_of(path):
    return path.relative_to(ROOT / "emogen").with_suffix("").parts[0]


def layers_imported(path):
    """Return the layers of emogen that a module imports, those of the package itself named."""
    names = [name.split(".") for name in imports(path)]
    return {name[1] for name in names if name[0] == "emogen" and len(name) > 1}


def test_every_layer_has_its_arrows() -> None:
    layers = {layer_of(path) for path in sources("emogen")}
    assert layers - GROUND - FREE <= set(ARROWS)


def test_imports_follow_the_arrows() -> None:
    violations = []
    for path in sources("emogen"):
        layer = layer_of(path)
        if layer in FREE:
            continue
        allowed = {"errors", "unpacking"} if layer in GROUND else GROUND | ARROWS[layer]
        wrong = layers_imported(path) - allowed - {layer} - {"__version__"}
        violations += [f"{path.relative_to(ROOT)} imports emogen.{name}" for name in sorted(wrong)]
    assert violations == []


def test_recipes_and_ui_import_the_library_only() -> None:
    own = {"training", "ui", "benchmarks", "tests"}
    violations = [
        f"{path.relative_to(ROOT)} imports {name}"
        for folder in ("training", "ui", "benchmarks")
        for path in sources(folder)
        for name in sorted(imports(path))
        if name.split(".")[0] in own - {folder if folder == "ui" else ""}
    ]
    assert violations == []


def test_the_library_never_imports_what_is_beside_it() -> None:
    beside = {"training", "ui", "benchmarks", "tests"}
    for path in sources("emogen"):
        assert not {name.split(".")[0] for name in imports(path)} & beside, path


def test_light_layers_import_nothing_heavy_at_the_top() -> None:
    violations = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources("emogen")
        if layer_of(path) in LIGHT
        for name in sorted(imports(path, only_top=True))
        if name.split(".")[0] in HEAVY
    ]
    assert violations == []


def test_no_import_cycles() -> None:
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sources("emogen")
    }
    waiting = {
        name: {other for other in imports(path, only_top=True) if other in modules} - {name}
        for name, path in modules.items()
    }
    for name in waiting:  # a package may gather its own modules
        waiting[name] -= {parent for parent in modules if name.startswith(f"{parent}.")}
    while ready := {name for name, others in waiting.items() if not others & set(waiting)}:
        waiting = {name: others for name, others in waiting.items() if name not in ready}
    assert not waiting, f"modules in or behind a cycle: {sorted(waiting)}"


@pytest.mark.parametrize("module", ["emogen", "emogen.emotion", "emogen.media", "emogen.cli.main"])
def test_light_modules_load_no_torch(module) -> None:
    code = f"import sys, {module}; sys.exit(' '.join({HEAVY!r} & set(sys.modules)) or 0)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert result.returncode == 0, result.stderr.decode()
