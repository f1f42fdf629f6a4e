#!/usr/bin/env bash
# kill.sh CLUSTER PROGRAM [AWAITED]: kills a program of a local cluster with SIGKILL, once a process AWAITED runs against that cluster.
set -euo pipefail
cluster=$1 program=$2 awaited=${3:-}

if [ -n "$awaited" ]; then
  for _ in $(seq 600); do
    pgrep --full "$cluster.*/$awaited upgrade|$awaited upgrade .*--install --create-namespace" >/dev/null && break
    sleep 0.1
  done
fi
for process in $(cat /sys/fs/cgroup/{,*/}openhubs-"$cluster"/*/cgroup.procs 2>/dev/null | sort -u); do
  if tr '\0' ' ' <"/proc/$process/cmdline" | grep -q -- "$program"; then
    kill -KILL "$process"
    echo "killed $program ($process)"
    exit
  fi
done
echo "no $program in the cluster $cluster" >&2
exit 1
