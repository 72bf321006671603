"""Content credentials (C2PA): a finished file in, a signed one out; a file in, its state out.

Signing happens where the environment names a certificate; nothing is fetched from the network but a
time stamp, where its address is given.

    EMOGEN_C2PA_CERTIFICATE   PEM file: the certificate, then those that vouch for it
    EMOGEN_C2PA_KEY           PEM file: its private key, not encrypted
    EMOGEN_C2PA_TIMESTAMP     address of a time stamp service (RFC 3161)
    EMOGEN_C2PA_TRUST         PEM file: certificates that `emogen verify` trusts
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from emogen import __version__
from emogen.errors import InputError, ResourceError
from emogen.provenance.identity import has_inputs
from emogen.provenance.xmp import COMPOSED, MADE, SOURCE_TYPE

if TYPE_CHECKING:
    import c2pa

CERTIFICATE, KEY = "EMOGEN_C2PA_CERTIFICATE", "EMOGEN_C2PA_KEY"
TIMESTAMP, TRUST = "EMOGEN_C2PA_TIMESTAMP", "EMOGEN_C2PA_TRUST"
ASSERTION = "emogen.parameters"
TYPES = {".mp4": "video/mp4", ".gif": "image/gif", ".webp": "image/webp", ".png": "image/png"}
"""What C2PA signs here; it has no place for a signature in WEBM."""
_MAX_PEM = 1 << 20

State = Literal["none", "trusted", "valid", "tampered", "unsupported", "unavailable"]


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What the content credentials of a file say.

    Attributes:
        state: ``none``; ``trusted``: whole, and signed by a certificate that is trusted here;
            ``valid``: whole, by a certificate nobody here vouches for; ``tampered``: file or
            credentials were changed, or the signature is wrong; ``unsupported``: the kind of file
            holds none; ``unavailable``: c2pa-python is not installed.
        signer: name in the certificate.
        source_type: the digital source type that was signed.
        parameters: the parameters that were signed.
        problems: what failed, in C2PA's words.
    """

    state: State
    signer: str = ""
    source_type: str = ""
    parameters: dict[str, Any] | None = None
    problems: tuple[str, ...] = ()


def configured() -> bool:
    """Whether the environment names a certificate to sign with.

    Raises:
        InputError: it names a certificate without a key, or a key without a certificate.
    """
    named = [bool(os.environ.get(name)) for name in (CERTIFICATE, KEY)]
    if any(named) and not all(named):
        raise InputError(f"expected both {CERTIFICATE} and {KEY}, got one; set or unset both")
    return all(named)


def sign(source: Path, target: Path, record: Mapping[str, Any], *, kind: str, title: str) -> None:
    """Write a signed copy of a file.

    Args:
        source: the finished file.
        target: where the copy goes.
        record: the parameters, which are signed too.
        kind: a key of `TYPES`.
        title: name of the file for readers.

    Raises:
        InputError: certificate or key do not fit or cannot be read.
        ResourceError: c2pa-python is not installed.
    """
    c2pa = _library()
    try:
        builder = c2pa.Builder(_manifest(record, title), _context(c2pa))
        with source.open("rb") as old, target.open("w+b") as new:
            builder.sign(_signer(c2pa), TYPES[kind], old, new)
    except c2pa.C2paError as error:
        raise InputError(
            f"cannot sign {title} ({_line(error)}); check {CERTIFICATE} and {KEY}: a chain for"
            " signing, valid now, and its own key"
        ) from error


def read(path: Path, *, kind: str) -> Credentials:
    """Return the state of a file's content credentials; nothing is fetched from the network.

    Raises:
        InputError: the file of trusted certificates cannot be read.
    """
    if kind not in TYPES:
        return Credentials(state="unsupported")
    try:
        c2pa = _library()
    except ResourceError:
        return Credentials(state="unavailable")
    try:
        with path.open("rb") as file:
            reader = c2pa.Reader.try_create(TYPES[kind], file, context=_context(c2pa))
            if reader is None:
                return Credentials(state="none")
            state, document = reader.get_validation_state(), json.loads(reader.json())
    except c2pa.C2paError as error:
        return Credentials(state="tampered", problems=(_line(error),))
    return _credentials(state, document)


