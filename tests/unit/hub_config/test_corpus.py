# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The values of 51 production hubs as `jupyterhub_values`: nothing is found that is not really so.

Every finding was gone through by hand; the tables below say why each is right.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.problems import Level
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.validate import Circumstances, Report, validate

CORPUS = Path(__file__).parents[3].parent / "shared" / "corpus"
PROVIDERS = {"gcp": "gke", "aws": "eks", "kubeconfig": "existing"}

CONFIG = "jupyterhub_values.hub.config"
UNUSED = f"{CONFIG}.CILogonOAuthenticator"
ERRORS = {
    # nobody can log in: the names of staff were in code, which is not in the corpus
    ("staging.2i2c-aws-us", "AUT002", f"{CONFIG}.JupyterHub.authenticator_class"),
    ("staging.2i2c", "AUT002", f"{CONFIG}.JupyterHub.authenticator_class"),
    # the service was defined elsewhere, with its secret: these values alone stop the hub
    ("binder.nasa-veda", "ROL001", "jupyterhub_values.hub.loadRoles.binder.services[0]"),
    ("small-binder.opensci", "ROL001", "jupyterhub_values.hub.loadRoles.binder.services[0]"),
    # left over from another login: nothing reads it
    ("research.temple", "TRA003", UNUSED),
    ("highmem.utoronto", "TRA003", UNUSED),
    ("prod.utoronto", "TRA003", UNUSED),
    ("r-prod.utoronto", "TRA003", UNUSED),
    ("r-staging.utoronto", "TRA003", UNUSED),
    ("staging.utoronto", "TRA003", UNUSED),
    # a profile with a free text and no choice: a start by the API fails
    ("staging.ucmerced", "PRO008", "jupyterhub_values.singleuser.profileList[2].profile_options.image"),
}
WARNINGS = {
    "AUT005": "Toronto's admins stand under Authenticator and GenericOAuthenticator: the first list has no effect",
    "AUT023": "only admins may log in to the ORCID demonstration",
    "GIT002": "teams without the scope read:org (in the corpus: it may come from defaults that are not in it)",
    "IMG001": "two images have the tag latest",
    "LIS001": "the operator's list replaces ours",
    "OAU003": "the callback was in a file of secrets, which is not in the corpus",
    "OAU005": "client_id and client_secret are not in the corpus",
    "PLA002": "placeholders without priorities",
    "PRO005": "several profiles, none of them the default",
    "PRO012": "several or no choices are the default",
    "PRO019": "keys that only code of 2i2c reads (dynamic_image_building)",
    "RES007": "a CPU limit alone (2i2c sets the guarantee in defaults that are not in the corpus)",
    "RES012": "servers with GPUs have no memory limit",
    "STO002": "Toronto's log is on the disk of the database",
    "TRA002": "BinderSpawnerMixin is defined in code, which is not in the corpus",
    "TRA005": "allowed_hosted_domains: these two hubs run an image with a newer OAuthenticator",
    "TRA007": "allowed_idps, extra_log_file and admin_access are deprecated",
}


@pytest.fixture(scope="module")
def corpus() -> Report:
    if not CORPUS.exists():
        pytest.skip("the corpus (../shared/corpus) is not here")
    hosts: dict[str, dict[str, Any]] = {}
    for file in sorted(CORPUS.glob("hubs/*/*.yaml")):
        content = yaml.load(file.read_text(), Loader=yaml.CSafeLoader)
        hosts.update([as_host(content["hub"], content["jupyterhub"])])
    assert len(hosts) == 51
    return validate(hosts, Circumstances(str(CORPUS / "charts/jupyterhub-4.4.0"), today="2026-11-24"))


def as_host(hub: dict[str, str], values: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    variables = {
        "hub_name": hub["name"],
        "cluster_name": hub["cluster"],
        "cluster_provider": PROVIDERS.get(hub["provider"], "existing"),
        "hub_domain": hub["domain"],
        "hub_url": f"https://{hub['domain']}",
        "jupyterhub_values": values,
    }
    return f"{hub['name']}.{hub['cluster']}", variables


def test_errors_are_the_known_ones(corpus: Report) -> None:
    assert {(each.host, each.code, each.path) for each in corpus.errors} == ERRORS


def test_warnings_are_of_known_kinds(corpus: Report) -> None:
    warnings = [each for each in corpus.problems if each.level is Level.WARNING]
    assert sorted({each.code for each in warnings} - set(WARNINGS)) == []
