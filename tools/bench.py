# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure what validation costs: `python tools/bench.py`.

A fleet of 171 hubs on 30 clusters goes through `playbooks/validate.yml`; then 10, 100 and 1,000 hubs, which shows
whether the cost grows with the number of hubs alone. Beside it: our own code without Ansible, and `helm template` where
Helm is. Fails when a bound is exceeded.
"""

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.validate import Circumstances, validate

ROOT = Path(__file__).resolve().parent.parent
CHART = ROOT / "roles/local/files/charts/jupyterhub"
HUBS: dict[str, Any] = yaml.safe_load((ROOT / "tests/unit/mutation/hubs.yml").read_text())
FLEET, CLUSTERS = 171, 30
MAX_CPU, MAX_MEMORY, MAX_OWN = 12.0, 300, 15.0
"""CPU-seconds and MB of the whole run for the fleet, and milliseconds of our own code a hub."""

VARIABLES = {
    "ansible_connection": "local",
    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    "cluster_provider": "existing",
    "hub_domain": "{{ hub_name }}.{{ cluster_name }}.example.org",
    "hub_url": "https://{{ hub_domain }}",
}


def variables(host: str, number: int) -> dict[str, Any]:
    """Return the variables of a hub: one of the tests' good hubs, with eight profiles as many production hubs have."""
    name, hub = list(HUBS.items())[number % len(HUBS)]
    own: dict[str, Any] = json.loads(json.dumps(hub).replace(f"{name}.example.org", f"{host}.example.org"))
    if "jupyterhub_values" in own or "jupyterhub_profiles" in own:
        return {key: value for key, value in own.items() if key != "jupyterhub_profiles"}
    sizes = [
        {"name": f"Size {size}", "memory": [f"{size}Gi"], "cpu": ["2"], "default": size == 1} for size in range(1, 9)
    ]
    return {**own, "jupyterhub_profiles": sizes}


def fleet(count: int) -> dict[str, dict[str, Any]]:
    """Return that many hubs by host name, spread over clusters as the fleet is."""
    clusters = max(1, count * CLUSTERS // FLEET)
    hosts = [f"hub{number}.cluster{number % clusters}" for number in range(count)]
    return {host: variables(host, number) for number, host in enumerate(hosts)}


def write(hubs: dict[str, dict[str, Any]], root: Path) -> None:
    """Write the hubs as an inventory."""
    children: dict[str, Any] = {}
    for host, own in hubs.items():
        cluster = host.partition(".")[2]
        children.setdefault(cluster, {"hosts": {f"cluster.{cluster}": None}})["hosts"][host] = None
        (root / "host_vars").mkdir(exist_ok=True)
        (root / "host_vars" / f"{host}.yml").write_text(yaml.safe_dump(own))
    (root / "hosts.yml").write_text(yaml.safe_dump({"all": {"vars": VARIABLES, "children": children}}))
    shutil.copy(ROOT / "inventories/local/zz_constructed.yml", root)


def playbook(count: int) -> tuple[float, int]:
    """Return the CPU-seconds and the largest memory (MB) of the playbook for that many hubs."""
    with tempfile.TemporaryDirectory() as scratch:
        write(fleet(count), Path(scratch))
        program = str(Path(sys.executable).with_name("ansible-playbook"))
        command = [program, "playbooks/validate.yml", "-i", scratch, "-e", f"validate_chart={CHART}"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if "ok=1" not in ran.stdout:
        sys.exit(ran.stdout[-3000:] + ran.stderr[-3000:])
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return cpu, after.ru_maxrss // 1024


def own_code(count: int) -> float:
    """Return the milliseconds a hub that our own code takes."""
    hosts = {
        host: {
            **own,
            "hub_name": host.partition(".")[0],
            "cluster_name": host.partition(".")[2],
            "hub_url": f"https://{host}.example.org",
        }
        for host, own in fleet(count).items()
    }
    validate(dict(list(hosts.items())[:1]), Circumstances(str(CHART)))
    start = time.process_time()
    validate(hosts, Circumstances(str(CHART)))
    return (time.process_time() - start) / count * 1000


def helm_template(count: int) -> float | None:
    """Return the CPU-seconds of `helm template` for that many hubs, from a sample; None where Helm is not."""
    helm = shutil.which("helm")
    if not helm:
        return None
    sample = 10
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for own in fleet(sample).values():
        values = json.dumps(own.get("jupyterhub_values", {}))
        subprocess.run(
            [helm, "template", "hub", CHART, "-f", "-"], input=values, capture_output=True, text=True, check=False
        )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) * count / sample


def main() -> None:
    """Print the figures; fail when one is beyond its bound."""
    own = own_code(FLEET)
    helm = helm_template(FLEET)
    cpu, memory = playbook(FLEET)
    print(
        f"{FLEET} hubs on {CLUSTERS} clusters: {cpu:.1f} CPU-s (at most {MAX_CPU}), {memory} MB (at most {MAX_MEMORY})"
    )
    print(f"our own code: {own:.1f} ms a hub (at most {MAX_OWN})")
    print(
        f"helm template of the same hubs: {helm:.1f} CPU-s, {helm / cpu:.1f} times"
        if helm
        else "helm is not on the PATH"
    )
    costs = {count: playbook(count)[0] for count in (10, 100, 1000)}
    for count, seconds in costs.items():
        print(f"{count:5} hubs: {seconds:5.1f} CPU-s")
    slope = [(costs[100] - costs[10]) / 90, (costs[1000] - costs[100]) / 900]
    print(f"a further hub: {slope[0] * 1000:.0f} ms up to 100 hubs, {slope[1] * 1000:.0f} ms up to 1,000")
    if cpu > MAX_CPU or memory > MAX_MEMORY or own > MAX_OWN:
        sys.exit("A bound is exceeded.")


if __name__ == "__main__":
    main()
