"""A drawn clip, and a chain of test certificates made on the spot."""

import datetime

import pytest

from tests.provenance.drawings import drawn


@pytest.fixture
def clip():
    return drawn()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """A folder with chain.pem and key.pem to sign with, and root.pem that vouches for them."""
    pytest.importorskip("c2pa")
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    def subject(name):
        rows = [(NameOID.ORGANIZATION_NAME, "tests"), (NameOID.COMMON_NAME, name)]
        return x509.Name([x509.NameAttribute(*row) for row in rows])

    def issue(name, issuer, issuer_key, *, authority):
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.now(datetime.UTC)
        day = datetime.timedelta(days=1)
        uses = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment",
                              "key_agreement", "encipher_only", "decipher_only"), False)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject(name)).issuer_name(subject(issuer))
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - day).not_valid_after(now + day)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(
                digital_signature=not authority, key_cert_sign=authority, crl_sign=authority, **uses
            ), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(
                (issuer_key or key).public_key()), False)
        )
        if not authority:
            usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
            builder = builder.add_extension(usage, critical=False)
        return key, builder.sign(issuer_key or key, hashes.SHA256())

    root_key, root = issue("test root", "test root", None, authority=True)
    key, leaf = issue("test signer", "test root", root_key, authority=False)
    pem = serialization.Encoding.PEM
    folder = tmp_path_factory.mktemp("certificates")
    (folder / "chain.pem").write_bytes(leaf.public_bytes(pem) + root.public_bytes(pem))
    (folder / "root.pem").write_bytes(root.public_bytes(pem))
    (folder / "key.pem").write_bytes(key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ))
    return folder


@pytest.fixture
def signing(certificates, monkeypatch, _plain_environment):
    """The environment of somebody who signs."""
    monkeypatch.setenv("EMOGEN_C2PA_CERTIFICATE", str(certificates / "chain.pem"))
    monkeypatch.setenv("EMOGEN_C2PA_KEY", str(certificates / "key.pem"))
    return certificates


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    for name in ("CERTIFICATE", "KEY", "TIMESTAMP", "TRUST"):
        monkeypatch.delenv(f"EMOGEN_C2PA_{name}", raising=False)
