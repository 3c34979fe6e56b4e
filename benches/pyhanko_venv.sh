#!/usr/bin/env bash
# Makes the virtual environment of the pyHanko peer under var/ unless it is there; prints the path of its Python.
set -euo pipefail
cd "$(dirname "$0")/.."

version=0.38.0
venv=$PWD/var/bench/pyhanko-$version
if [ ! -e "$venv/done" ]; then
    python3 -m venv --clear "$venv" >&2
    "$venv/bin/pip" install --quiet --disable-pip-version-check "pyhanko==$version" >&2
    touch "$venv/done"
fi
echo "$venv/bin/python"
