#!/usr/bin/env bash
# Builds packaging/Containerfile and starts the service in what comes of it, as the file says. Without a registry of images:
# the names of the images that it begins with are given to a small Debian of debootstrap, and to the same with this
# machine's Rust. Needs root, podman and the network; takes as long as a release build, and then some. What was compiled
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
    for tool in podman debootstrap; do
        command -v "$tool" >/dev/null || { echo "$tool is missing: apt-get install $tool" >&2; exit 2; }
    done
    work=$(mktemp -d)
    container=
    trap take_away EXIT
    certs/make-pki.sh var/pki >&2
    certs/make-demo.sh var/pki var/demo >&2
    certs/make-tls.sh "$work/tls" >&2
    for step in makes_the_base_images builds starts lives_and_is_ready verifies is_confined stops; do
        printf '%-32s' "$step"
        "$step" || { echo "FAILED"; tail -n 40 "$work/log" >&2 || true; exit 1; }
        echo ok
    done
}

pod() {
    podman --root "$PWD/$store/storage" --runroot "$PWD/$store/run" --cgroup-manager cgroupfs --events-backend none "$@"
}

take_away() {
    [ -z "$container" ] || pod rm --force --time 1 --volumes "$container" >/dev/null 2>&1 || true
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

# With the words of the file, and no network but its own.
starts() {
    mkdir -p "$work/etc/tls" "$work/etc/trust" "$work/etc/crl"
    cp packaging/varco.toml "$work/etc/"
    install -m 0644 "$work/tls/tls.pem" "$work/etc/tls/"
    install -m 0400 -o 990 -g 990 "$work/tls/tls.key" "$work/etc/tls/"
    cp var/pki/trust/* "$work/etc/trust/"
    cp var/pki/crl/* "$work/etc/crl/"
    chmod 0755 "$work" "$work/etc"
    # Without a systemd nobody looks after its health but we, and no more files may be open than here.
    container=$(pod run --detach --pull never --network none --ulimit host --health-interval disable --read-only --tmpfs /tmp --cap-drop ALL \
        --security-opt no-new-privileges --volume varco:/var/lib/varco --volume varco-spool:/var/tmp \
        --volume "$work/etc:/etc/varco:ro" localhost/varco 2>"$work/log") || return
    for _ in $(seq 50); do
        pod logs "$container" >"$work/log" 2>&1
        ! grep -q 'service listens' "$work/log" || return 0
        sleep 0.2
    done
    return 1
}

inside() {
    pod exec --interactive "$container" "$@" 2>>"$work/log"
}

lives_and_is_ready() {
    [ "$(inside curl --silent --insecure https://127.0.0.1:8443/livez)" = '{"status":"ok"}' ] || return
    pod healthcheck run "$container" >>"$work/log" 2>&1
}

verifies() {
    local token
    token=$(inside varco token create --name "prova del contenitore" | head -n 1)
    inside curl --silent --fail-with-body --insecure --header "Authorization: Bearer $token" --header 'Content-Type: application/pkcs7-mime' \
        --header 'Fiscal-Code: PRVCRD90A41H501L' --header "Idempotency-Key: one" \
        --data-binary @- https://127.0.0.1:8443/v1/verifications <var/demo/good-cns.p7m >"$work/report" || return
    grep -q '"verdict": \?"accepted"' "$work/report"
}

is_confined() {
    local status
    status=$(inside cat /proc/1/status)
    for line in 'Uid:	990	990	990	990' 'NoNewPrivs:	1' 'Seccomp:	2' 'CapEff:	0000000000000000' 'CapBnd:	0000000000000000'; do
        grep -qx "$line" <<<"$status" || { echo "not so: $line" >>"$work/log"; return 1; }
    done
    for file in /x /etc/varco/x /usr/x; do
        ! inside touch "$file" || { echo "$file can be written" >>"$work/log"; return 1; }
    done
}

stops() {
    pod stop --time 20 "$container" >>"$work/log" 2>&1 || return
    [ "$(pod inspect --format '{{.State.ExitCode}}' "$container")" = 0 ]
}

main "$@"
