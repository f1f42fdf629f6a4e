# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way in which anything is installed into a cluster: a Helm release, brought to a desired state.

Unchanged: one metadata-only request and one comparison, no helm. Changed: rendered by the API server's own rules,
compared object by object, upgraded; what fails is explained and rolled back. Helm's --rollback-on-failure is not used:
it would remove the pods, events and logs that tell what failed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.kubernetes import Api, Connection, UnreachableError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.release import charts
from ansible_collections.openhubs.fleet.plugins.plugin_utils.release.diagnosis import Watcher, diagnose, runs_pods
from ansible_collections.openhubs.fleet.plugins.plugin_utils.release.drift import drift
from ansible_collections.openhubs.fleet.plugins.plugin_utils.release.helm import Helm, HelmError, helm
from ansible_collections.openhubs.fleet.plugins.plugin_utils.release.manifests import (
    Change,
    Key,
    compare,
    diff,
    names,
    objects,
)
from ansible_collections.openhubs.fleet.plugins.plugin_utils.release.masking import Masker, secrets_of
from ansible_collections.openhubs.fleet.plugins.plugin_utils.release.revisions import (
    DIGEST_LABEL,
    PENDING,
    Revision,
    current,
    deployed,
    digest,
    mark_failed,
    read_payload,
    read_revisions,
)


@dataclass(frozen=True)
class Desired:
    """What a release should be. `timeout` is in seconds; `history` is how many revisions are kept."""

    name: str
    namespace: str
    chart: charts.Chart
    values: Mapping[str, Any]
    timeout: int = 600
    history: int = 10

    @property
    def digest(self) -> str:
        """Return what a release that is in this state carries as a label."""
        return digest(self.chart.identity, self.values)

    def __str__(self) -> str:
        return f"Release {self.name} in {self.namespace} (chart {self.chart.name} {self.chart.version})"

    def is_met_by(self, revision: Revision) -> bool:
        """Return whether this revision was deployed whole from just this state."""
        return revision.status == "deployed" and revision.digest == self.digest

    @property
    def options(self) -> list[str]:
        """Return the arguments of every ``helm upgrade`` to this state.

        --reset-values: without it helm takes the old values when the new ones are empty. --force-conflicts: a field
        that somebody edited by hand is the release's again.
        """
        return [
            "--reset-values",
            "--server-side=true",
            "--force-conflicts",
            f"--labels={DIGEST_LABEL}={self.digest}",
            f"--history-max={self.history}",
            f"--timeout={self.timeout}s",
        ]


@dataclass(frozen=True)
class Outcome:
    """What was (or in check mode: would be) done to a release."""

    changed: bool
    revision: int
    changes: list[Change] = field(default_factory=list)
    diffs: list[dict[str, str]] = field(default_factory=list)

    def result(self) -> dict[str, Any]:
        """Return the part of a task's result that comes from here."""
        return {
            "changed": self.changed,
            "revision": self.revision,
            "objects": names(self.changes),
            "diff": self.diffs,
        }


