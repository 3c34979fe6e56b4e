#!/usr/bin/env bash
# Installs the pinned tools of scripts/tools.txt into a virtual environment of the project; does nothing when they are there.
set -eu
cd "$(dirname "$0")/.."

stamp=var/tools/installed
cmp -s scripts/tools.txt "$stamp" && exit 0
/usr/bin/python3 -m venv --clear var/tools
var/tools/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: -r scripts/tools.txt
cp scripts/tools.txt "$stamp"
