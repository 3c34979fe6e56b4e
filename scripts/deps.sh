#!/usr/bin/env bash
# Installs the Debian packages that a target needs (`run`, `test`, `deb` or `container`); does nothing when they are there.
set -eu

packages=(build-essential libpcsclite-dev libssl-dev openssl pkg-config)
# Any npm will do; Debian's would take the node of others away.
command -v npm >/dev/null || packages+=(nodejs npm)
case "${1:-}" in
    run) packages+=(curl) ;;
    test)
        packages+=(chromium chromium-driver curl nghttp2-client opensc pcscd poppler-utils postgresql python3 python3-pip)
        packages+=(python3-venv python3-yaml qpdf shellcheck softhsm2 sqlite3 systemd vsmartcard-vpcd) ;;
    deb) packages+=(curl debootstrap dpkg-dev lintian python3 systemd xz-utils) ;;
    container) packages+=(buildah debootstrap iproute2 podman) ;;
    *) echo "usage: scripts/deps.sh run|test|deb|container" >&2; exit 2 ;;
esac

if ! command -v cargo >/dev/null; then
    echo "The Rust toolchain is missing: install rustup (https://rustup.rs) and try again." >&2
    exit 1
fi
if ! command -v apt-get >/dev/null; then
    echo "This is not a Debian system: make sure that the equivalents of these are installed: ${packages[*]}" >&2
    exit 0
fi

missing=()
for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "These packages are missing and there is no sudo; as root, run: apt-get install ${missing[*]}" >&2
        exit 1
    fi
    root=(sudo)
fi
echo "Installing: ${missing[*]}"
"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq update
"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends "${missing[@]}" >/dev/null
