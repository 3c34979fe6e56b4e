#!/usr/bin/env bash
# Builds packaging/Containerfile and starts the service in what comes of it, as the file says. Without a registry of images:
# the names of the images that it begins with are given to a small Debian of debootstrap, and to the same with this
# machine's Rust. Needs root, podman, buildah and the network; takes as long as a release build, and then some. What was compiled
# and fetched is kept in var/containers and var/tools for the next time.
# Usage: packaging/check-container.sh
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=packaging/test-machine.sh
source packaging/test-machine.sh

store=var/containers
system=$(sed -n 's/^ARG SYSTEM=//p' packaging/Containerfile)
builder=$(sed -n 's/^ARG BUILDER=//p' packaging/Containerfile)

main() {
    [ "$(id -u)" -eq 0 ] || { echo "check-container needs root" >&2; exit 2; }
    for tool in buildah podman debootstrap; do
        command -v "$tool" >/dev/null || { echo "$tool is missing: apt-get install $tool" >&2; exit 2; }
    done
    work=$(mktemp -d)
    container=
    trap take_away EXIT
    certs/make-pki.sh var/pki >&2
    certs/make-tls.sh "$work/tls" >&2
    for step in makes_the_base_images builds serves; do
        printf '%-32s' "$step"
        "$step" || { echo "FAILED"; tail -n 40 "$work/log" >&2 || true; exit 1; }
        echo ok
    done
}

pod() {
    podman --root "$PWD/$store/storage" --runroot "$PWD/$store/run" --cgroup-manager cgroupfs --events-backend none "$@"
}

take_away() {
    [ -z "$container" ] || img rm "$container" >/dev/null 2>&1 || true
    rm -rf "$work"
}

makes_the_base_images() {
    mkdir -p "$store/storage" "$store/run"
    ! pod image exists "$builder" || return 0
    local root=$work/root
    # As in Debian's own small image, documentation is left out.
    {
        debootstrap --variant=minbase "$release" "$root" "$mirror"
        chmod 0755 "$root"
        printf 'path-exclude /usr/share/%s/*\n' doc man >"$root/etc/dpkg/dpkg.cfg.d/docker"
        echo 'path-include /usr/share/doc/*/copyright' >>"$root/etc/dpkg/dpkg.cfg.d/docker"
        rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,man}
        tar -C "$root" -c . | pod import - "$system"
        rm -rf "$root"
        mkdir "$work/context"
        cp /etc/ssl/certs/ca-certificates.crt "$work/context/"
        pod build --isolation chroot --pull=never --tag "$builder" --file - "$work/context" <<END
FROM $system
RUN apt-get update && apt-get install --yes --no-install-recommends build-essential ca-certificates curl git \
    && rm -rf /var/lib/apt/lists/*
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
ENV PATH=/usr/local/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
END
    } >"$work/log" 2>&1
}

builds() {
    mkdir -p "$store/target" var/tools
    pod build --isolation chroot --pull=never --format docker --volume "$(rustc --print sysroot):/usr/local/rust:ro" \
        --volume "$PWD/$store/target:/varco/target" --volume "$PWD/var/tools:/varco/var/tools" \
        --tag localhost/varco --file packaging/Containerfile . >"$work/log" 2>&1 && pod image exists localhost/varco
}

# Under the account and with the command of the image, in a network of its own. Without the runtime of a container engine, which
# not every machine can run: a root that is read only and a confined kernel interface are *not* tried.
serves() {
    local etc=$work/etc
    mkdir -p "$etc/tls" "$etc/trust" "$etc/crl"
    cp packaging/varco.toml "$etc/"
    install -m 0644 "$work/tls/tls.pem" "$etc/tls/"
    install -m 0400 -o 990 -g 990 "$work/tls/tls.key" "$etc/tls/"
    cp var/pki/trust/* "$etc/trust/"
    cp var/pki/crl/* "$etc/crl/"
    chmod 0755 "$work" "$etc"
    container=$(img from --pull-never localhost/varco)
    local command
    command=$(img inspect --format '{{.OCIv1.Config.Entrypoint}} {{.OCIv1.Config.Cmd}}' "$container" | tr -d '[]')
    export -f img use
    export store container etc command work
    unshare --net bash -c use >"$work/log" 2>&1
}

img() {
    buildah --root "$PWD/$store/storage" --runroot "$PWD/$store/run" "$@"
}

use() {
    ip link set lo up
    # shellcheck disable=SC2086 # a command and its arguments
    img run --isolation chroot --cap-drop ALL --volume "$etc:/etc/varco:ro" "$container" -- $command >"$work/service" 2>&1 &
    local run=$! status=0
    for _ in $(seq 50); do
        ! grep -q 'service listens' "$work/service" || break
        sleep 0.2
    done
    cat "$work/service"
    [ "$(img run --isolation chroot "$container" -- id -u)" = 990 ] || status=1
    [ "$(img run --isolation chroot "$container" -- curl --silent --insecure https://127.0.0.1:8443/livez)" = '{"status":"ok"}' ] || status=1
    img run --isolation chroot "$container" -- curl --silent --fail --insecure --output /dev/null https://127.0.0.1:8443/readyz || status=1
    # The one process with this command in this network.
    local pid
    for pid in $(pgrep -x varco); do
        [ "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/self/ns/net)" ] || kill -TERM "$pid"
    done
    wait "$run" || status=1
    return "$status"
}

main "$@"
