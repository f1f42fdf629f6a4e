# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shared folder: every user reads it, admins write it.

All servers mount it read-only, because that is what the chart can say; pods of admins are changed before they start.
"""

import inspect
from typing import Any


def configure(c: Any, settings: Any) -> None:
    """Add to the hook that KubeSpawner calls with every pod, after whatever hook is configured already."""
    before = c.KubeSpawner.get("modify_pod_hook")
    directory = settings["shared_directory"]

    async def hook(spawner: Any, pod: Any) -> Any:
        if before:
            changed = before(spawner, pod)
            pod = await changed if inspect.isawaitable(changed) else changed
        return writable(pod, directory) if spawner.user.admin else pod

    c.KubeSpawner.modify_pod_hook = hook


def writable(pod: Any, directory: str) -> Any:
    """Return the pod with the mounts of the directory writable, in all its containers."""
    for container in pod.spec.containers:
        for mount in container.volume_mounts or []:
            if mount.sub_path == directory:
                mount.read_only = False
    return pod
