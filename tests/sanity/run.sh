#!/usr/bin/env bash
# Builds the collection, installs the artifact into an empty path and tests what ships: the playbook by its full name, then
# `ansible-test sanity`. Arguments are passed on to ansible-test.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
export PATH="$root/.venv/bin:$PATH"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

unset ANSIBLE_CONFIG
cd "$work" # where no ansible.cfg is
ansible-galaxy collection build "$root" --output-path "$work" >/dev/null
ansible-galaxy collection install --offline --no-deps "$work"/openhubs-fleet-*.tar.gz --collections-path "$work" >/dev/null

cd "$work/ansible_collections/openhubs/fleet"
ANSIBLE_COLLECTIONS_PATH="$work" ansible-playbook --syntax-check --inventory "$root/inventories/local" openhubs.fleet.site

# ansible-test downloads a script that installs pip, and needs no network when the script is there already. Its name carries the
# version of pip that this ansible-core wants.
pip=$(python -c "
import types
from ansible_test._internal.python_requirements import get_venv_packages
print(get_venv_packages(types.SimpleNamespace(version='$(python -c 'import platform; print(platform.python_version())')'))['pip'])")
mkdir -p ~/.ansible/test/cache
cp "$root/tests/sanity/get_pip.py" ~/.ansible/test/cache/"get_pip_${pip//./_}.py"

# templates of charts are YAML only when helm has rendered them
ansible-test sanity --color no --exclude charts/objects/templates/ --exclude roles/local/files/charts/jupyterhub/templates/ \
  --python "$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')" "$@"
