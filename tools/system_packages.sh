#!/usr/bin/env bash
# Install what the demo and the tests run besides Python packages: the real SimGrid, and Graphviz. Where apt may not be
# used, say what is missing and go on; the tests then skip it, or fail in CI.
set -u

python="${SYSTEM_PYTHON:-/usr/bin/python3}"
packages=()
"$python" -c 'import simgrid' 2>/dev/null || packages+=(python3-simgrid)
command -v dot >/dev/null || packages+=(graphviz)
if [ ${#packages[@]} = 0 ]; then
    exit 0
fi

if [ "$(id -u)" = 0 ]; then
    run=()
elif sudo -n true 2>/dev/null; then
    run=(sudo -n)
else
    echo "not installed: ${packages[*]}; as an administrator: apt-get install ${packages[*]}" >&2
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "no apt-get here; not installed: ${packages[*]}" >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
{ "${run[@]}" apt-get update && "${run[@]}" apt-get install -y --no-install-recommends "${packages[@]}"; } >/dev/null ||
    echo "apt-get could not install ${packages[*]}" >&2
exit 0
