#!/usr/bin/env bash
# Lists what a cluster could leave on this machine, to compare before and after.
set -euo pipefail
ip -oneline link | awk -F ': ' '{print "device", $2}'
ip -oneline route show table all | sed 's/^/route /'
sed -n 's/^[^ ]* \([^ ]*\) .*/mount \1/p' /proc/self/mounts
find /sys/fs/cgroup -maxdepth 2 -name 'openhubs-*' | sort | sed 's/^/cgroup /'
ss --no-header --listening --tcp --numeric | awk '{print "port", $4}' | sort
pgrep --full --list-name 'state/openhubs/(lab|plane)/' | sed 's/^/process /' || true
{ find /etc /opt /run /srv /usr/local/bin /usr/local/lib /usr/lib/cni /var/lib /var/log "$HOME"/.local/state/openhubs/* -xdev -not -path "*/__pycache__*" 2>/dev/null || true; } |
  sort | sed "s/^/file /"
