# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The release engine on a real API server with the real helm."""

import multiprocessing
import os
import signal
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError

from .world import MERGE_PATCH, World, config_map, deployment, dump, secret, wait_for

pytest_plugins = ("cluster.world",)


class TestLifeCycle:
    """Each step in check mode first, then for real, then again."""

    def test_create(self, world: World) -> None:
        before = world.snapshot()
        planned = world.present(config_map(a="1"), check=True)
        assert (planned.changed, planned.result()["objects"]["created"]) == (True, ["ConfigMap settings"])
        assert world.snapshot() == before
        created = world.present(config_map(a="1"))
        assert created.diffs == planned.diffs
        assert (created.changed, created.revision) == (True, 1)
        assert world.settings() == {"a": "1"}

    def test_unchanged_starts_no_helm_and_writes_nothing(self, world: World) -> None:
        world.present(config_map(a="1"))
        before, runs = world.snapshot(), world.helm_runs()
        for check in (True, False):
            again = world.present(config_map(a="1"), check=check)
            assert (again.changed, again.revision, again.diffs) == (False, 1, [])
        assert world.helm_runs() == runs
        assert world.snapshot() == before

    def test_change(self, world: World) -> None:
        world.present(config_map(a="1"), config_map("other", b="2"))
        before = world.snapshot()
        planned = world.present(config_map(a="2"), config_map("third", c="3"), check=True)
        assert planned.result()["objects"] == {
            "created": ["ConfigMap third"],
            "changed": ["ConfigMap settings"],
            "deleted": ["ConfigMap other"],
            "kept": [],
        }
        assert world.snapshot() == before
        changed = world.present(config_map(a="2"), config_map("third", c="3"))
        assert (changed.diffs, changed.revision) == (planned.diffs, 2)
        assert world.get("configmaps", "other") is None

    def test_empty_values_do_not_bring_the_old_ones_back(self, world: World) -> None:
        world.present(config_map(a="1"))
        desired = replace(world.desired(), values={})
        assert world.engine().present(desired).result()["objects"]["deleted"] == ["ConfigMap settings"]
        assert world.get("configmaps", "settings") is None

    def test_delete(self, world: World) -> None:
        assert world.absent().changed is False
        world.present(config_map(a="1"))
        before = world.snapshot()
        assert world.absent(check=True).result()["objects"]["deleted"] == ["ConfigMap settings"]
        assert world.snapshot() == before
        assert world.absent().changed is True
        assert world.get("configmaps", "settings") is None
        assert world.absent().changed is False

    def test_what_is_to_be_kept_stays(self, world: World) -> None:
        keep = config_map(a="1")
        keep["metadata"]["annotations"] = {"helm.sh/resource-policy": "keep"}
        world.present(keep)
        assert world.absent().result()["objects"]["kept"] == ["ConfigMap settings"]
        assert world.get("configmaps", "settings")
        assert world.present(keep).changed is True

    def test_history_is_limited(self, world: World) -> None:
        for number in range(4):
            world.engine().present(replace(world.desired(config_map(a=str(number))), history=2))
        assert world.status() == ["superseded", "deployed"]


class TestSecrets:
    def test_a_change_is_visible_and_the_value_is_not(self, world: World) -> None:
        outputs = [dump(world.present(secret(password="first-value-1")))]
        outputs += [dump(world.present(secret(password="second-value-2"), check=True))]
        outputs += [dump(world.present(secret(password="second-value-2"))), dump(world.absent())]
        assert "changed)" in outputs[1]
        assert not [output for output in outputs if "-value-" in output]

    def test_not_in_errors(self, world: World) -> None:
        broken = secret(password="first-value-1")
        broken["stringData"]["port"] = ["first-value-1"]
        with pytest.raises(FleetError, match=r"\*{8}") as error:
            world.present(broken)
        assert "first-value-1" not in str(error.value)

    def test_not_on_command_lines(self, world: World) -> None:
        program = world.helm.read_text()
        world.helm.write_text(program.replace("exec", f'echo "$@" $(env) >> {world.helm.parent}/seen\nexec'))
        world.present(secret(password="first-value-1"))
        seen = world.helm.with_name("seen").read_text()
        assert "first-value-1" not in seen
        assert not [word for word in world.connection.secrets if word in seen]


