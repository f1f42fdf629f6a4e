# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a kubeconfig and one of its contexts to a `Connection`, and only to the cluster that is meant."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.kubernetes import Connection, exec_credential

DEFAULT_PORT = 443
# What this collection does not follow: it would make the connection less safe than it looks, or Kubernetes dropped it.
REFUSED = ("insecure-skip-tls-verify", "proxy-url", "tls-server-name", "username", "password", "auth-provider", "as")


def read_connection(path: Path, context: str, api_url: str) -> Connection:
    """Return how to reach the cluster of a context; FleetError unless it is the one at `api_url`."""
    config = _read(path)
    cluster, user = _parts(config, path, context)
    server = cluster.get("server", "")
    if _address(server) != _address(api_url):
        raise FleetError(
            f"The context {context!r} of {path} leads to {server}, but the inventory's cluster_api_url is {api_url}: "
            "this may be the wrong cluster, so nothing is done. Correct existing_context or cluster_api_url."
        )
    if refused := [name for name in REFUSED if cluster.get(name) or user.get(name)]:
        raise FleetError(
            f"The context {context!r} of {path} uses {', '.join(refused)}, which is not supported: use a certificate "
            "authority, and a token, a client certificate or an exec plugin."
        )
    ca = _pem(cluster, "certificate-authority", path)
    return Connection.parse({"api_url": server, "ca": ca, **_credential(user, cluster, path)})


def _credential(user: Mapping[str, Any], cluster: Mapping[str, Any], path: Path) -> dict[str, str]:
    """Return the user's credential as `Connection` has it, in the order in which kubectl looks for one."""
    if user.get("exec"):
        status = exec_credential(user["exec"], cluster, path.parent)
        return {
            "token": status.get("token", ""),
            "client_certificate": status.get("clientCertificateData", ""),
            "client_key": status.get("clientKeyData", ""),
        }
    token_file = user.get("tokenFile")
    return {
        "token": _file(token_file, path).read_text().strip() if token_file else user.get("token", ""),
        "client_certificate": _pem(user, "client-certificate", path),
        "client_key": _pem(user, "client-key", path),
    }


def _read(path: Path) -> dict[str, Any]:
    try:
        config = yaml.safe_load(path.read_text())
    except OSError as error:
        raise FleetError(f"The kubeconfig {path} cannot be read: {error.strerror}.") from error
    except yaml.YAMLError as error:
        raise FleetError(f"The kubeconfig {path} is not YAML: {error}.") from error
    if not isinstance(config, dict) or config.get("kind") != "Config":
        raise FleetError(f"{path} is not a kubeconfig (kind: Config).")
    return config


def _parts(config: Mapping[str, Any], path: Path, context: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the cluster and the user of a context."""
    contexts, clusters, users = (_named(config, kind) for kind in ("context", "cluster", "user"))
    if context not in contexts:
        known = ", ".join(sorted(contexts)) or "none"
        raise FleetError(f"{path} has no context {context!r}: it has {known}. Set existing_context to one of them.")
    cluster, user = contexts[context].get("cluster"), contexts[context].get("user")
    if cluster not in clusters or user not in users:
        raise FleetError(
            f"The context {context!r} of {path} names the cluster {cluster!r} and the user {user!r}: not both exist."
        )
    return clusters[cluster], users[user]


def _named(config: Mapping[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """Return a kubeconfig's entries of a kind (context, cluster, user) by name."""
    return {entry["name"]: entry.get(kind) or {} for entry in config.get(f"{kind}s") or []}


def _pem(entry: Mapping[str, Any], name: str, path: Path) -> str:
    """Return a certificate or key that is given as base64 data or as a file; empty when it is not given."""
    if data := entry.get(f"{name}-data"):
        return base64.b64decode(data).decode()
    return _file(entry[name], path).read_text() if entry.get(name) else ""


def _file(name: str, path: Path) -> Path:
    """Return the path of a file that a kubeconfig names: relative to the kubeconfig, as kubectl has it."""
    return path.parent / Path(name).expanduser()


def _address(url: str) -> tuple[str | None, int | None, str]:
    """Return what makes two URLs of an API server the same: host, port and path."""
    parts = urlsplit(url)
    return parts.hostname, parts.port or DEFAULT_PORT, parts.path.rstrip("/")
