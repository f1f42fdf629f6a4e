# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and ways to the hub, and what may reach what."""

import re
from collections.abc import Iterator, Mapping

from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.checks.oauth import hosts
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.problems import Path
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.registry import Finding, error, warning
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.suggest import did_you_mean
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.view import Hub, as_list, as_mapping

Z2JH = "z2jh 4.4.0 templates, tried"
HOST = re.compile(r"(\*\.)?([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*")
"""A DNS name in lower case (RFC 1123), with a wildcard in front where one is allowed."""


def host_paths(hub: Hub) -> Iterator[tuple[Path, str]]:
    """Yield every host name of the hub with its path; a path of one part is a variable."""
    for path in (("httpRoute", "hostnames"), ("ingress", "hosts"), ("proxy", "https", "hosts")):
        for index, name in enumerate(hub.items(*path)):
            if isinstance(name, str):
                yield (*path, index), name
    if isinstance(domain := hub.variable("hub_domain"), str):
        yield ("hub_domain",), domain


def _routed(hub: Hub) -> str:
    """Return the key by which traffic reaches the hub's proxy; empty when none is on."""
    return next((key for key in ("httpRoute", "ingress") if hub.get(key, "enabled")), "")


@error(
    "NET001", "Write a DNS name in lower case.", source="Kubernetes; the chart renders it unchecked, tried", rows=(57,)
)
def host_name(hub: Hub) -> Iterator[Finding]:
    """Host names are DNS names in lower case."""
    for path, name in host_paths(hub):
        if not HOST.fullmatch(name):
            fix = f"Write {name.lower()}." if HOST.fullmatch(name.lower()) else ""
            yield Finding(path, f"{name!r} is no DNS name.", fix)


@warning("NET002", "Set hub_domain, or use a name below the cluster's domain.", source="architecture", rows=(57,))
def host_outside(hub: Hub) -> Iterator[Finding]:
    """A hub's host is its hub_domain; one that nothing declares has no DNS record and no certificate."""
    domain = hub.variable("hub_domain")
    if not isinstance(domain, str):
        return
    for path, name in host_paths(hub):
        if path != ("hub_domain",) and HOST.fullmatch(name) and name not in (domain, f"*.{domain}"):
            yield Finding(path, f"{name} is not the hub's domain {domain}.")


@warning("NET003", "Turn one of them off.", source=Z2JH, rows=(58,))
def two_ways_in(hub: Hub) -> Iterator[Finding]:
    """A hub is reached by a route or by an ingress."""
    if hub.get("ingress", "enabled") and hub.get("httpRoute", "enabled"):
        yield Finding(("ingress", "enabled"), "httpRoute is on too.")


@warning("NET004", "Set proxy.service.type: ClusterIP.", source=Z2JH, rows=(59,))
def balancer_beside_route(hub: Hub) -> Iterator[Finding]:
    """Behind a route or ingress the proxy needs no load balancer: one serves the hub in public by plain HTTP."""
    if _routed(hub) and hub.get("proxy", "service", "type") == "LoadBalancer":
        yield Finding(
            ("proxy", "service", "type"), f"{_routed(hub)} is on, and so is a load balancer of the hub's own."
        )


@error("NET005", "Set proxy.service.disableHttpPort: false.", source=Z2JH, rows=(60,))
def route_without_port(hub: Hub) -> Iterator[Finding]:
    """The route leads to the proxy's port 80, which must be there."""
    if hub.get("httpRoute", "enabled") and hub.get("proxy", "service", "disableHttpPort") is True:
        yield Finding(("proxy", "service", "disableHttpPort"), "the route leads to a port that is not there.")


@error("NET006", "Set proxy.https.hosts and proxy.https.letsencrypt.contactEmail.", source=Z2JH, rows=(61,))
def letsencrypt_incomplete(hub: Hub) -> Iterator[Finding]:
    """Certificates of Let's Encrypt need hosts and a contact; without hosts the hub is served by plain HTTP."""
    if hub.get("proxy", "https", "enabled") and hub.get("proxy", "https", "type") == "letsencrypt":
        if not hub.items("proxy", "https", "hosts"):
            yield Finding(("proxy", "https", "hosts"), "no hosts: the hub will be served by plain HTTP.")
        if not hub.get("proxy", "https", "letsencrypt", "contactEmail"):
            yield Finding(
                ("proxy", "https", "letsencrypt", "contactEmail"), "no contactEmail: no certificate is issued."
            )


def covers(pattern: str, name: str) -> bool:
    """Say whether a host name of a certificate or route covers another: a wildcard stands for exactly one label."""
    return pattern == name or (pattern.startswith("*.") and name.partition(".")[2] == pattern[2:])


@warning("NET007", "Let ingress.tls name the hosts of ingress.hosts.", source="RFC 6125", rows=(62,))
def tls_hosts(hub: Hub) -> Iterator[Finding]:
    """Every host of an ingress with TLS is covered by a certificate; *.a covers b.a and not c.b.a."""
    certified = [str(name) for tls in hub.items("ingress", "tls") for name in as_list(as_mapping(tls).get("hosts"))]
    for index, name in enumerate(hub.items("ingress", "hosts") if certified else []):
        if not any(covers(pattern, str(name)) for pattern in certified):
            yield Finding(("ingress", "hosts", index), f"no certificate of ingress.tls covers {name}.")


@warning("NET008", "Use / and a host for each hub.", source=Z2JH, rows=(63,))
def base_url_with_route(hub: Hub) -> Iterator[Finding]:
    """The route takes all of a host: with a baseUrl other than / nothing else can be on that host."""
    base = hub.get("hub", "baseUrl")
    if hub.get("httpRoute", "enabled") and base not in (None, "/", ""):
        yield Finding(("hub", "baseUrl"), f"baseUrl is {base}, and the route takes every path of the host.")


