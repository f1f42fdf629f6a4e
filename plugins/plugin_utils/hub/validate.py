# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that is wrong with the hubs and clusters of a fleet, told at once."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.chart import load_chart
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.generate import MALFORMED, Generated, generate
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.places import is_variable, locate
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.problems import Level, Problem, path_text
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.redact import redact, secrets
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.registry import Check, Finding, checks
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.schema import null_findings, schema_findings
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.sources import (
    Duplicate,
    duplicates,
    files,
    plain_secrets,
)
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.spec import spec_findings
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.view import Hub, as_mapping, dig

WARNINGS = {"ACC002", "CHT001", "NUL001", "SEC001"}
"""The codes of warnings that no check of the registry has."""

ABOUT_NAMES = {
    "POD002",
    "PRO006",
    "PRO019",
    "ROL006",
    "SCH001",
    "TRA001",
    "TRA002",
    "TRA003",
    "TRA004",
    "TRA005",
    "TRA007",
    "TRA008",
    "TRA009",
    "VAR001",
}
"""The codes that find fault with the name of a key, not with its value."""

RULES = {
    "ACC001": "hub_accepted_warnings names codes of warnings, each with a reason.",
    "ACC002": "A warning that is accepted is there.",
    "CHT001": "The pinned chart is in the cache, so that its schema can judge the values.",
}

ACCEPTED = "hub_accepted_warnings"


@dataclass(frozen=True)
class Circumstances:
    """What is known beside the variables."""

    chart: str
    """Folder or archive of the JupyterHub chart."""
    assumed: bool = False
    """Whether that is our stand-in, because the pinned chart is not at hand: only local clusters are judged by it."""
    read: Callable[[str], str] = lambda _file: ""
    """Returns the text of a file of variables as it is on the disk."""
    decrypt: Callable[[str], str] = lambda _file: ""
    """Returns the text of a file of variables, decrypted where it is a vault."""
    today: str = ""
    helm: str = ""
    previous: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The values that hubs run with now, by host."""
    missing_images: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Report:
    """What validation found."""

    problems: list[Problem]
    hubs: dict[str, Hub]

    @property
    def errors(self) -> list[Problem]:
        """The problems that stop a deployment."""
        return [problem for problem in self.problems if problem.level is Level.ERROR]


def is_cluster(host: str) -> bool:
    """Say whether a host of the inventory is a cluster's control host."""
    return host.startswith("cluster.")


def validate(hosts: Mapping[str, Mapping[str, Any]], circumstances: Circumstances) -> Report:
    """Return every problem of the hosts, given with their variables; FleetError when there is no chart."""
    hubs: dict[str, Hub] = {}
    found: list[tuple[str, str, Finding]] = []
    for host, settings in hosts.items():
        first = list(spec_findings(settings))
        if not is_cluster(host) and settings.get("hub_state") != "absent":
            generated = generate(settings)
            told = {finding.path[0] for dummy, finding in first}
            first += [(code, finding) for code, finding in generated.findings if finding.path[0] not in told]
            hubs[host] = _hub(host, settings, generated, circumstances)
            first += _findings(hubs[host], circumstances)
        better = any(level(code) is Level.ERROR and code != "GEN002" for code, dummy in first)
        found += [(host, code, finding) for code, finding in first if code != "GEN002" or not better]
    found += _fleet_findings(hubs)
    problems = problems_of(found, hosts, {host: hub.values for host, hub in hubs.items()})
    problems += _file_problems(hosts, circumstances)
    return Report(_accept(problems, hosts), hubs)


def _hub(host: str, settings: Mapping[str, Any], generated: Generated, about: Circumstances) -> Hub:
    return Hub(
        host,
        settings,
        generated.values,
        load_chart(about.chart),
        today=about.today,
        previous=as_mapping(about.previous.get(host)),
        helm=about.helm,
        missing=generated.missing,
        missing_images=about.missing_images,
    )


def _findings(hub: Hub, about: Circumstances) -> Iterator[tuple[str, Finding]]:
    """Yield what is wrong with one hub: the chart's schema, then what the values mean."""
    if about.assumed and hub.variable("cluster_provider") != "local":
        fix = "Run playbooks/charts.yml, or name a chart with -e validate_chart=FOLDER."
        yield (
            "CHT001",
            Finding(("cluster_provider",), "the values were not judged by the schema of the pinned chart.", fix),
        )
    else:
        yield from schema_findings(hub, about.chart)
    yield from null_findings(hub)
    for check in checks():
        if not check.fleet:
            yield from ((check.code, finding) for finding in _run(check, hub))


