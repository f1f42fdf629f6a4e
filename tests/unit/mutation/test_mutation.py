# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many mistakes are found, by kind: at least 97 of 100, and nothing in hubs without mistakes."""

from collections import Counter
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.problems import path_text
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.sources import duplicates
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.validate import Circumstances, validate

from .mutations import KINDS

HERE = Path(__file__).parent
CHARTS = [
    HERE.parents[3].parent / "shared/corpus/charts/jupyterhub-4.4.0",
    HERE.parents[2] / "roles/local/files/charts/jupyterhub",
]
RECALL = 0.97
SEEDS = range(3)
CLUSTER = {
    "cluster_name": "uni",
    "cluster_provider": "gke",
    "cluster_node_pools": {
        "core": {"purpose": "core", "machine": "n2-standard-4", "min": 1, "max": 3},
        "user": {"purpose": "user", "machine": "n2-highmem-8", "min": 0, "max": 20},
    },
}
HUBS: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "hubs.yml").read_text())


def settings(host: str, own: dict[str, Any]) -> dict[str, Any]:
    name = host.partition(".")[0]
    domain = f"{name}.uni.example.org"
    return {**CLUSTER, "hub_name": name, "hub_domain": domain, "hub_url": f"https://{domain}", **own}


def problems(hosts: dict[str, dict[str, Any]]) -> set[tuple[str, str]]:
    chart = next(str(chart) for chart in CHARTS if chart.exists())
    found = validate({host: settings(host, own) for host, own in hosts.items()}, Circumstances(chart)).problems
    return {(problem.code, problem.path) for problem in found}


@pytest.mark.parametrize("host", HUBS)
def test_good_hub_raises_no_alarm(host: str) -> None:
    assert problems({host: HUBS[host]}) == set()


def test_mistakes_are_found() -> None:
    found, made, missed = Counter[str](), Counter[str](), []
    for (kind, mutate), (host, hub), seed in product(KINDS.items(), HUBS.items(), SEEDS):
        for mutant in mutate(seed, hub):
            made[kind] += 1
            if problems({host: mutant.hub}):
                found[kind] += 1
            else:
                missed.append(f"{kind}: {host} {path_text(mutant.path)}")
    for kind, count in made.items():
        print(f"{kind:24} {found[kind]:4} of {count:4}  {found[kind] / count:.1%}")
    print(*missed, sep="\n")
    assert found.total() / made.total() >= RECALL, missed


def test_every_repeated_key_is_found() -> None:
    text = (HERE / "hubs.yml").read_text()
    lines = text.splitlines(keepends=True)
    simple = [
        number
        for number, line in enumerate(lines)
        if line.lstrip(" -").partition(": ")[2].strip() and ": {" not in line
    ]
    for number in simple:
        if not lines[number].lstrip().startswith(("-", "#", '"')):
            doubled = "".join([*lines[: number + 1], lines[number], *lines[number + 1 :]])
            assert duplicates("/hubs.yml", doubled), lines[number]


def test_domains_given_twice_are_found() -> None:
    hosts = list(HUBS)
    for one, other in pairwise(hosts):
        double = {"hub_domain": "same.uni.example.org", "hub_url": "https://same.uni.example.org"}
        found = problems({one: {**HUBS[one], **double}, other: {**HUBS[other], **double}})
        assert "FLT001" in {code for code, _ in found}
