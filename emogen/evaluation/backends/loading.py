"""Finding and opening a published model: a folder or hub name in, its parts or one clear line out.

A local folder comes first, then the hub's cache on this machine, then the hub. Code that a model
brings along is never run. Weights that a checkpoint lacks are an error: transformers would fill
them with random numbers, and the answers would look like answers.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import yaml
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError
from safetensors import SafetensorError
from torch import nn
from transformers import AutoConfig, PreTrainedConfig
from transformers.utils import cached_file
from transformers.utils import logging as chatter

from emogen.errors import EmogenError, ModelError, ResourceError
from emogen.evaluation.backends.options import Options
from emogen.evaluation.recogniser.reading import Tier

_HUB_ID = re.compile(r"[\w-][\w.-]*/[\w.-]+")
_WEIGHTS = (".safetensors", ".bin", ".pt", ".pth")
_ONLY_FOR_TRAINING = ("masked_spec_embed", "position_ids")
_OPEN = ("apache", "mit", "bsd", "cc0", "cc-by-4", "cc-by-3", "cc-by-sa", "unlicense", "isc")
_NON_COMMERCIAL = ("-nc", "non-commercial", "noncommercial")
_HUB_SECONDS = 10


@dataclass(frozen=True, kw_only=True)
class Source:
    """A model that was found, not yet loaded.

    Attributes:
        name: what was asked for, without the path of a folder.
        where: the folder or hub name that transformers opens.
        local: whether it lies on this machine, so that no network is needed.
        config: the model's configuration.
        tier: licence tier of its weights.
        languages: what its card says, for instance ("en",); empty where it says nothing.
        fingerprint: eight hex digits: of the commit on the hub, or of a folder's weights.
    """

    name: str
    where: str
    local: bool
    config: PreTrainedConfig
    tier: Tier
    languages: tuple[str, ...]
    fingerprint: str

    @property
    def model(self) -> str:
        """Name and short hash, as readings carry them."""
        return f"{self.name}@{self.fingerprint}"


def find_source(name: str | Path, *, options: Options | None = None) -> Source:
    """Find a model folder, or a hub name in the cache or on the hub.

    Raises:
        ModelError: it is neither, the hub does not answer, or its configuration cannot be read.
    """
    options = options or Options()
    folder = as_folder(name)
    shown = folder.resolve().name if folder else _hub_id(name)
    found = folder or _cached(shown)
    if found is None and options.offline:
        raise ModelError(_not_here(shown, "which was not to be asked"))
    if found is None:
        _ask_hub(shown)
    elif not (found / "config.json").is_file():
        raise ModelError(
            f"expected config.json in {found}, got none; give the folder that from_pretrained"
            " of transformers opens"
        )
    where, local = str(found or shown), found is not None
    with clear_errors(shown):
        config = AutoConfig.from_pretrained(where, local_files_only=local)
        at = Path(cached_file(where, "config.json", local_files_only=local)).parent
    card = _card(where, local=local)
    return Source(
        name=shown, where=where, local=local, config=config,
        tier=options.tier or tier_of_licence(str(card.get("license", ""))),
        languages=_languages(card.get("language")),
        fingerprint=weights_hash(folder) if folder else at.name[:8],
    )


def as_folder(name: str | Path) -> Path | None:
    """Return the local folder that a name is, or None."""
    folder = Path(name).expanduser()
    return folder if str(name) and folder.is_dir() else None


def _hub_id(name: str | Path) -> str:
    text = str(name)
    if _HUB_ID.fullmatch(text) and not isinstance(name, Path):
        return text
    raise ModelError(
        "expected the name of a backend, a model folder or a hub name such as owner/model, got"
        f" {text!r}; docs/backends.md lists the names"
    )


def _cached(hub_id: str) -> Path | None:
    """Return the folder of a whole model in the hub's cache on this machine, or None."""
    config = cached_file(hub_id, "config.json", local_files_only=True,
                         _raise_exceptions_for_missing_entries=False,
                         _raise_exceptions_for_connection_errors=False,
                         _raise_exceptions_for_gated_repo=False)
    folder = Path(config).parent if config else None
    whole = folder and any(path.suffix in _WEIGHTS for path in folder.iterdir())
    return folder if whole else None


def _not_here(hub_id: str, why: str) -> str:
    return (
        f"expected {hub_id!r} as a folder, in the hub's cache or on the hub, {why}; on a machine"
        f" with a network run `hf download {hub_id} --local-dir FOLDER` and give that folder"
    )


def _ask_hub(hub_id: str) -> None:
    """Ask once and briefly; transformers itself would try for minutes where there is no network."""
    try:
        HfApi().model_info(hub_id, timeout=_HUB_SECONDS)
    except HfHubHTTPError as error:
        raise ModelError(
            f"expected a model {hub_id!r} on the hub, got its answer {error.response.status_code};"
            " check the name, and log in where it is gated"
        ) from error
    except Exception as error:  # the client's transport errors have no public base of their own
        why = f"which cannot be reached ({type(error).__name__})"
        raise ModelError(_not_here(hub_id, why)) from error


