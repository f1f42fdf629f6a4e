# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How to reach a cluster: the shape of the fact ``cluster_connection`` and the two clients made of it.

Secrets (token, client key) stay in memory; programs that want files, the TLS library and helm, get them in a private
folder that lives as long as they do.
"""

import base64
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError, require

try:  # at the top of the file: forked workers inherit the import, which costs 0.5 CPU-s
    import urllib3
    from kubernetes import client as kubernetes_client
    from kubernetes.config.config_exception import ConfigException
    from kubernetes.config.exec_provider import ExecProvider
    from kubernetes.config.kube_config import ConfigNode
except ImportError as error:  # `ansible-test sanity` imports every file without the libraries of requirements.txt
    MISSING: ImportError | None = error
else:
    MISSING = None

REQUEST_TIMEOUT = 30  # seconds: a healthy API server answers within 1, a list of a large cluster within 10
METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


class ApiError(FleetError):
    """The API server refused a request: `status` is the HTTP status, `reason` what the server said."""

    def __init__(self, request: str, status: int, reason: str) -> None:
        super().__init__(f"The API server answered {status} to {request}: {reason}")
        self.status, self.reason = status, reason


class UnreachableError(FleetError):
    """The API server did not answer."""


@dataclass(frozen=True)
class Connection:
    """A cluster's API server and one way to be let in: a bearer token, or a client certificate with its key.

    All values but the URL are text as found in the files (PEM). With an empty `ca` the server's certificate is judged
    by the authorities that this machine trusts.
    """

    api_url: str
    ca: str = ""
    token: str = field(default="", repr=False)
    client_certificate: str = field(default="", repr=False)
    client_key: str = field(default="", repr=False)

    @classmethod
    def parse(cls, value: Mapping[str, Any]) -> Self:
        """Return the connection that the dictionary ``cluster_connection`` describes; FleetError when it does not."""
        names = [item.name for item in fields(cls)]
        if unknown := sorted(set(value) - set(names)):
            raise FleetError(f"cluster_connection has the unknown keys {unknown}: allowed are {names}.")
        given = {name: str(value[name]) for name in names if value.get(name)}
        if urlsplit(given.get("api_url", "")).scheme != "https":
            raise FleetError(f"cluster_connection.api_url is {given.get('api_url', '')!r}: give an https:// URL.")
        if "token" not in given and not {"client_certificate", "client_key"} <= set(given):
            raise FleetError(
                "cluster_connection has no credential: give a token, or client_certificate and client_key."
            )
        return cls(**given)

    @property
    def secrets(self) -> list[str]:
        """Return what must never be shown."""
        return [secret for secret in (self.token, self.client_key) if secret]

    def kubeconfig(self) -> dict[str, Any]:
        """Return the content of a kubeconfig file with this cluster, its user and one context."""
        authority = {"certificate-authority-data": _base64(self.ca)} if self.ca else {}
        certificate = {
            "client-certificate-data": _base64(self.client_certificate),
            "client-key-data": _base64(self.client_key),
        }
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "cluster", "cluster": {"server": self.api_url, **authority}}],
            "users": [{"name": "user", "user": {"token": self.token} if self.token else certificate}],
            "contexts": [{"name": "context", "context": {"cluster": "cluster", "user": "user"}}],
            "current-context": "context",
        }

    @contextmanager
    def api_client(self) -> Iterator[Any]:
        """Yield a ``kubernetes.client.ApiClient``; the certificate files that it needs are removed at the end."""
        require(MISSING)
        pem = {"ca": self.ca, "certificate": self.client_certificate, "key": self.client_key}
        with private_files({name: text for name, text in pem.items() if text}) as folder:
            settings = kubernetes_client.Configuration(host=self.api_url.rstrip("/"))
            settings.ssl_ca_cert = str(folder / "ca") if self.ca else None
            if self.token:
                settings.api_key = {"authorization": f"Bearer {self.token}"}
            else:
                settings.cert_file, settings.key_file = str(folder / "certificate"), str(folder / "key")
            with kubernetes_client.ApiClient(settings) as client:
                yield client

    @contextmanager
    def api(self) -> Iterator["Api"]:
        """Yield the API server as `Api`."""
        with self.api_client() as client:
            yield Api(client)


class Api:
    """An API server in plain JSON: paths in, dictionaries out, the same for every kind of object."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        **query: str,
    ) -> str:
        """Send one request and return the answer's text; `ApiError` for any status but 2xx."""
        url = f"{self._client.configuration.host}{path}{'?' + urlencode(query) if query else ''}"
        authorization = self._client.configuration.get_api_key_with_prefix("authorization")
        try:
            answer = self._client.rest_client.pool_manager.request(
                method,
                url,
                body=None if body is None else json.dumps(body),
                headers={**({"Authorization": authorization} if authorization else {}), **(headers or {})},
                timeout=REQUEST_TIMEOUT,
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise UnreachableError(
                f"The API server {self._client.configuration.host} cannot be reached ({_reason(error)}): "
                "check that it runs and that this machine may connect to it, then repeat the run."
            ) from error
        text: str = answer.data.decode(errors="replace")
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise ApiError(f"{method} {path}", answer.status, _message(text))
        return text

    def get(self, path: str, headers: Mapping[str, str] | None = None, **query: str) -> dict[str, Any] | None:
        """Return the object at `path`, or None when there is none."""
        try:
            answer: dict[str, Any] = json.loads(self.request("GET", path, headers=headers, **query))
        except ApiError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return answer

    def items(self, path: str, headers: Mapping[str, str] | None = None, **query: str) -> list[dict[str, Any]]:
        """Return the objects of the list at `path`; none when there is no such list."""
        return (self.get(path, headers, **query) or {}).get("items") or []


def exec_credential(plugin: Mapping[str, Any], cluster: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """Return the status that a kubeconfig's credential plugin answers: token, clientCertificateData, clientKeyData.

    `plugin` is the entry ``exec`` of a kubeconfig's user, `cluster` that of its cluster, `folder` where the file is.
    """
    require(MISSING)
    try:
        provider = ExecProvider(ConfigNode("exec", dict(plugin)), str(folder), ConfigNode("cluster", dict(cluster)))
        status: dict[str, str] = provider.run()
    except (ConfigException, OSError) as error:
        raise FleetError(f"The kubeconfig's credential plugin {plugin.get('command')!r} failed: {error}.") from error
    return status


@contextmanager
def private_files(texts: Mapping[str, str]) -> Iterator[Path]:
    """Yield a folder (mode 0700) with these files (name -> text, mode 0600); remove it at the end."""
    with tempfile.TemporaryDirectory(prefix="openhubs-") as name:
        folder = Path(name)
        for file, text in texts.items():
            descriptor = os.open(folder / file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as stream:
                stream.write(text)
        yield folder


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _message(text: str) -> str:
    """Return the sentence in a Kubernetes ``Status``, or the text itself."""
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text.strip() or "no explanation"


def _reason(error: BaseException) -> str:
    """Return the cause at the bottom of nested errors, in the system's words: ``Connection refused``."""
    while error.__cause__ is not None:
        error = error.__cause__
    return getattr(error, "strerror", None) or str(error)
