# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys and certificates of a local cluster, made once and kept in its state folder."""

from __future__ import annotations  # where cryptography is missing, its names are too

import base64
import datetime
import ipaddress
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import require

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
except ImportError as error:  # `ansible-test sanity` imports every file without the libraries of requirements.txt
    MISSING: ImportError | None = error
else:
    MISSING = None

# A cluster for trying and testing lives shorter than this; nothing renews its certificates.
_VALID = datetime.timedelta(days=3650)


@dataclass(frozen=True)
class Identity:
    """Whom a certificate stands for: user or server name, groups, and the names and addresses that it serves at."""

    name: str
    groups: tuple[str, ...] = ()
    serves: tuple[str, ...] = ()


def ensure_pki(folder: Path, identities: dict[str, Identity]) -> None:
    """Make what is missing in `folder`, all files mode 0600.

    These are ca.crt and ca.key, sa.key and sa.pub (they sign and check service account tokens), and <name>.crt and
    <name>.key for each identity. A certificate is made anew when its identity has changed.
    """
    require(MISSING)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (folder / "ca.crt").exists():
        key = _new_key(folder / "ca.key")
        _write(folder / "ca.crt", _pem(_authority(key)))
    if not (folder / "sa.pub").exists():
        public = _new_key(folder / "sa.key").public_key()
        _write(
            folder / "sa.pub",
            public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
        )
    for name, identity in identities.items():
        if _is_for(folder / f"{name}.crt", identity):
            continue
        authority = x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes())
        authority_key = cast(
            ec.EllipticCurvePrivateKey,
            serialization.load_pem_private_key((folder / "ca.key").read_bytes(), password=None),
        )
        key = _new_key(folder / f"{name}.key")
        _write(folder / f"{name}.crt", _pem(_certificate(identity, key.public_key(), authority, authority_key)))


def kubeconfig(folder: Path, user: str, server: str) -> dict[str, Any]:
    """Return a kubeconfig that reaches `server` with the certificate `user` of the folder."""

    def encoded(name: str) -> str:
        return base64.b64encode((folder / name).read_bytes()).decode()

    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "local", "cluster": {"server": server, "certificate-authority-data": encoded("ca.crt")}}],
        "users": [
            {
                "name": user,
                "user": {
                    "client-certificate-data": encoded(f"{user}.crt"),
                    "client-key-data": encoded(f"{user}.key"),
                },
            }
        ],
        "contexts": [{"name": "local", "context": {"cluster": "local", "user": user}}],
        "current-context": "local",
    }


def write_kubeconfig(file: Path, folder: Path, user: str, server: str) -> None:
    """Write that kubeconfig, mode 0600, as JSON (which is YAML)."""
    _write(file, json.dumps(kubeconfig(folder, user, server), indent=2).encode())


def _write(file: Path, content: bytes) -> None:
    """Write a file that only its owner can read, in one step: what is there is complete."""
    new = file.with_name(file.name + ".new")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(content)
    new.rename(file)


def _new_key(file: Path) -> ec.EllipticCurvePrivateKey:
    key = ec.generate_private_key(ec.SECP256R1())
    # "EC PRIVATE KEY": the form that every component reads
    form = serialization.PrivateFormat.TraditionalOpenSSL
    _write(file, key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return key


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _subject(name: str, groups: Iterable[str] = ()) -> x509.Name:
    organizations = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    return x509.Name([*organizations, x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _names(identity: Identity) -> list[x509.GeneralName]:
    """Return the subject alternative names: addresses and DNS names have different types."""
    names: list[x509.GeneralName] = []
    for served in identity.serves:
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(served)))
        except ValueError:
            names.append(x509.DNSName(served))
    return names


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))  # clocks differ a little
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    subject = _subject("openhubs.fleet local cluster")
    return (
        _builder(subject, subject, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _certificate(
    identity: Identity,
    key: ec.EllipticCurvePublicKey,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    identifier = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    usages = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
    builder = (
        _builder(_subject(identity.name, identity.groups), authority.subject, key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
    )
    if identity.serves:
        builder = builder.add_extension(x509.SubjectAlternativeName(_names(identity)), critical=False)
    return builder.sign(authority_key, hashes.SHA256())


def _is_for(file: Path, identity: Identity) -> bool:
    """Return whether the certificate is there and says what the identity says."""
    if not file.exists():
        return False
    certificate = x509.load_pem_x509_certificate(file.read_bytes())
    try:
        names = list(certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except x509.ExtensionNotFound:
        names = []
    return certificate.subject == _subject(identity.name, identity.groups) and names == _names(identity)
