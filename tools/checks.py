# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the reference of all codes from the rules themselves: `python tools/checks.py`."""

from pathlib import Path

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub import deep, generate, schema, sources, spec, validate
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.registry import checks

PAGE = Path(__file__).resolve().parent.parent / "docs" / "checks.md"

INTRODUCTION = """# What is checked

<!-- Made by tools/checks.py from the rules themselves. -->

`ansible-playbook playbooks/validate.yml` finds these problems in the configuration of a whole fleet, offline. An
**error** stops the deployment of its hub; a **warning** is told, and can be accepted with a reason:

```yaml
hub_accepted_warnings:
  RES007: "The course runs one server a node."
```

Codes keep their meaning; one that is gone is not used again.
"""

OTHERS = {
    "Variables": {
        **spec.RULES,
        "VAR005": "Variables can be templated.",
        **generate.RULES,
        **deep.RULES,
        **validate.RULES,
    },
    "Files": sources.RULES,
    "The chart's schema": schema.RULES,
}
"""The rules that are no checks of the registry, by chapter."""

CHAPTERS = {
    "access": "Who gets in",
    "capacity": "What nodes and pools can hold",
    "choices": "Choices of users",
    "core_pods": "The pods of the hub itself",
    "fleet": "Between hubs",
    "network": "Names and networks",
    "oauth": "Providers of logins",
    "placeholders": "Placeholders",
    "pods": "Users' servers",
    "profiles": "Profiles",
    "resources": "Resources",
    "roles": "Roles, services, secrets",
    "service": "What the service promises",
    "templates": "Templates and environment",
    "traits": "Classes and traits",
    "upkeep": "What goes wrong later",
}


def page() -> str:
    """Return the reference page."""
    lines = [INTRODUCTION]
    for title, rules in OTHERS.items():
        lines += [f"## {title}\n", "| code | level | rule |", "|---|---|---|"]
        lines += [f"| {code} | {validate.level(code)} | {_cell(rule)} |" for code, rule in sorted(rules.items())]
        lines.append("")
    for module, title in sorted(CHAPTERS.items(), key=lambda item: item[1]):
        lines += [
            f"## {title}\n",
            "| code | level | rule | what to do | where the rule comes from |",
            "|---|---|---|---|---|",
        ]
        lines += [
            f"| {check.code} | {check.level} | {_cell(check.rule)} | {_cell(check.fix)} | {_cell(check.source)} |"
            for check in checks()
            if check.find.__module__.rpartition(".")[2] == module
        ]
        lines.append("")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page())