class ReleaseEngine:
    """Brings the releases of one cluster to their desired state. In check mode nothing is written.

    `binary` is the name or path of helm; `say` gets what an operator should know though nothing failed.
    """

    def __init__(self, connection: Connection, api: Api, binary: str, check: bool, say: Callable[[str], None]) -> None:
        self._connection, self._api, self._binary = connection, api, binary
        self._check, self._say = check, say
        self._secrets = set(connection.secrets)

    def present(self, desired: Desired, repair: bool = False) -> Outcome:
        """Bring a release, and with `repair` its live objects too, to the desired state; FleetError when that fails."""
        self._secrets.update(secrets_of(desired.values))
        with self._hiding():
            return self._present(desired, repair)

    def absent(self, name: str, namespace: str, timeout: int) -> Outcome:
        """Remove a release; its objects with ``helm.sh/resource-policy: keep`` stay. FleetError when that fails."""
        with self._hiding():
            return self._absent(name, namespace, timeout)

    @contextmanager
    def _hiding(self) -> Iterator[None]:
        """Take the secrets that the engine has met out of every error; its causes have the same words, so they go."""
        try:
            yield
        except FleetError as error:
            raise FleetError(Masker(self._secrets).hide(str(error))) from None

    def _present(self, desired: Desired, repair: bool) -> Outcome:
        history = read_revisions(self._api, desired.namespace, desired.name)
        newest = current(history)
        drifted: list[Change] = []
        if newest and desired.is_met_by(newest):
            drifted = self._drift(newest) if repair else []
            if not drifted:
                return Outcome(changed=False, revision=newest.number)
        with helm(self._binary, self._connection, desired.namespace) as program:
            if newest and newest.status != "deployed" and not self._check:
                history = self._recover(program, newest, history)
                newest = current(history)
                if newest and desired.is_met_by(newest):
                    return Outcome(changed=True, revision=newest.number)
            return self._upgrade(program, desired, history, drifted)

    def _absent(self, name: str, namespace: str, timeout: int) -> Outcome:
        newest = current(read_revisions(self._api, namespace, name))
        if newest is None:
            return Outcome(changed=False, revision=0)
        changes = compare(self._objects(newest), {})
        if not self._check:
            with helm(self._binary, self._connection, namespace) as program:
                program.uninstall(name, timeout)
        return self._outcome(newest.number, changes)

    def _upgrade(self, program: Helm, desired: Desired, history: list[Revision], drifted: list[Change]) -> Outcome:
        newest, whole = current(history), deployed(history)
        rendered = self._render(program, desired, newest)
        changes = compare(self._objects(whole), rendered) or drifted
        number = newest.number if newest else 0
        if not self._check:
            self._apply(program, desired, rendered.values(), number)
            number = read_revisions(self._api, desired.namespace, desired.name)[-1].number
        return self._outcome(number, changes)

    def _render(self, program: Helm, desired: Desired, newest: Revision | None) -> dict[Key, dict[str, Any]]:
        """Return the objects that the release would have."""
        chart = charts.fetch(desired.chart)
        try:
            if newest and newest.status in PENDING:  # in check mode only: helm refuses to plan an upgrade of such a one
                release = program.template(desired.name, chart, desired.values)
            else:
                release = program.render(desired.name, chart, desired.values, desired.options)
        except HelmError as error:
            raise FleetError(f"{desired} cannot be made, and nothing was changed: {error}") from error
        rendered = objects(release)
        self._secrets.update(secrets_of(list(rendered.values())))
        return rendered

    def _apply(self, program: Helm, desired: Desired, rendered: Iterable[Mapping[str, Any]], number: int) -> None:
        """Upgrade and wait. What fails is explained, then rolled back."""
        wanted = list(rendered)
        watcher = Watcher(self._api, desired.namespace, wanted)
        # Only what runs can become ready. A claim may wait for its first consumer, which another release brings.
        wait = any(runs_pods(item) for item in wanted)
        try:
            chart = charts.fetch(desired.chart)
            watch = watcher.hopeless
            program.upgrade(desired.name, chart, desired.values, desired.options, wait=wait, watch=watch)
        except HelmError as error:
            raise FleetError("\n".join(self._explain(program, desired, wanted, number, error))) from error

    def _explain(
        self, program: Helm, desired: Desired, wanted: list[Mapping[str, Any]], number: int, error: HelmError
    ) -> Iterator[str]:
        """Yield the lines that tell why an upgrade failed; take it back when all that there is to see was seen."""
        yield f"{desired} failed: {error}"
        try:
            yield from map(str, diagnose(self._api, desired.namespace, wanted, waited=error.waited))
            yield self._undo(program, desired, number)
        except UnreachableError:
            yield "It is left as it is. Repeat the run when the API server answers: the release is recovered first."
        except FleetError as second:
            yield f"It could not be taken back: {second} Repeat the run: the release is recovered first."

    def _undo(self, program: Helm, desired: Desired, number: int) -> str:
        """Take back a failed upgrade and return a sentence that says how."""
        history = read_revisions(self._api, desired.namespace, desired.name)
        newest, whole = current(history), deployed(history)
        if newest is None or newest.number == number:
            return "Nothing was changed."
        if whole is None:
            program.uninstall(desired.name, desired.timeout)
            return "This was the first install: it was removed again, except for objects that are marked to be kept."
        program.rollback(desired.name, whole.number, desired.timeout)
        return f"The release was rolled back to revision {whole.number}, which is ready again."

    def _recover(self, program: Helm, newest: Revision, history: list[Revision]) -> list[Revision]:
        """Bring a release that a killed or failed run left half-done into a state that can be upgraded."""
        whole = deployed(history)
        left = f"Release {newest.release} in {newest.namespace} was left {newest.status} by an earlier run"
        if whole and newest.status != "uninstalling":
            program.rollback(newest.release, whole.number)
            self._say(f"{left}: it was rolled back to revision {whole.number} first.")
        elif newest.status in PENDING:
            mark_failed(self._api, newest)
            self._say(f"{left}: it is completed now.")
        return read_revisions(self._api, newest.namespace, newest.release)

    def _drift(self, newest: Revision) -> list[Change]:
        return drift(self._api, newest.namespace, self._objects(newest))

    def _objects(self, revision: Revision | None) -> dict[Key, dict[str, Any]]:
        """Return the objects that the cluster has stored for a revision; none for none."""
        payload = read_payload(self._api, revision) if revision else {}
        stored = objects(payload)
        self._secrets.update(secrets_of([payload.get("config"), *stored.values()]))
        return stored

    def _outcome(self, number: int, changes: list[Change]) -> Outcome:
        masker = Masker(self._secrets)
        return Outcome(True, number, changes, [diff(change, masker) for change in changes])
