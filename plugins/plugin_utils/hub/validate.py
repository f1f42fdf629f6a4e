# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that is wrong with the hubs and clusters of a fleet, told at once."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.chart import load_chart
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.generate import MALFORMED, generate
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.places import locate
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.problems import Level, Problem, path_text
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.redact import redact, secrets
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.registry import Check, Finding, checks
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.schema import null_findings, schema_findings
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.spec import spec_findings
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.view import Hub, as_mapping

WARNINGS = {"NUL001", "ACC002"}
"""The codes of warnings that no check of the registry has."""

RULES = {
    "ACC001": "hub_accepted_warnings names codes of warnings, each with a reason.",
    "ACC002": "A warning that is accepted is there.",
}

ACCEPTED = "hub_accepted_warnings"


@dataclass(frozen=True)
class Circumstances:
    """What is known beside the variables."""

    chart: str
    """Folder or archive of the JupyterHub chart."""
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
        if not is_cluster(host):
            generated = generate(settings)
            told = {finding.path[0] for _, finding in first}
            first += [(code, finding) for code, finding in generated.findings if finding.path[0] not in told]
            hubs[host] = _hub(host, settings, generated.values, circumstances)
            first += _findings(hubs[host], circumstances)
        found += [(host, code, finding) for code, finding in first]
    found += _fleet_findings(hubs)
    problems = _problems(found, hosts, {host: hub.values for host, hub in hubs.items()})
    return Report(_accept(problems, hosts), hubs)


def _hub(host: str, settings: Mapping[str, Any], values: Mapping[str, Any], about: Circumstances) -> Hub:
    return Hub(
        host,
        settings,
        values,
        load_chart(about.chart),
        today=about.today,
        previous=as_mapping(about.previous.get(host)),
        helm=about.helm,
        missing_images=about.missing_images,
    )


def _findings(hub: Hub, about: Circumstances) -> Iterator[tuple[str, Finding]]:
    """Yield what is wrong with one hub: the chart's schema, then what the values mean."""
    yield from schema_findings(hub, about.chart)
    yield from null_findings(hub)
    for check in checks():
        if not check.fleet:
            yield from ((check.code, finding) for finding in _run(check, hub))


def _run(check: Check, hub: Hub) -> Iterator[Finding]:
    """Yield what a check finds; values whose shape it cannot read are the schema's to tell."""
    try:
        yield from check.find(hub)
    except MALFORMED:
        return


def _fleet_findings(hubs: Mapping[str, Hub]) -> Iterator[tuple[str, str, Finding]]:
    for check in checks():
        if check.fleet:
            for hub, finding in check.find(list(hubs.values())):
                yield hub.host, check.code, finding


def level(code: str) -> Level:
    """Return the level of a code."""
    by_code = {check.code: check.level for check in checks()}
    return by_code.get(code, Level.WARNING if code in WARNINGS else Level.ERROR)


def _problems(
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
        source = locate(hosts[host], values.get(host, {}), finding.path)
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
    return told + _problems(wrong, hosts, {})


def _unacceptable(code: str, reason: Any, used: bool) -> Iterator[tuple[str, Finding]]:
    path = (ACCEPTED, code)
    known = code in WARNINGS or any(check.code == code and check.level is Level.WARNING for check in checks())
    if not known:
        yield "ACC001", Finding(path, f"{code} is no code of a warning; errors cannot be accepted.")
    elif not isinstance(reason, str) or not reason.strip():
        yield "ACC001", Finding(path, f"{code} has no reason.", "Write why it is meant to be so.")
    elif not used:
        yield "ACC002", Finding(path, f"{code} is not found on this host.", "Remove the line.")
