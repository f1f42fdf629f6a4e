# Copyright: (c) 2026, the openhubs.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The small parts: names that were meant, quantities, secrets that stay hidden, keys given twice."""

import pytest
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.checks.profiles import slugify
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.problems import (
    Level,
    Place,
    Problem,
    distinct,
    path_text,
)
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.quantity import kubernetes, spawner_memory
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.redact import is_secret, masked, redact, secrets
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.sources import duplicates
from ansible_collections.openhubs.fleet.plugins.plugin_utils.hub.suggest import did_you_mean, nearest


@pytest.mark.parametrize(
    ("name", "names", "meant"),
    [
        ("memmory", ["memory", "cpu"], "memory"),
        ("memLimit", ["mem_limit", "cpu_limit"], "mem_limit"),
        ("allowed_orgs", ["allowed_groups", "allowed_organizations", "allow_all"], "allowed_organizations"),
        ("GithubOAuthenticator", ["GitHubOAuthenticator", "GitLabOAuthenticator"], "GitHubOAuthenticator"),
        ("colour", ["memory", "cpu"], None),
    ],
)
def test_name_that_was_meant(name: str, names: list[str], meant: str | None) -> None:
    assert nearest(name, names) == meant


def test_few_names_are_listed_when_none_is_near() -> None:
    assert did_you_mean("colour", ["memory", "cpu"]) == "Known here: cpu, memory."


@pytest.mark.parametrize(
    ("text", "amount"),
    [("1G", 2**30), ("1.5M", 1.5 * 2**20), (512, 512), ("4Gi", None), ("512m", None), ("", None), (True, None)],
)
def test_memory_as_the_spawner_reads_it(text: object, amount: float | None) -> None:
    assert spawner_memory(text) == amount


@pytest.mark.parametrize(
    ("text", "amount"), [("500m", 0.5), ("2Gi", 2**31), ("1G", 1e9), ("1e3", 1000), ("10GB", None), (2, 2)]
)
def test_quantity_as_kubernetes_reads_it(text: object, amount: float | None) -> None:
    assert kubernetes(text) == amount


@pytest.mark.parametrize(("name", "slug"), [("Small (2 GB)", "small-2-gb"), ("Größe", "groe"), ("🚀", "")])
def test_slug(name: str, slug: str) -> None:
    assert slugify(name) == slug


@pytest.mark.parametrize(
    "key", ["client_secret", "apiToken", "AWS_SECRET_ACCESS_KEY", "password", "cookie_secret", "keys"]
)
def test_keys_of_secrets(key: str) -> None:
    assert is_secret(key)


@pytest.mark.parametrize(
    "key", ["existingSecret", "secretName", "token_url", "tokens_file", "key", "secretKeyRef", "memory"]
)
def test_keys_about_secrets(key: str) -> None:
    assert not is_secret(key)


def test_secret_is_hidden_wherever_it_turns_up() -> None:
    hidden = frozenset(secrets({"auth": {"client_secret": "s3cr3t-text"}, "db": {"keys": ["first-key"]}}))
    assert hidden == {"s3cr3t-text", "first-key"}
    assert redact("'s3cr3t-text' is no URL", hidden) == "'(hidden)' is no URL"
    assert redact("postgres://hub:pw@db/hub", hidden) == "postgres://(hidden)@db/hub"


def test_masked_copy_tells_presence_and_length() -> None:
    assert masked({"client_secret": "12345678", "image": "a:1"}) == {
        "client_secret": "(secret of 8 characters)",
        "image": "a:1",
    }


def test_keys_given_twice_are_found_at_every_depth() -> None:
    text = "a: 1\nb:\n  c: 1\n  c: 2\nlist:\n  - {x: 1, x: 2}\na: !vault |\n  $ANSIBLE_VAULT;1.1\n"
    found = [(path_text(each.path), each.place.line, each.first_line) for each in duplicates("/f.yml", text)]
    assert found == [("b.c", 4, 3), ("list[0].x", 6, 6), ("a", 7, 1)]


def test_problem_in_one_line() -> None:
    problem = Problem("RES004", Level.ERROR, "prod.uni", "a.b", "it is wrong.", "Set it.", Place("/i/f.yml", 7, 21))
    assert problem.line() == "error    RES004 /i/f.yml:7:21  a.b: it is wrong. Set it."


def test_problem_of_a_shared_file_is_told_once() -> None:
    one = Problem("RES004", Level.ERROR, "prod.uni", "a", "it is.", "", Place("/i/f.yml", 7, 21))
    other = Problem("RES004", Level.ERROR, "staging.uni", "a", "it is.", "", Place("/i/f.yml", 7, 21))
    assert [each.host for each in distinct([one, other])] == ["prod.uni, staging.uni"]
