# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the variables of one hub to the values of the JupyterHub chart (zero-to-jupyterhub-k8s 4.4.0)."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.amounts import seconds
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.auth import auth_config
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.content import pull_at_start
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.homepage import homepage
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.hub_files import hub_files
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.images import image_reference, registry
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.merge import deep_merge
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.people import CHECK_SERVICE, roles
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.profiles import INTERFACES, server_resources
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.settings import Settings, one_of, with_defaults
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.sizes import size_values
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.storage import home_storage

Values = dict[str, Any]


class Layers(NamedTuple):
    """The layers of a hub's values, later ones winning."""

    generated: Values
    """From the variables."""
    provider: Mapping[str, Any]
    """``cluster_jupyterhub_values``."""
    operator: Mapping[str, Any]
    """``jupyterhub_values``."""


def hub_values(settings: Settings) -> Values:
    """Return the chart's values for a hub: its layers merged.

    ``settings`` holds the hub's variables by their full names; those not given have their role's default. The result is
    a pure function of them, key order included. FleetError when they contradict each other or a needed one is missing.
    """
    return deep_merge(*hub_layers(settings))


def hub_layers(settings: Settings) -> Layers:
    """Return the layers that `hub_values` merges."""
    complete = with_defaults(settings)
    return Layers(
        deep_merge(*(part(complete) for part in PARTS)),
        complete.get("cluster_jupyterhub_values") or {},
        complete.get("jupyterhub_values") or {},
    )


def hub(settings: Settings) -> Values:
    """Return the hub itself: login, roles, address, named servers."""
    config = auth_config(settings)
    if settings.get("hub_url"):
        config["JupyterHub"]["public_url"] = settings["hub_url"].rstrip("/") + "/"
    named = settings["jupyterhub_named_servers"]
    return {
        "hub": {
            "config": config,
            "loadRoles": roles(settings),
            "services": {CHECK_SERVICE: {"display": False}},
            **({"allowNamedServers": True, "namedServerLimitPerUser": named} if named else {}),
        }
    }


def servers(settings: Settings) -> Values:
    """Return the users' servers: image, interface, resources, home."""
    image = settings["jupyterhub_image"]
    return {
        "singleuser": {
            **({"image": image_reference(image, "jupyterhub_image")} if image else {}),
            "defaultUrl": one_of("jupyterhub_interface", settings["jupyterhub_interface"], INTERFACES),
            "storage": home_storage(settings),
            **server_resources(settings),
        }
    }


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
    make every deployment wait for the slowest pull of the fleet. A server may have to wait for a new node and for its
    image: ten minutes, twice what the chart allows (so long it took in 2i2c's outage of 2025-08-29).
    """
    purpose = {"nodeAffinity": {"matchNodePurpose": "require" if settings.get("cluster_node_pools") else "prefer"}}
    return {
        "singleuser": {"startTimeout": 600},
        "proxy": {"service": {"type": "ClusterIP"}},
        "scheduling": {"userScheduler": {"enabled": False}, "corePods": purpose, "userPods": purpose},
        "prePuller": {"hook": {"enabled": False}, "continuous": {"enabled": False}},
    }


def culling(settings: Settings) -> Values:
    """Return when servers are stopped: after a time without use, and after a time in any case.

    The culler knows no idle time of *never* (0 means its own default, ten minutes): the maximum age does as well.
    Users are removed only where each visit is a new one: everybody else has a home.
    """
    idle = seconds(settings["jupyterhub_idle_timeout"], "jupyterhub_idle_timeout")
    age = seconds(settings["jupyterhub_max_age"], "jupyterhub_max_age")
    if idle is None and age is None:
        return {"cull": {"enabled": False}}
    users = settings["jupyterhub_auth"].get("kind") == "ephemeral"
    return {"cull": {"enabled": True, "users": users, "timeout": idle or age, "maxAge": age or 0}}


PARTS: tuple[Callable[[Settings], Values], ...] = (
    hub,
    servers,
    registry,
    pull_at_start,
    isolation,
    placement,
    culling,
    size_values,
    homepage,
    hub_files,
)
