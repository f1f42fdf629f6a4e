# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the chart's values to traits: pure functions, the same result as the JupyterHub chart 4.4.0.

Two functions are passed in: `get("singleuser.uid")` returns a value, or the default that follows, or None;
`secret("hub.services.x.apiToken")` returns a text of the Secret `hub`.
"""

from collections.abc import Callable, Iterator
from typing import Any

Get = Callable[..., Any]
Secret = Callable[[str], str]
Traits = dict[str, Any]

#: Values that are a trait as they stand; a null leaves JupyterHub's own default.
DIRECT = {
    "hub.activeServerLimit": "JupyterHub.active_server_limit",
    "hub.allowNamedServers": "JupyterHub.allow_named_servers",
    "hub.authenticatePrometheus": "JupyterHub.authenticate_prometheus",
    "hub.baseUrl": "JupyterHub.base_url",
    "hub.concurrentSpawnLimit": "JupyterHub.concurrent_spawn_limit",
    "hub.namedServerLimitPerUser": "JupyterHub.named_server_limit_per_user",
    "hub.redirectToServer": "JupyterHub.redirect_to_server",
    "hub.shutdownOnLogout": "JupyterHub.shutdown_on_logout",
    "hub.templatePaths": "JupyterHub.template_paths",
    "hub.templateVars": "JupyterHub.template_vars",
    "hub.consecutiveFailureLimit": "Spawner.consecutive_failure_limit",
    "singleuser.cmd": "Spawner.cmd",
    "singleuser.defaultUrl": "Spawner.default_url",
    "singleuser.cpu.guarantee": "KubeSpawner.cpu_guarantee",
    "singleuser.cpu.limit": "KubeSpawner.cpu_limit",
    "singleuser.events": "KubeSpawner.events_enabled",
    "singleuser.extraAnnotations": "KubeSpawner.extra_annotations",
    "singleuser.extraContainers": "KubeSpawner.extra_containers",
    "singleuser.extraEnv": "KubeSpawner.environment",
    "singleuser.extraLabels": "KubeSpawner.extra_labels",
    "singleuser.extraPodConfig": "KubeSpawner.extra_pod_config",
    "singleuser.extraResource.guarantees": "KubeSpawner.extra_resource_guarantees",
    "singleuser.extraResource.limits": "KubeSpawner.extra_resource_limits",
    "singleuser.fsGid": "KubeSpawner.fs_gid",
    "singleuser.image.pullPolicy": "KubeSpawner.image_pull_policy",
    "singleuser.lifecycleHooks": "KubeSpawner.lifecycle_hooks",
    "singleuser.memory.guarantee": "KubeSpawner.mem_guarantee",
    "singleuser.memory.limit": "KubeSpawner.mem_limit",
    "singleuser.nodeSelector": "KubeSpawner.node_selector",
    "singleuser.podNameTemplate": "KubeSpawner.pod_name_template",
    "singleuser.profileList": "KubeSpawner.profile_list",
    "singleuser.serviceAccountName": "KubeSpawner.service_account",
    "singleuser.startTimeout": "KubeSpawner.start_timeout",
    "singleuser.storage.extraLabels": "KubeSpawner.storage_extra_labels",
    "singleuser.uid": "KubeSpawner.uid",
}

#: Where the hub's own databases are; the others have a URL.
DATABASES = {"sqlite-pvc": "sqlite:///jupyterhub.sqlite", "sqlite-memory": "sqlite://"}

CULLER = "jupyterhub-idle-culler"


def chart_traits(get: Get, secret: Secret, namespace: str) -> Iterator[tuple[str, Traits]]:
    """Yield all that the chart sets, as pairs of a class and some of its traits, to be applied in this order."""
    yield from direct(get)
    yield "JupyterHub", jupyterhub(get, secret)
    yield "ConfigurableHTTPProxy", {"api_url": "http://proxy-api:8001", "should_start": False}
    yield "CryptKeeper", {"keys": secret("hub.config.CryptKeeper.keys").split(";")}
    yield "KubeSpawner", spawner(get) | storage(get) | node_affinity(get) | {"namespace": namespace}
    if get("debug.enabled"):
        yield "JupyterHub", {"log_level": "DEBUG"}
        yield "Spawner", {"debug": True}


def direct(get: Get) -> Iterator[tuple[str, Traits]]:
    """Yield the values of `DIRECT` that are not null."""
    for path, trait in DIRECT.items():
        if (value := get(path)) is not None:
            section, name = trait.split(".")
            yield section, {name: value}


def jupyterhub(get: Get, secret: Secret) -> Traits:
    """Return what the hub itself is told."""
    database = DATABASES.get(get("hub.db.type")) or get("hub.db.url")
    return ({"db_url": database} if database else {}) | {
        "spawner_class": "kubespawner.KubeSpawner",
        "cookie_secret": secret("hub.config.JupyterHub.cookie_secret"),
        "hub_bind_url": "http://:8081",
        "hub_connect_url": "http://hub:8081",
        "cleanup_servers": False,  # users keep their servers while the hub restarts
        "last_activity_interval": 60,
        "tornado_settings": {"slow_spawn_timeout": 0},  # the page that shows the start's progress comes at once
        "services": [*culler(get), *services(get, secret)],
        "load_roles": [*culler_role(get), *roles(get)],
    }


def services(get: Get, secret: Secret) -> list[Traits]:
    """Return JupyterHub's list of services for the mapping `hub.services`; their tokens come from the Secret."""
    return [
        {"name": key}
        | {name: value for name, value in service.items() if name != "apiToken"}
        | {"api_token": secret(f"hub.services.{key}.apiToken")}
        for key, service in get("hub.services", {}).items()
    ]