def _credentials(state: str | None, document: dict[str, Any]) -> Credentials:
    manifest = document.get("manifests", {}).get(document.get("active_manifest"), {})
    results = document.get("validation_results", {}).get("activeManifest", {})
    failures = tuple(str(one.get("code")) for one in results.get("failure", ()))
    assertions = {one.get("label"): one.get("data") for one in manifest.get("assertions", ())}
    actions = (assertions.get("c2pa.actions.v2") or {}).get("actions") or [{}]
    parameters = assertions.get(ASSERTION)
    known = {"Trusted": "trusted", "Valid": "valid"}
    signature = manifest.get("signature_info", {})
    return Credentials(
        state=known.get(state, "tampered"),
        signer=str(signature.get("common_name") or signature.get("issuer") or ""),
        source_type=str(actions[0].get("digitalSourceType", "")).rpartition("/")[2],
        parameters=parameters if isinstance(parameters, dict) else None,
        problems=failures,
    )


def _manifest(record: Mapping[str, Any], title: str) -> dict[str, Any]:
    source_type = SOURCE_TYPE + (COMPOSED if has_inputs(record) else MADE)
    created = {"action": "c2pa.created", "digitalSourceType": source_type}
    return {
        "claim_generator_info": [{"name": "emogen", "version": __version__}],
        "title": title,
        "assertions": [
            {"label": "c2pa.actions", "data": {"actions": [created]}},
            {"label": ASSERTION, "data": dict(record)},
        ],
    }


def _context(c2pa: Any) -> "c2pa.Context":  # noqa: ANN401 - a module
    settings: dict[str, Any] = {
        "verify": {"verify_after_sign": False, "remote_manifest_fetch": False, "ocsp_fetch": False},
    }
    trusted = os.environ.get(TRUST)
    if trusted:
        settings["trust"] = {"user_anchors": _pem(TRUST).decode()}
    return c2pa.Context.from_dict(settings)


def _signer(c2pa: Any) -> "c2pa.Signer":  # noqa: ANN401 - a module
    key = _pem(KEY)
    stamp = os.environ.get(TIMESTAMP)
    return c2pa.Signer.from_info(c2pa.C2paSignerInfo(
        alg=_algorithm(key), sign_cert=_pem(CERTIFICATE), private_key=key,
        ta_url=stamp.encode() if stamp else None,
    ))


def _algorithm(key: bytes) -> bytes:
    """Return C2PA's name of the algorithm that a private key signs with."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    try:
        private = serialization.load_pem_private_key(key, password=None)
    except (ValueError, TypeError) as error:
        raise InputError(f"expected an unencrypted PEM key in {KEY}, got {_line(error)}") from error
    if isinstance(private, ec.EllipticCurvePrivateKey):
        names = {256: b"es256", 384: b"es384", 521: b"es512"}
        return names.get(private.curve.key_size, b"es256")
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return b"ed25519"
    if isinstance(private, rsa.RSAPrivateKey):
        return b"ps256"
    raise InputError(f"expected an EC, Ed25519 or RSA key in {KEY}, got {type(private).__name__}")


def _pem(name: str) -> bytes:
    path = Path(os.environ[name]).expanduser()
    try:
        data = path.open("rb").read(_MAX_PEM)
    except OSError as error:
        raise InputError(f"cannot read {name} ({path}: {error.strerror}); check it") from error
    if b"-----BEGIN" not in data:
        raise InputError(f"expected a PEM file for {name}, got another kind: {path}")
    return data


def _library() -> Any:  # noqa: ANN401 - a module
    try:
        import c2pa
    except ImportError as error:
        raise ResourceError(
            "content credentials need c2pa-python; pip install 'emogen[provenance]', or unset"
            f" {CERTIFICATE}"
        ) from error
    return c2pa


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
