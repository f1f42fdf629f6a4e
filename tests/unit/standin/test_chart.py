# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stand-in chart installs, and what it refuses."""

import base64
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from standin_support import CHART, Objects, merged, sample

Render = Callable[..., Objects]
Cluster = Callable[[Objects], list[str]]
Refusal = Callable[[dict[str, Any]], str]

LEAST = sample("least")
DOOR = "hub.jupyter.org/network-access-"
PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]


@pytest.fixture(scope="module")
def least(render: Render) -> Objects:
    return render(LEAST)


def pod(objects: Objects, name: str) -> dict[str, Any]:
    template: dict[str, Any] = objects["Deployment", name]["spec"]["template"]
    return template


def secret(objects: Objects, name: str = "hub") -> dict[str, str]:
    return {key: base64.b64decode(text).decode() for key, text in objects["Secret", name]["data"].items()}


def test_the_objects_have_the_names_that_roles_and_checks_rely_on(least: Objects) -> None:
    assert set(least) == {
        ("ConfigMap", "hub"), ("Deployment", "hub"), ("Deployment", "proxy"), ("NetworkPolicy", "hub"),
        ("NetworkPolicy", "proxy"), ("NetworkPolicy", "singleuser"), ("PersistentVolumeClaim", "hub-db-dir"),
        ("Role", "hub"), ("RoleBinding", "hub"), ("Secret", "hub"), ("Service", "hub"), ("Service", "proxy-api"),
        ("Service", "proxy-public"), ("ServiceAccount", "hub"),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["hub", "proxy"])
def test_services_deployments_and_policies_select_the_pods(least: Objects, name: str) -> None:
    wanted = {"app": "jupyterhub", "component": name, "release": "prod"}
    assert wanted.items() <= pod(least, name)["metadata"]["labels"].items()
    assert least["Deployment", name]["spec"]["selector"]["matchLabels"] == wanted
    assert least["NetworkPolicy", name]["spec"]["podSelector"]["matchLabels"] == wanted
    for service in {"hub": ["hub"], "proxy": ["proxy-api", "proxy-public"]}[name]:
        assert least["Service", service]["spec"]["selector"] == wanted


@pytest.mark.parametrize(
    ("name", "doors"), [("hub", {"proxy-api", "proxy-http", "singleuser"}), ("proxy", {"hub", "singleuser"})]
)
def test_core_pods_may_reach_each_other_and_the_users_servers(least: Objects, name: str, doors: set[str]) -> None:
    labels = pod(least, name)["metadata"]["labels"]
    assert {label.removeprefix(DOOR) for label in labels if label.startswith(DOOR)} == doors


def test_the_hub_is_open_only_to_pods_with_the_label(least: Objects) -> None:
    assert least["NetworkPolicy", "hub"]["spec"]["ingress"] == [
        {"ports": [{"port": "http"}], "from": [{"podSelector": {"matchLabels": {f"{DOOR}hub": "true"}}}]}
    ]


def test_users_servers_are_open_only_to_hub_and_proxy(least: Objects) -> None:
    assert least["NetworkPolicy", "singleuser"]["spec"]["ingress"] == [
        {
            "ports": [{"port": "notebook-port"}],
            "from": [{"podSelector": {"matchLabels": {f"{DOOR}singleuser": "true"}}}],
        }
    ]


def test_users_servers_reach_the_internet_but_neither_private_addresses_nor_the_metadata_server(least: Objects) -> None:
    rules = least["NetworkPolicy", "singleuser"]["spec"]["egress"]
    outside = [rule for rule in rules if not any("podSelector" in peer for peer in rule["to"])]
    dns = [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]
    assert [rule for rule in outside if rule.get("ports") != dns] == [
        {"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": [*PRIVATE, "169.254.169.254/32"]}}]}
    ]


def test_switching_a_rule_on_opens_what_it_says_and_nothing_else(render: Render, least: Objects) -> None:
    rules = {"singleuser": {"networkPolicy": {"egressAllowRules": {"privateIPs": True}}}}
    before = least["NetworkPolicy", "singleuser"]["spec"]["egress"]
    after = render(merged(LEAST, rules))["NetworkPolicy", "singleuser"]["spec"]["egress"]
    assert [rule for rule in after if rule not in before] == [{"to": [{"ipBlock": {"cidr": cidr}} for cidr in PRIVATE]}]


