# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hub's configuration, in the order of the JupyterHub chart: each step has the last word over those before it.

1. what the chart says (`chart_traits.py`);
2. `hub.config.<Class>`: a trait replaces the one above, lists included;
3. the files in `jupyterhub_config.d`, in the order of their names;
4. the texts of `hub.extraConfig`, in the order of their keys.

Steps 3 and 4 run in this namespace, as in that chart: they see `c`, `get_config` and what those before them defined.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(1, str(Path(__file__).resolve().parent / "config"))

from chart_traits import chart_traits
from z2jh import get_config, get_secret_value

c = globals()["c"]  # the configuration that is being loaded: traitlets puts it here

# Tokens and keys have their own way to the hub: Secret and environment. The rest of these has its own values.
ELSEWHERE = {
    "JupyterHub": ("cookie_secret", "proxy_auth_token", "services"),
    "ConfigurableHTTPProxy": ("auth_token",),
    "CryptKeeper": ("keys",),
}

# How the libraries of database servers want the password: out of the URL, which is logged.
PASSWORDS = {"mysql": "MYSQL_PWD", "postgres": "PGPASSWORD"}

if (database := get_config("hub.db.type")) in PASSWORDS and (password := get_secret_value("hub.db.password", None)):
    os.environ[PASSWORDS[database]] = password

for section, traits in chart_traits(get_config, get_secret_value, os.environ["POD_NAMESPACE"]):
    c[section].update(traits)

for section, traits in get_config("hub.config", {}).items():
    c[section].update({trait: value for trait, value in traits.items() if trait not in ELSEWHERE.get(section, ())})

files = sorted(Path(__file__).resolve().parent.glob("jupyterhub_config.d/*.py"))
sources = [(str(file), file.read_text("utf-8")) for file in files]
sources += [(f"hub.extraConfig.{key}", text) for key, text in sorted(get_config("hub.extraConfig", {}).items())]

for source, text in sources:
    print(f"Running {source}")
    exec(compile(text, source, "exec"))
