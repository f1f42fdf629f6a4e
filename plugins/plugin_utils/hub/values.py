# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the variables of one hub to the values of the JupyterHub chart (zero-to-jupyterhub-k8s 4.4.0)."""

from collections.abc import Callable
from typing import Any

from ansible_collections.openhubs.fleet.plugins.plugin_utils.errors import FleetError
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.auth import auth_config
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.merge import deep_merge
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.people import CHECK_SERVICE, roles
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.profiles import server_resources
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.quantities import seconds
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import Settings, with_defaults
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.storage import database_storage, home_storage

Values = dict[str, Any]

INTERFACES = {"lab": "/lab", "notebook": "/tree", "rstudio": "/rstudio"}
"""The URL, below the user's server, at which each interface opens."""


def hub_values(settings: Settings) -> Values:
    """Return the chart's values for a hub: generated ones, then its provider's, then ``jupyterhub_values``.

    ``settings`` holds the hub's variables by their full names; those not given have their role's default. The result is
    a pure function of them, key order included. FleetError when they contradict each other or a needed one is missing.
    """
    complete = with_defaults(settings)
    generated = (part(complete) for part in PARTS)
    return deep_merge(
        *generated, complete.get("cluster_jupyterhub_values") or {}, complete.get("jupyterhub_values") or {}
    )


def hub(settings: Settings) -> Values:
    """Return the hub itself: login, roles, database, address."""
    config = auth_config(settings)
    if settings.get("hub_url"):
        config["JupyterHub"]["public_url"] = settings["hub_url"].rstrip("/") + "/"
    return {
        "hub": {
            "config": config,
            "loadRoles": roles(settings),
            "services": {CHECK_SERVICE: {"display": False}},
            "db": database_storage(settings),
        }
    }


def servers(settings: Settings) -> Values:
    """Return the users' servers: image, interface, resources, home."""
    image = {"image": image_reference(settings["jupyterhub_image"])} if settings["jupyterhub_image"] else {}
    return {
        "singleuser": {
            **image,
            "defaultUrl": INTERFACES[settings["jupyterhub_interface"]],
            "storage": home_storage(),
            **server_resources(settings),
        }
    }


def image_reference(image: str) -> dict[str, str]:
    """Return an image as the chart wants it, split at the last colon: it joins name and tag with one again.

    That holds for a tag and for a digest (``name@sha256:...``) alike.
    """
    name, _, tag = image.rpartition(":")
    if not name or "/" in tag:
        raise FleetError(f"jupyterhub_image is {image!r}: end it with a tag or a digest, such as {image}:2026.11.")
    return {"name": name, "tag": tag}


def isolation(_settings: Settings) -> Values:
    """Return what keeps a user's server from others: network policies, no way to the cloud's or the cluster's API.

    These are the chart's defaults but for the last, written down so that a changed default of the chart changes
    nothing: with a service account set, the chart would mount its token into every server.
    """
    return {
        "hub": {
            "config": {"KubeSpawner": {"automount_service_account_token": False}},
            "networkPolicy": {"enabled": True},
        },
        "proxy": {"chp": {"networkPolicy": {"enabled": True}}},
        "singleuser": {
            "allowPrivilegeEscalation": False,
            "cloudMetadata": {"blockWithIptables": True},
            "networkPolicy": {
                "enabled": True,
                "egressAllowRules": {"cloudMetadataServer": False, "privateIPs": False, "nonPrivateIPs": True},
            },
        },
    }


def placement(settings: Settings) -> Values:
    """Return where pods go and how the proxy is reached.

    Where the collection makes the node pools, core and user pods keep to the pool of their purpose. The chart's own
    scheduler (of Kubernetes 1.30) and its pre-pullers stay off: the first lags the cluster's version, the second
    make every deployment wait for the slowest pull of the fleet.
    """
    purpose = {"nodeAffinity": {"matchNodePurpose": "require" if settings.get("cluster_node_pools") else "prefer"}}
    return {
        "proxy": {"service": {"type": "ClusterIP"}},
        "scheduling": {"userScheduler": {"enabled": False}, "corePods": purpose, "userPods": purpose},
        "prePuller": {"hook": {"enabled": False}, "continuous": {"enabled": False}},
    }


def culling(settings: Settings) -> Values:
    """Return when servers are stopped: after a time without use, and after a time in any case.

    The culler knows no idle time of *never* (0 means its own default, ten minutes): the maximum age does as well.
    """
    idle = seconds(settings["jupyterhub_idle_timeout"], "jupyterhub_idle_timeout")
    age = seconds(settings["jupyterhub_max_age"], "jupyterhub_max_age")
    if idle is None and age is None:
        return {"cull": {"enabled": False}}
    return {"cull": {"enabled": True, "users": False, "timeout": idle or age, "maxAge": age or 0}}


PARTS: tuple[Callable[[Settings], Values], ...] = (hub, servers, isolation, placement, culling)