@pytest.mark.parametrize("section", ["hub", "proxy", "singleuser"])
def test_own_rules_are_added_to_a_policy(render: Render, section: str) -> None:
    rules: dict[str, Any] = {"ingress": [{"from": [{"ipBlock": {"cidr": "203.0.113.0/24"}}]}], "egress": [{"to": []}]}
    policy: dict[str, Any] = {"networkPolicy": rules}
    values = {section: {"chp": policy} if section == "proxy" else policy}
    spec = render(merged(LEAST, values))["NetworkPolicy", section]["spec"]
    assert rules["ingress"][0] in spec["ingress"]
    assert rules["egress"][0] in spec["egress"]


@pytest.mark.parametrize(("name", "user"), [("hub", 1000), ("proxy", 65534)])
def test_core_pods_run_without_privileges(least: Objects, name: str, user: int) -> None:
    (container,) = pod(least, name)["spec"]["containers"]
    assert container["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": user,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def test_secrets_are_made_once_and_are_not_alike(least: Objects) -> None:
    made = {key: text for key, text in secret(least).items() if key != "values.yaml"}
    assert set(made) == {
        "hub.config.ConfigurableHTTPProxy.auth_token",
        "hub.config.CryptKeeper.keys",
        "hub.config.JupyterHub.cookie_secret",
    }
    assert all(re.fullmatch("[0-9a-f]{64}", text) for text in made.values())
    assert len(set(made.values())) == len(made)


def test_an_upgrade_keeps_secrets_and_changes_nothing(render: Render, cluster: Cluster) -> None:
    values = merged(LEAST, {"hub": {"services": {"hub-check": {}}}})
    first = render(values)
    second = render(values, CHART, *cluster(first))
    assert secret(second) == secret(first)
    assert "hub.services.hub-check.apiToken" in secret(second)
    assert render(values, CHART, *cluster(first)) == second


def test_given_secrets_win_over_kept_ones(render: Render, cluster: Cluster) -> None:
    config = {
        "ConfigurableHTTPProxy": {"auth_token": "token"},
        "CryptKeeper": {"keys": ["one", "two"]},
        "JupyterHub": {"cookie_secret": "cookie"},
    }
    services = {"given": {"apiToken": "given-token"}}
    kept = cluster(render(LEAST))
    held = secret(render(merged(LEAST, {"hub": {"config": config, "services": services}}), CHART, *kept))
    assert (
        held
        | {
            "hub.config.ConfigurableHTTPProxy.auth_token": "token",
            "hub.config.CryptKeeper.keys": "one;two",
            "hub.config.JupyterHub.cookie_secret": "cookie",
            "hub.services.given.apiToken": "given-token",
        }
        == held
    )


def test_the_hub_restarts_when_a_value_changes_and_the_proxy_only_for_a_new_token(
    render: Render, cluster: Cluster
) -> None:
    kept = cluster(render(LEAST))
    before = render(LEAST, CHART, *kept)
    after = render(merged(LEAST, {"cull": {"timeout": 60}}), CHART, *kept)
    assert pod(before, "hub")["metadata"] != pod(after, "hub")["metadata"]
    assert pod(before, "proxy") == pod(after, "proxy")
    token = {"hub": {"config": {"ConfigurableHTTPProxy": {"auth_token": "new"}}}}
    assert pod(before, "proxy") != pod(render(merged(LEAST, token), CHART, *kept), "proxy")


def test_all_values_reach_the_hub(least: Objects) -> None:
    values = yaml.safe_load(secret(least)["values.yaml"])
    assert values["scheduling"]["userScheduler"] == {"enabled": False}
    assert values["singleuser"]["memory"]["guarantee"] == "1G"
    assert (values["Chart"]["Name"], values["Release"]["Name"]) == ("jupyterhub", "prod")


def test_extra_files_are_mounted_with_their_content(render: Render) -> None:
    objects = render(sample("full"))
    held = secret(objects)
    assert held["hook"] == "NAME = 1\n"
    assert held["json"] == '{"list":["one","two"]}\n'
    assert yaml.safe_load(held["yaml"]) == {"list": ["one", "two"]}
    assert base64.b64decode(objects["Secret", "hub"]["data"]["logo"]) == bytes(range(5))
    (container,) = pod(objects, "hub")["spec"]["containers"]
    mounts = {mount.get("subPath"): mount["mountPath"] for mount in container["volumeMounts"]}
    assert mounts["hook"] == "/usr/local/etc/jupyterhub/jupyterhub_config.d/hook.py"
    assert secret(objects, "singleuser")["motd"] == "hello\n"


def test_the_login_of_a_registry_becomes_a_secret_that_core_pods_use(render: Render) -> None:
    objects = render(sample("full"))
    login = json.loads(secret(objects, "image-pull-secret")[".dockerconfigjson"])["auths"]["registry.example.org"]
    assert login["auth"] == base64.b64encode(b"hub:made up").decode()
    for name in ("hub", "proxy"):
        assert {"name": "image-pull-secret"} in pod(objects, name)["spec"]["imagePullSecrets"]


@pytest.mark.parametrize(
    ("values", "feature"),
    [
        ({"scheduling": {"userScheduler": {"enabled": True}}}, "user scheduler"),
        ({"scheduling": {"userPlaceholder": {"replicas": 3}}}, "placeholder pods"),
        ({"scheduling": {"podPriority": {"enabled": True}}}, "priority classes"),
        ({"prePuller": {"hook": {"enabled": True}}}, "image puller"),
        ({"prePuller": {"continuous": {"enabled": True}}}, "image puller"),
        ({"proxy": {"https": {"enabled": True}}}, "TLS"),
    ],
)
def test_what_only_the_jupyterhub_chart_can_do_is_refused_in_words(
    refusal: Refusal, values: dict[str, Any], feature: str
) -> None:
    assert f"The stand-in chart has no {feature}, but" in refusal(merged(LEAST, values))


def test_the_defaults_ask_for_what_it_has_not(refusal: Refusal) -> None:
    assert "scheduling.userScheduler.enabled is true" in refusal({})


def test_opening_and_closing_the_metadata_server_at_once_is_refused(refusal: Refusal) -> None:
    rules = {"singleuser": {"networkPolicy": {"egressAllowRules": {"cloudMetadataServer": True}}}}
    assert "one of them must be false" in refusal(merged(LEAST, rules))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"singleuser": {"memmory": {}}}, "at '/singleuser': additional properties 'memmory' not allowed"),
        ({"hub": {"config": {"github": {}}}}, "at '/hub/config': additional properties 'github' not allowed"),
        ({"singleuser": {"cpu": {"limit": "2"}}}, "at '/singleuser/cpu/limit'"),
        ({"proxy": {"traefik": {}}}, "at '/proxy': additional properties 'traefik' not allowed"),
        ({"hub": {"extraFiles": {"x": {"mountPath": "/x.ini", "data": {"a": 1}}}}}, "at '/hub/extraFiles/x/mountPath'"),
        ({"hub": None}, "missing property 'hub'"),
    ],
)
def test_unknown_keys_and_wrong_types_are_refused_by_the_schema(
    refusal: Refusal, values: dict[str, Any], message: str
) -> None:
    assert message in refusal(LEAST | values)


def test_the_notes_say_what_it_is(helm: Callable[..., Any]) -> None:
    done = helm("install", "prod", str(CHART), "--dry-run=client", values=LEAST)
    assert "THIS IS THE STAND-IN CHART OF OPENHUBS.FLEET, NOT THE JUPYTERHUB CHART" in done.stdout, done.stderr


def test_the_chart_can_be_told_from_the_one_it_stands_in_for() -> None:
    about = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    assert about["name"] == "jupyterhub"
    assert re.fullmatch(r"4\.4\.0-standin\.\d+", about["version"])
    assert about["annotations"] == {"openhubs.fleet/standin": "true"}