@pytest.mark.usefixtures("kubelet")
class TestFailure:
    def test_first_install_is_removed_again(self, world: World) -> None:
        with pytest.raises(FleetError) as error:
            world.present(deployment("missing:1"))
        message = str(error.value)
        assert "ImagePullBackOff" in message
        assert '"missing:1"' in message
        assert "first install" in message
        assert (world.status(), world.get("deployments", "hub")) == ([], None)

    def test_upgrade_is_rolled_back_and_can_be_repeated(self, world: World) -> None:
        world.present(deployment("good:1"))
        for _ in range(2):
            with pytest.raises(FleetError, match="rolled back to revision"):
                world.present(deployment("missing:2"))
            live = world.get("deployments", "hub")
            assert live
            assert live["spec"]["template"]["spec"]["containers"][0]["image"] == "good:1"
        assert world.present(deployment("good:1")).changed is False
        assert world.present(deployment("good:2")).changed is True

    def test_it_is_stopped_long_before_the_timeout(self, world: World) -> None:
        world.timeout = 600
        with pytest.raises(FleetError, match=r"stays in CrashLoopBackOff[\s\S]*try: read the log"):
            world.present(deployment("crash:1"))

    def test_an_upgrade_may_heal_a_broken_release(self, world: World) -> None:
        world.present(deployment("good:1"))
        pods = world.api.items(f"/api/v1/namespaces/{world.namespace}/pods")
        path = f"/api/v1/namespaces/{world.namespace}/pods/{pods[0]['metadata']['name']}/status"
        broken = {
            "conditions": [{"type": "Ready", "status": "False"}],
            "containerStatuses": [
                {
                    "name": "hub",
                    "image": "x",
                    "imageID": "x",
                    "ready": False,
                    "restartCount": 9,
                    "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                }
            ],
        }
        world.api.request("PATCH", path, {"status": broken}, MERGE_PATCH)
        assert world.present(deployment("good:2")).changed is True

    def test_what_the_schema_refuses_is_named_and_nothing_is_written(self, world: World) -> None:
        before = world.snapshot()
        for check in (True, False):
            with pytest.raises(FleetError, match=r"/objects/0.*missing property 'metadata'"):
                world.present({"apiVersion": "v1", "kind": "ConfigMap"}, check=check)
        assert world.snapshot() == before


def run(world: World, objects: list[Any]) -> None:
    with world.connection.api() as api:
        replace(world, api=api).present(*objects)


def kill_run(world: World, objects: list[Any], status: str) -> None:
    """Start a run and kill all of it, helm too, when the release has this status."""
    child = multiprocessing.get_context("spawn").Process(target=run, args=(replace(world, api=None), objects))
    child.start()
    wait_for(lambda: status in world.status())
    assert child.pid
    os.kill(child.pid, signal.SIGKILL)
    os.kill(int(world.helm.with_name("pid").read_text()), signal.SIGKILL)
    child.join()
    assert world.status()[-1] == status


@pytest.mark.usefixtures("kubelet")
class TestKilledRun:
    def test_first_install_is_completed(self, world: World) -> None:
        kill_run(world, [deployment("crash:1")], "pending-install")
        assert world.present(deployment("good:1"), check=True).changed is True
        assert world.status() == ["pending-install"]
        assert world.present(deployment("good:1")).changed is True
        assert world.status()[-1] == "deployed"
        assert "pending-install" in world.said[0]

    def test_upgrade_is_taken_back_first_and_leaves_nothing_behind(self, world: World) -> None:
        world.present(deployment("good:1"))
        kill_run(world, [deployment("crash:2"), config_map("leftover", a="1")], "pending-upgrade")
        assert world.get("configmaps", "leftover")
        planned = world.present(deployment("good:3"), check=True)
        assert planned.result()["objects"]["changed"] == ["Deployment hub"]
        assert world.present(deployment("good:3")).changed is True
        assert world.get("configmaps", "leftover") is None
        assert "rolled back to revision 1" in world.said[0]

    def test_the_old_state_is_restored_when_it_is_the_desired_one(self, world: World) -> None:
        world.present(deployment("good:1"))
        kill_run(world, [deployment("crash:2")], "pending-upgrade")
        assert world.present(deployment("good:1")).changed is True
        assert world.present(deployment("good:1")).changed is False


class TestDrift:
    def edit(self, world: World, data: dict[str, str]) -> None:
        path = f"/api/v1/namespaces/{world.namespace}/configmaps/settings"
        world.api.request("PATCH", path, {"data": data}, MERGE_PATCH, fieldManager="somebody")

    def test_none(self, world: World) -> None:
        world.present(config_map(a="1"), secret(k="v"))
        before = world.snapshot()
        assert world.present(config_map(a="1"), secret(k="v"), repair=True).changed is False
        assert world.snapshot() == before

    def test_what_was_edited_by_hand_is_shown_and_repaired(self, world: World) -> None:
        world.present(config_map(a="1"))
        self.edit(world, {"a": "2", "mine": "3"})
        assert world.present(config_map(a="1")).changed is False
        before = world.snapshot()
        planned = world.present(config_map(a="1"), check=True, repair=True)
        assert planned.result()["objects"]["changed"] == ["ConfigMap settings"]
        assert world.snapshot() == before
        assert world.present(config_map(a="1"), repair=True).changed is True
        assert world.settings() == {"a": "1", "mine": "3"}
        assert world.present(config_map(a="1"), repair=True).changed is False

    def test_what_was_deleted_by_hand_comes_back(self, world: World) -> None:
        world.present(config_map(a="1"))
        world.api.request("DELETE", f"/api/v1/namespaces/{world.namespace}/configmaps/settings")
        assert world.present(config_map(a="1"), repair=True).result()["objects"]["created"] == ["ConfigMap settings"]
        assert world.get("configmaps", "settings")

    def test_an_edited_field_does_not_block_an_upgrade(self, world: World) -> None:
        world.present(config_map(a="1"))
        self.edit(world, {"a": "2"})
        assert world.present(config_map(a="3")).changed is True
        assert world.settings() == {"a": "3"}
