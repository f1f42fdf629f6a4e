# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user's kernel is asked to try.

`hub_client.Kernel` sends the source of this file to a kernel and calls its functions there, so it needs nothing but the
standard library of Python 3.8 (the oldest that current notebook images carry). Arguments and results are JSON.
"""

from __future__ import annotations

import http.client
import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

# Long enough for a second SYN (after 1 s), short enough to wait for a packet that a policy drops.
CONNECT_SECONDS = 3

SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount/token"


def connects(host: str, port: int) -> bool:
    """Return whether a TCP connection to the address opens; a name that does not resolve is one that does not."""
    try:
        socket.create_connection((host, port), CONNECT_SECONDS).close()
    except OSError:
        return False
    return True


def api_server() -> list[tuple[str, int]]:
    """Return the addresses at which a pod finds the Kubernetes API: by name, and as Kubernetes tells every pod."""
    told = os.environ.get("KUBERNETES_SERVICE_HOST")
    by_name = [("kubernetes.default.svc", 443)]
    return [*by_name, (told, int(os.environ["KUBERNETES_SERVICE_PORT"]))] if told else by_name


def own_address() -> tuple[str, int]:
    """Return where this server listens: the pod's address when it listens on all of them."""
    url = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
    listens = url.hostname or ""
    everywhere = not listens.strip("0.:")
    return (str(socket.getaddrinfo(socket.gethostname(), None)[0][4][0]) if everywhere else listens), url.port or 8888


def own_token() -> str:
    """Return the hub's token of this server: the credential that every process of the user holds."""
    return os.environ["JUPYTERHUB_API_TOKEN"]


def hub_answer() -> str:
    """Return what the hub's API answers from inside the server: its HTTP status, or why there is none."""
    url = urlsplit(os.environ["JUPYTERHUB_API_URL"])
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=CONNECT_SECONDS)
    try:
        connection.request("GET", url.path)
        return str(connection.getresponse().status)
    except OSError as error:
        return f"{url.netloc}: {error}"
    finally:
        connection.close()


def has_service_account() -> bool:
    """Return whether a Kubernetes service account's token is mounted."""
    return Path(SERVICE_ACCOUNT).exists()


def write(name: str, text: str) -> str:
    """Write a file in the home, readable by everybody: only the hub's isolation may stand between users."""
    path = Path.home() / name
    path.write_text(text, encoding="utf-8")
    path.chmod(0o644)
    return str(path)


def read(name: str) -> str | None:
    """Return the text of a file in the home, or None if there is none."""
    path = Path.home() / name
    return path.read_text(encoding="utf-8") if path.exists() else None


def remove(name: str) -> None:
    """Remove a file from the home if it is there."""
    (Path.home() / name).unlink(missing_ok=True)


def search(name: str, text: str) -> list[str]:
    """Return the paths of the files of that name and content in the home, in what is mounted there and next to it."""
    home = Path.home()
    folders = {home, *home.glob("*"), *home.parent.glob("*"), *Path("/home").glob("*")}
    return sorted(str(folder / name) for folder in folders if _holds(folder / name, text))


def _holds(path: Path, text: str) -> bool:
    """Return whether a file can be read and holds just the text."""
    try:
        return path.read_text(encoding="utf-8") == text
    except (OSError, UnicodeDecodeError):
        return False