def weights_hash(folder: Path) -> str:
    """Return eight hex digits of the SHA-256 of a folder's weights and configuration."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.name == "config.json" or path.suffix in _WEIGHTS:
            digest.update(path.name.encode() + b"\0")
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:8]


def tier_of_licence(licence: str) -> Tier:
    """Return the tier of a licence as model cards name it; what is not known to be open is not.

    >>> tier_of_licence("cc-by-nc-sa-4.0"), tier_of_licence("apache-2.0"), tier_of_licence("")
    ('non-commercial', 'open', 'research-only')
    """
    licence = licence.lower()
    if any(word in licence for word in _NON_COMMERCIAL):
        return "non-commercial"
    return "open" if licence.startswith(_OPEN) else "research-only"


def _card(where: str, *, local: bool) -> dict[str, Any]:
    """Return the front matter of a model's card, empty where it has none that can be read."""
    path = cached_file(where, "README.md", local_files_only=local,
                       _raise_exceptions_for_missing_entries=False,
                       _raise_exceptions_for_connection_errors=False)
    if path is None:
        return {}
    text = Path(path).read_text(encoding="utf-8", errors="replace")
    head = re.match(r"---\s*\n(.*?)\n---", text, re.DOTALL)
    try:
        fields = yaml.safe_load(head[1]) if head else None
    except yaml.YAMLError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _languages(stated: object) -> tuple[str, ...]:
    stated = [stated] if isinstance(stated, str) else stated
    return tuple(map(str, stated)) if isinstance(stated, list) else ()


@contextmanager
def clear_errors(name: str) -> Iterator[None]:
    """Turn what transformers raises while it opens a model into one line that says what to do.

    Raises:
        ModelError: files are missing, damaged or of another kind.
        ResourceError: a package or memory is missing.
    """
    level, bars = chatter.get_verbosity(), chatter.is_progress_bar_enabled()
    chatter.set_verbosity_error()
    chatter.disable_progress_bar()
    try:
        yield
    except EmogenError:
        raise
    except ImportError as error:
        missing = re.search(r"`?pip install ([\w.-]+)", str(error))
        named = missing[1] if missing else _package_named(str(error))
        raise ResourceError(
            f"{name} needs a package that is not installed: pip install {named}"
        ) from error
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise ResourceError(
            f"not enough memory for {name}; take a smaller model, or dtype='bfloat16'"
        ) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError,
            json.JSONDecodeError, SafetensorError) as error:
        reason = next(iter(str(error).strip().splitlines()), "") or repr(error)
        raise ModelError(
            f"cannot load the model {name}: {reason}; copy or download it again"
        ) from error
    finally:
        chatter.set_verbosity(level)
        if bars:
            chatter.enable_progress_bar()


def _package_named(text: str) -> str:
    """Return the package an ImportError of transformers speaks of.

    >>> _package_named("X requires the Torchvision library but it was not found")
    'torchvision'
    >>> _package_named("No module named 'num2words'")
    'num2words'
    """
    found = re.search(r"requires the (\w+) library|No module named '(\w+)", text)
    return next(group for group in found.groups() if group).lower() if found else "what it names"


def open_model(
    loader: type, source: Source, *, options: Options, dtype: torch.dtype | str | None = None,
    key_mapping: dict[str, str] | None = None,
) -> nn.Module:
    """Load the weights with a class of transformers, whole or not at all, ready to read.

    Args:
        loader: a class with ``from_pretrained``.
        source: what `find_source` found.
        options: device and precision.
        dtype: precision instead of that of the options.
        key_mapping: patterns of weight names and what replaces them.

    Raises:
        ModelError: the weights are damaged, or some of them are missing.
    """
    more = {"key_mapping": key_mapping} if key_mapping else {}
    with clear_errors(source.name):
        model, report = loader.from_pretrained(
            source.where, local_files_only=source.local, output_loading_info=True,
            dtype=dtype or options.precision(), **more,
        )
        missing = sorted(
            str(name) for name in {*report["missing_keys"], *report["mismatched_keys"]}
            if not str(name).endswith(_ONLY_FOR_TRAINING)
        )
        if missing:
            raise ModelError(
                f"expected all weights of {source.name}, got none for {', '.join(missing[:3])}"
                f"{' and more' if missing[3:] else ''}: its answers would be random; it was saved"
                " with other code, or is not a trained emotion model"
            )
        return model.to(options.where()).eval()


def open_part(loader: type, source: Source, **options: object) -> Any:  # noqa: ANN401
    """Load a tokenizer, feature extractor or processor; options go to its ``from_pretrained``."""
    with clear_errors(source.name):
        return loader.from_pretrained(source.where, local_files_only=source.local, **options)