def roles(get: Get) -> list[Traits]:
    """Return JupyterHub's list of roles for the mapping `hub.loadRoles`."""
    return [{"name": key} | role for key, role in get("hub.loadRoles", {}).items()]


def culler(get: Get) -> list[Traits]:
    """Return the service that stops idle servers, if it is wanted. Times are in seconds; 0 and null are no limit."""
    if not get("cull.enabled"):
        return []
    flags = {
        "--timeout": get("cull.timeout"),
        "--cull-every": get("cull.every"),
        "--concurrency": get("cull.concurrency"),
        "--max-age": get("cull.maxAge"),
        "--cull-users": "true" if get("cull.users") else None,
        "--cull-admin-users": None if get("cull.adminUsers") else "false",
        "--remove-named-servers": "true" if get("cull.removeNamedServers") else None,
    }
    url = f"http://localhost:8081{get('hub.baseUrl', '/').rstrip('/')}/hub/api"
    given = [f"{flag}={value}" for flag, value in flags.items() if value]
    return [{"name": CULLER, "command": ["python3", "-m", "jupyterhub_idle_culler", f"--url={url}", *given]}]


def culler_role(get: Get) -> list[Traits]:
    """Return the role that lets the culler do its work and nothing else."""
    if not get("cull.enabled"):
        return []
    users = ["admin:users"] if get("cull.users") else []
    scopes = ["list:users", "read:users:activity", "read:servers", "delete:servers", *users]
    return [{"name": CULLER, "scopes": scopes, "services": [CULLER]}]


def spawner(get: Get) -> Traits:
    """Return what each user's pod gets besides its storage and its place."""
    injected = get("imagePullSecret.create") and get("imagePullSecret.automaticReferenceInjection")
    made = ["image-pull-secret"] if injected else []
    return {
        "common_labels": common_labels(get),
        "image": image(get, "singleuser.image"),
        "image_pull_secrets": [*made, *get("imagePullSecrets", []), *get("singleuser.image.pullSecrets", [])],
        # Null is a value of its own here: Kubernetes' default.
        "allow_privilege_escalation": get("singleuser.allowPrivilegeEscalation"),
        "tolerations": [*get("scheduling.userPods.tolerations", []), *get("singleuser.extraTolerations", [])],
        "init_containers": [*get("singleuser.initContainers", []), *metadata_guard(get)],
    }


def common_labels(get: Get) -> Traits:
    """Return the labels by which Services and NetworkPolicies of the release find what KubeSpawner makes."""
    name, release = get("Chart.Name"), get("Release.Name")
    chart = f"{name}-{get('Chart.Version')}".replace("+", "_")
    return {
        "app": name,
        "release": release,
        "chart": chart,
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/instance": release,
        "app.kubernetes.io/managed-by": "kubespawner",
        "helm.sh/chart": chart,
    }


def image(get: Get, path: str) -> str:
    """Return the reference of the image whose name and tag are below `path`."""
    return ":".join(filter(None, (get(f"{path}.name"), get(f"{path}.tag"))))