@error("NET009", "Use the key of the pinned chart.", source="z2jh 4.4.0 and 5.0.0-0.dev", rows=(64,))
def route_of_another_chart(hub: Hub) -> Iterator[Finding]:
    """HttpRoute names its gateway by the key of the pinned chart: gateway up to 4.x, parentRefs from 5 on."""
    wrong, right = ("gateway", "parentRefs") if hub.chart.version.startswith("5.") else ("parentRefs", "gateway")
    if wrong in as_mapping(hub.values.get("httpRoute")):
        yield Finding(("httpRoute", wrong), f"the chart {hub.chart.version} reads httpRoute.{right}.")
    elif (
        hub.get("httpRoute", "enabled")
        and right == "gateway"
        and hub.get("httpRoute", "gateway", "name") == "your-gateway"
    ):
        yield Finding(("httpRoute", "gateway", "name"), "the gateway's name is still the chart's sample.")


def _monitored(hub: Hub) -> bool:
    return bool(hub.variable("monitoring_enabled"))


@warning("NET010", "Set hub.config.JupyterHub.authenticate_prometheus: false.", source="JupyterHub 5.5.0", rows=(65,))
def metrics_locked(hub: Hub) -> Iterator[Finding]:
    """Prometheus reads a hub's metrics where no login is needed, or a service has the scope read:metrics."""
    reads = any(
        "read:metrics" in as_list(as_mapping(role).get("scopes")) for role in hub.mapping("hub", "loadRoles").values()
    )
    own = as_mapping(hub.config.get("JupyterHub")).get("authenticate_prometheus")
    open_ = (own if own is not None else hub.get("hub", "authenticatePrometheus")) is False
    if _monitored(hub) and not open_ and not reads:
        yield Finding(("hub", "config", "JupyterHub"), "Prometheus cannot read the hub's metrics.")


@warning("NET011", "Set hub.networkPolicy.interNamespaceAccessLabels: accept.", source="z2jh 4.4.0", rows=(65,))
def metrics_shut_out(hub: Hub) -> Iterator[Finding]:
    """Prometheus, in another namespace, gets through a hub's network policy only where labels are accepted."""
    policy = ("hub", "networkPolicy")
    if _monitored(hub) and hub.get(*policy, "enabled") and hub.get(*policy, "interNamespaceAccessLabels") == "ignore":
        yield Finding((*policy, "interNamespaceAccessLabels"), "the policy shuts Prometheus out.")


@warning("NET012", "Allow egress to the pods of traefik and proxy.", source="dask-gateway 2026.3.0", rows=(66,))
def dask_unreachable(hub: Hub) -> Iterator[Finding]:
    """With Dask on, servers may reach its gateway: an egress rule, or private addresses allowed."""
    policy = ("singleuser", "networkPolicy")
    dask = hub.variable("dask_gateway_enabled") or "dask-gateway" in hub.mapping("hub", "services")
    shut = hub.get(*policy, "enabled") and not hub.get(*policy, "egressAllowRules", "privateIPs")
    if dask and shut and not hub.items(*policy, "egress"):
        yield Finding((*policy, "egress"), "servers cannot reach Dask's gateway.")


@error(
    "NET013", "Set singleuser.cloudMetadata.blockWithIptables: false.", source="z2jh 4.4.0 templates (fail)", rows=()
)
def metadata_contradiction(hub: Hub) -> Iterator[Finding]:
    """The metadata server is blocked, or it is allowed; the chart refuses both at once."""
    rules = ("singleuser", "networkPolicy", "egressAllowRules", "cloudMetadataServer")
    if hub.get("singleuser", "cloudMetadata", "blockWithIptables") is True and hub.get(*rules) is True:
        yield Finding(rules, "blockWithIptables is on too.")


@error("NET014", "Give the hub a domain.", source="architecture: a hub is reached at its own name", rows=())
def route_without_host(hub: Hub) -> Iterator[Finding]:
    """A route or ingress names its hosts; without any it takes the traffic of every hub of the gateway."""
    if (key := _routed(hub)) and not hosts(hub):
        yield Finding((key, "enabled"), f"{key} has no hosts: it takes the traffic of all hubs.")


@warning("NET015", "Use Traefik or a gateway.", source="outages 2026-03-09, 2026-03-12: websockets", incidents=(19,))
def retired_ingress(hub: Hub) -> Iterator[Finding]:
    """The ingress passes websockets on and is maintained: ingress-nginx is retired, F5's nginx wants annotations."""
    notes = str(hub.mapping("ingress", "annotations"))
    nginx = hub.get("ingress", "enabled") and "nginx" in str(hub.get("ingress", "ingressClassName"))
    if nginx and "websocket" not in notes:
        yield Finding(("ingress", "ingressClassName"), "kernels need websockets, of which its annotations say nothing.")


@error("NET016", "Correct it.", source="Kubernetes: the fields of an Ingress")
def tls_shape(hub: Hub) -> Iterator[Finding]:
    """Each entry of ingress.tls has hosts, a list, and secretName."""
    for index, entry in enumerate(hub.items("ingress", "tls")):
        path = ("ingress", "tls", index)
        if not isinstance(entry, Mapping):
            yield Finding(path, "the entry is no mapping.")
        for key, value in as_mapping(entry).items():
            kind = {"hosts": list, "secretName": str}.get(key)
            if kind is None:
                yield Finding(
                    (*path, key), f"{key} is no field of it.", did_you_mean(str(key), ("hosts", "secretName"))
                )
            elif not isinstance(value, kind):
                yield Finding((*path, key), f"{key} is a {type(value).__name__}, not a {kind.__name__}.")