def _run(check: Check, hub: Hub) -> Iterator[Finding]:
    """Yield what a check finds; values whose shape it cannot read are the schema's to tell.

    Of a hub that could not be made wholly, only what is wrong with values that are there: the others may follow.
    """
    try:
        for finding in check.find(hub):
            if not hub.missing or is_variable(finding.path) or dig(hub.values, finding.path) is not None:
                yield finding
    except MALFORMED:
        return


def _fleet_findings(hubs: Mapping[str, Hub]) -> Iterator[tuple[str, str, Finding]]:
    for check in checks():
        with suppress(*MALFORMED):  # the schema tells of values that have another shape
            for hub, finding in check.find(list(hubs.values())) if check.fleet else ():
                yield hub.host, check.code, finding


def _file_problems(hosts: Mapping[str, Mapping[str, Any]], about: Circumstances) -> Iterator[Problem]:
    """Yield what is wrong with the files that the hosts' variables were read from."""

    @cache
    def twice(file: str) -> list[Duplicate]:
        return duplicates(file, about.decrypt(file))

    for host, settings in hosts.items():
        for file in sorted(files(settings)):
            for path, place, first in twice(file):
                sentence = f"{path[-1]} is given again, after line {first}: only this one counts."
                yield Problem("YAM001", Level.ERROR, host, path_text(path), sentence, "Merge the two.", place)
        for path, place in plain_secrets(settings, about.read) if settings.get("cluster_provider") != "local" else ():
            sentence, fix = (
                "this secret can be read by whoever reads the file.",
                "Encrypt it: ansible-vault encrypt_string.",
            )
            yield Problem("SEC001", level("SEC001"), host, path_text(path), sentence, fix, place)


def level(code: str) -> Level:
    """Return the level of a code."""
    return _levels().get(code, Level.WARNING if code in WARNINGS else Level.ERROR)


@cache
def _levels() -> dict[str, Level]:
    return {check.code: check.level for check in checks()}


def problems_of(
    found: Iterable[tuple[str, str, Finding]],
    hosts: Mapping[str, Mapping[str, Any]],
    values: Mapping[str, Mapping[str, Any]],
) -> list[Problem]:
    """Return the findings with their places, without anything secret, each once."""
    about = {check.code: check for check in checks()}
    hidden: dict[str, frozenset[str]] = {}
    problems: dict[Problem, None] = {}
    for host, code, finding in found:
        if host not in hidden:
            hidden[host] = frozenset([*secrets(hosts[host]), *secrets(values.get(host, {}))])
        source = locate(hosts[host], values.get(host, {}), finding.path, name=code in ABOUT_NAMES)
        fix = finding.fix or (about[code].fix if code in about else "")
        problem = Problem(
            code=code,
            level=level(code),
            host=host,
            path=path_text(source.path),
            sentence=redact(finding.sentence, hidden[host]),
            fix=redact(fix, hidden[host]),
            place=source.place,
        )
        problems[problem] = None
    return list(problems)


def _accept(problems: list[Problem], hosts: Mapping[str, Mapping[str, Any]]) -> list[Problem]:
    """Return the problems with the reasons for which hubs accept warnings, and what is wrong with those reasons."""
    told = []
    for problem in problems:
        reason = as_mapping(hosts[problem.host].get(ACCEPTED)).get(problem.code)
        accepted = problem.level is Level.WARNING and isinstance(reason, str) and reason.strip()
        told.append(replace(problem, reason=str(reason)) if accepted else problem)
    used = {(problem.host, problem.code) for problem in problems}
    wrong = [
        (host, code, finding)
        for host, settings in hosts.items()
        for key, reason in as_mapping(settings.get(ACCEPTED)).items()
        for code, finding in _unacceptable(str(key), reason, (host, str(key)) in used)
    ]
    return told + problems_of(wrong, hosts, {})


def _unacceptable(code: str, reason: Any, used: bool) -> Iterator[tuple[str, Finding]]:
    path = (ACCEPTED, code)
    known = code in WARNINGS or any(check.code == code and check.level is Level.WARNING for check in checks())
    if not known:
        yield "ACC001", Finding(path, f"{code} is no code of a warning; errors cannot be accepted.")
    elif not isinstance(reason, str) or not reason.strip():
        yield "ACC001", Finding(path, f"{code} has no reason.", "Write why it is meant to be so.")
    elif not used:
        yield "ACC002", Finding(path, f"{code} is not found on this host.", "Remove the line.")
