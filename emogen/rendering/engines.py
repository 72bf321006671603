"""Who makes which kind of job: a kind in, the name of the class that makes it out.

Names, not classes: planning asks what is installed without loading a model, and a worker in another
process loads only what its jobs call for.
"""

from collections.abc import Iterable, Mapping
from importlib import import_module, util
from typing import TYPE_CHECKING

from emogen.errors import InputError, ResourceError
from emogen.rendering.job import KINDS

if TYPE_CHECKING:
    from emogen.rendering.worker.engine import Engine, EngineOptions

ENGINES: dict[str, str] = {
    "text2video": "emogen.rendering.worker.sampling:SamplingEngine",
    "image2video": "emogen.rendering.worker.sampling:SamplingEngine",
    "talk": "emogen.rendering.worker.talking:TalkingEngine",
    "evaluate": "emogen.rendering.worker.judging:JudgingEngine",
}


def is_installed(kind: str, engines: Mapping[str, str] = ENGINES) -> bool:
    """Tell whether this installation can make jobs of a kind, without loading what makes them.

    >>> is_installed("text2video"), is_installed("opera")
    (True, False)
    """
    module = engines.get(kind, "").partition(":")[0]
    try:
        return bool(module) and util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def require_engines(kinds: Iterable[str], engines: Mapping[str, str] = ENGINES) -> None:
    """Raise an InputError that names the kinds which this installation cannot make, if any."""
    missing = [kind for kind in KINDS if kind in set(kinds) and not is_installed(kind, engines)]
    if missing:
        known = ", ".join(kind for kind in KINDS if is_installed(kind, engines))
        raise InputError(
            f"expected jobs of kind {known}, got {' and '.join(missing)}, which this installation"
            " cannot make; remove those jobs or update emogen"
        )


def load_engine(name: str, options: "EngineOptions") -> "Engine":
    """Return a new engine of a class given as "module:Class".

    Raises:
        ResourceError: there is no such class, or a package that it needs is missing.
    """
    module, _, attribute = name.partition(":")
    try:
        return getattr(import_module(module), attribute)(options)
    except (ImportError, AttributeError) as error:
        raise ResourceError(
            f"cannot load the engine {name} ({error}); reinstall emogen with its extras"
        ) from error
