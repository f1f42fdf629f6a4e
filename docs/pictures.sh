#!/usr/bin/env bash
# Take the README's pictures of a running hub, as a user meets it: HUB_URL, HUB_USER, HUB_PASSWORD say which (default: the demo's).
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p docs/images
: "${HUB_URL:=http://127.0.0.1:30080}" "${HUB_USER:=alice}" "${HUB_PASSWORD:=try-openhubs}"
export HUB_URL HUB_USER HUB_PASSWORD HUB_PICTURES=docs/images
exec .venv/bin/pytest tests/browser