def metadata_guard(get: Get) -> list[Traits]:
    """Return the container that closes the cloud's metadata address before the user's container starts, if wanted."""
    if not get("singleuser.cloudMetadata.blockWithIptables"):
        return []
    ip = get("singleuser.cloudMetadata.ip")
    # iptables wants an option and its value as two words.
    rule = f"--append OUTPUT --protocol tcp --destination {ip} --destination-port 80 --jump DROP"
    guard = {
        "name": "block-cloud-metadata",
        "image": image(get, "singleuser.networkTools.image"),
        "command": ["iptables", *rule.split()],
        "resources": get("singleuser.networkTools.resources", {}),
        "securityContext": {"privileged": True, "runAsUser": 0, "capabilities": {"add": ["NET_ADMIN"]}},
    }
    return [guard]


def node_affinity(get: Get) -> Traits:
    """Return on which nodes users' pods must or should run."""
    purpose = {"key": "hub.jupyter.org/node-purpose", "operator": "In", "values": ["user"]}
    term = {"matchExpressions": [purpose]}
    wishes: dict[str, Traits] = {
        "require": {"node_affinity_required": [term]},
        "prefer": {"node_affinity_preferred": [{"weight": 100, "preference": term}]},
        "ignore": {},
    }
    return wishes[get("scheduling.userPods.nodeAffinity.matchNodePurpose")]


def storage(get: Get) -> Traits:
    """Return the volumes of users' pods and where they are mounted, both by key: home, files, then the extra ones."""
    volumes, mounts = home(get)
    files, file_mounts = extra_files(get)
    more = keyed(get("singleuser.storage.extraVolumes"), "{name}")
    more_mounts = keyed(get("singleuser.storage.extraVolumeMounts"), "{index}-{name}")
    return {"volumes": volumes | files | more, "volume_mounts": mounts | file_mounts | more_mounts} | claim(get)


def home(get: Get) -> tuple[Traits, Traits]:
    """Return the volume that holds the home directory and its mount, by the same key: both empty without storage."""
    kind = get("singleuser.storage.type")
    if kind == "none":
        return {}, {}
    dynamic = kind == "dynamic"
    name = get("singleuser.storage.dynamic.volumeNameTemplate") if dynamic else "home"
    source = {"claimName": "{pvc_name}" if dynamic else get("singleuser.storage.static.pvcName")}
    mount = {"name": name, "mountPath": get("singleuser.storage.homeMountPath")}
    sub_path = get(f"singleuser.storage.{kind}.subPath")
    if sub_path:
        mount["subPath"] = sub_path
    return {name: {"name": name, "persistentVolumeClaim": source}}, {name: mount}


def claim(get: Get) -> Traits:
    """Return how KubeSpawner claims a home for each server: nothing unless homes are made when they are needed."""
    if get("singleuser.storage.type") != "dynamic":
        return {}
    wishes = {
        "pvc_name_template": get("singleuser.storage.dynamic.pvcNameTemplate"),
        "storage_access_modes": get("singleuser.storage.dynamic.storageAccessModes"),
        "storage_capacity": get("singleuser.storage.capacity"),
        "storage_class": get("singleuser.storage.dynamic.storageClass"),
    }
    return {"storage_pvc_ensure": True} | {trait: wish for trait, wish in wishes.items() if wish is not None}


def extra_files(get: Get) -> tuple[Traits, Traits]:
    """Return the volume that holds `singleuser.extraFiles`, and one mount for each of them."""
    files = get("singleuser.extraFiles", {})
    if not files:
        return {}, {}
    items = [
        {"key": key, "path": key} | ({"mode": file["mode"]} if "mode" in file else {}) for key, file in files.items()
    ]
    mounts = {
        f"{index}-files": {"name": "files", "mountPath": file["mountPath"], "subPath": key}
        for index, (key, file) in enumerate(files.items())
    }
    return {"files": {"name": "files", "secret": {"secretName": "singleuser", "items": items}}}, mounts


def keyed(extra: Any, template: str) -> Traits:
    """Return a mapping as it is, and a list as a mapping whose keys follow `template`; null is empty."""
    if isinstance(extra, list):
        return {template.format(index=index, name=item["name"]): item for index, item in enumerate(extra)}
    return extra or {}
