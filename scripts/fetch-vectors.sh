#!/bin/sh
# Fetches the public test vectors that are not kept in the repository: NIST PKITS (public domain), from the wheel
# `cryptography-vectors` of PyPI. Usage: scripts/fetch-vectors.sh [DIR]   (default: target/vectors)
set -eu

VERSION=50.0.2
dir=${1:-target/vectors}
if [ -f "$dir/pkits/VERSION" ] && [ "$(cat "$dir/pkits/VERSION")" = "$VERSION" ]; then
    exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$work" "cryptography-vectors==$VERSION"
python3 - "$work" "$work/pkits" <<'PYTHON'
import pathlib, sys, zipfile

wheel = next(pathlib.Path(sys.argv[1]).glob("*.whl"))
target = pathlib.Path(sys.argv[2])
prefix = "cryptography_vectors/x509/PKITS_data/"
with zipfile.ZipFile(wheel) as archive:
    for member in archive.namelist():
        folder, _, name = member.removeprefix(prefix).partition("/")
        if member.startswith(prefix) and folder in ("certs", "crls", "smime") and name and "/" not in name:
            (target / folder).mkdir(parents=True, exist_ok=True)
            (target / folder / name).write_bytes(archive.read(member))
PYTHON
echo "$VERSION" > "$work/pkits/VERSION"
mkdir -p "$dir"
rm -rf "$dir/pkits"
mv "$work/pkits" "$dir/pkits"
