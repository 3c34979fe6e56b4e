# shellcheck shell=bash
# Sourced by check-deb.sh: a Debian system of its own, booted with its own systemd in namespaces of its own, so that the
# unit runs as it will run: account, credentials, sandbox, limits. Needs root; touches nothing of this machine.

release=bookworm
# Besides the smallest system: what the package depends on, and what the commands of docs/OPERATIONS.md use.
packages=adduser,libgcc-s1,libpcsclite1,libssl3,openssl,sqlite3,systemd
# The archive that this machine installs from.
# shellcheck disable=SC2016 # apt's own variable
mirror=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $release" | sed -n 1p)
image=var/debian-$release-$(md5sum <<<"$packages" | cut -c1-8).tar

# make_machine DIR
make_machine() {
    if [ ! -f "$image" ]; then
        command -v debootstrap >/dev/null || { echo "debootstrap is missing: apt-get install debootstrap" >&2; exit 1; }
        mkdir -p var
        local new
        new=$(mktemp -d)
        debootstrap --variant=minbase --include="$packages" "$release" "$new" "$mirror" >"$image.log" ||
            { tail "$image.log" >&2; exit 1; }
        rm -rf "$new"/var/cache/apt/archives/*.deb "$new"/var/lib/apt/lists/*
        tar -C "$new" -cf "$image.new" . && mv "$image.new" "$image"
        rm -rf "$new" "$image.log"
    fi
    mkdir -p "$1"
    tar -C "$1" -xf "$image"
    chmod 0755 "$1" # mktemp made the folder that the image is of, for its owner alone
    echo uninitialized >"$1/etc/machine-id"
    # Nothing of these is looked at, and some need what a namespace has not.
    ln -sf /dev/null "$1/etc/systemd/system/systemd-networkd.service"
    ln -sf /dev/null "$1/etc/systemd/system/apt-daily.timer"
}

# boot DIR: `machine` is then the process that its systemd is.
boot() {
    local root=$1
    unshare --pid --mount --uts --ipc --net --cgroup --fork --kill-child \
        bash -c "$(declare -f start_systemd); start_systemd \"\$1\"" bash "$root" </dev/null >"$root.console" 2>&1 &
    outside=$!
    for _ in $(seq 200); do
        machine=$(pgrep -P "$outside" 2>/dev/null || true)
        if [ -n "$machine" ] && inside systemctl is-active --quiet multi-user.target 2>/dev/null; then
            return 0
        fi
        sleep 0.3
    done
    echo "the test machine did not start:" >&2
    cat "$root.console" >&2
    return 1
}

start_systemd() {
    set -eu
    local root=$1 device
    mount --make-rprivate /
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount -t sysfs -o ro sysfs "$root/sys"
    mount -t tmpfs -o mode=755 tmpfs "$root/run"
    mount -t tmpfs -o mode=755 tmpfs "$root/dev"
    for device in null zero full random urandom tty; do
        touch "$root/dev/$device"
        mount --bind "/dev/$device" "$root/dev/$device"
    done
    mkdir "$root/dev/pts" "$root/dev/shm" "$root/run/outside"
    mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
    ln -s pts/ptmx "$root/dev/ptmx" # a private /dev is made after this one
    mount -t cgroup2 none "$root/sys/fs/cgroup"
    ip link set lo up
    cd "$root"
    pivot_root . run/outside
    umount -l /run/outside
    mount --make-rshared / # as on a machine: credentials reach a service by propagation
    container=other exec /lib/systemd/systemd --system
}

# Runs a command in the machine.
inside() {
    nsenter --target "$machine" --mount --pid --uts --ipc --net --cgroup -- \
        env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

# Runs a command of this machine in the network of the other.
beside() {
    nsenter --target "$machine" --net -- "$@"
}

shut_down() {
    [ -z "${outside:-}" ] || kill -KILL "$outside" 2>/dev/null || true
    [ -z "${outside:-}" ] || wait "$outside" 2>/dev/null || true
    outside=
}
