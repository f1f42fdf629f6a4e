# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the hub's configuration can ask about its release: the interface of the JupyterHub chart's module of this name.

Everything is read from the folder that holds this file. There, the pod has these mounts:

* `secret/`: the Secret `hub`; its key `values.yaml` holds all values of the chart;
* `existing-secret/`: the Secret that `hub.existingSecret` names, if any; what it holds wins over `secret/`;
* `config/`: the ConfigMap `hub`, which also tells the names of the release's objects.
"""

import os
from functools import cache, reduce
from pathlib import Path
from typing import Any

import yaml

HOME = Path(__file__).resolve().parent
SECRETS = ("secret", "existing-secret")  # the later one wins
_MISSING = object()


def merged(base: Any, over: Any) -> Any:
    """Return `over` laid on `base`: mappings key by key, at every depth; anything else replaces."""
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return over
    return base | {key: merged(base[key], value) if key in base else value for key, value in over.items()}


@cache
def _values() -> Any:
    """Return the chart's values, read once."""
    files = [HOME / secret / "values.yaml" for secret in SECRETS]
    return reduce(merged, [yaml.safe_load(file.read_text("utf-8")) for file in files if file.exists()], {})


def get_config(key: str, default: Any = None) -> Any:
    """Return the value at a dotted path such as `hub.db.type`, or `default` where the path ends before that."""
    value = _values()
    for name in key.split("."):
        if not isinstance(value, dict) or name not in value:
            return default
        value = value[name]
    return value


def set_config_if_not_none(section: object, trait: str, key: str) -> None:
    """Set a trait of a section of the configuration, for instance `c.KubeSpawner`, unless the value is null."""
    if (value := get_config(key)) is not None:
        setattr(section, trait, value)


def get_secret_value(key: str, default: Any = _MISSING) -> Any:
    """Return the text that a Secret holds under `key`; a `KeyError` says that none does and no default was given."""
    for secret in reversed(SECRETS):
        if (file := HOME / secret / key).exists():
            return file.read_text("utf-8")
    if default is _MISSING:
        raise KeyError(f"{key} is in none of the hub's Secrets.")
    return default


def get_name(name: str) -> str:
    """Return what an object of the release is called: the chart's `hub-pvc` is `hub-db-dir`."""
    return (HOME / "config" / name).read_text("utf-8")


def get_name_env(name: str, suffix: str = "") -> str:
    """Return a variable that Kubernetes sets for a Service: `("proxy-api", "_SERVICE_PORT")` is `8001`."""
    return os.environ[(get_name(name) + suffix).upper().replace("-", "_")]
