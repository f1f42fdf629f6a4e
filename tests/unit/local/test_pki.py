# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys are private, certificates are for whom they say, and nothing is made twice."""

import base64
import stat
from pathlib import Path

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local import pki
from ansible_collections.openhubs.fleet.plugins.plugin_utils.local.pki import Identity, ensure_pki
from cryptography import x509
from cryptography.x509.oid import NameOID

WANTED = {
    "admin": Identity("admin", ("system:masters",)),
    "server": Identity("server", (), ("127.0.0.1", "kubernetes.default")),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    ensure_pki(tmp_path / "pki", WANTED)
    return tmp_path / "pki"


def certificate(folder: Path, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / f"{name}.crt").read_bytes())


def test_only_the_owner_can_read(folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


def test_the_authority_signs(folder: Path) -> None:
    for name in WANTED:
        certificate(folder, name).verify_directly_issued_by(certificate(folder, "ca"))


def test_groups_and_addresses_are_in_the_certificate(folder: Path) -> None:
    admin, server = certificate(folder, "admin"), certificate(folder, "server")
    assert [part.value for part in admin.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)] == [
        "system:masters"
    ]
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert names.get_values_for_type(x509.DNSName) == ["kubernetes.default"]


def test_a_second_run_changes_nothing(folder: Path) -> None:
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    ensure_pki(folder, WANTED)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_only_what_has_changed_is_made_anew(folder: Path) -> None:
    before = {name: (folder / name).read_bytes() for name in ("ca.crt", "sa.key", "admin.crt", "server.crt")}
    ensure_pki(folder, {**WANTED, "server": Identity("server", (), ("127.0.0.2",))})
    changed = [name for name, content in before.items() if (folder / name).read_bytes() != content]
    assert changed == ["server.crt"]


def test_a_run_that_was_killed_is_completed(folder: Path) -> None:
    (folder / "sa.pub").unlink()
    (folder / "admin.crt").unlink()
    ensure_pki(folder, WANTED)
    certificate(folder, "admin").verify_directly_issued_by(certificate(folder, "ca"))
    assert (folder / "sa.pub").exists()


def test_the_kubeconfig_is_private_and_complete(folder: Path, tmp_path: Path) -> None:
    pki.write_kubeconfig(tmp_path / "kubeconfig", folder, "admin", "https://127.0.0.1:1")
    assert stat.S_IMODE((tmp_path / "kubeconfig").stat().st_mode) == 0o600
    config = pki.kubeconfig(folder, "admin", "https://127.0.0.1:1")
    assert config["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:1"
    assert base64.b64decode(config["users"][0]["user"]["client-key-data"]) == (folder / "admin.key").read_bytes()
