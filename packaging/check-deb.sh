#!/usr/bin/env bash
# Installs the package in a Debian system of its own, starts the service under that system's systemd, verifies a
# document, backs up, upgrades, removes and purges. Needs root, and the network once (for the system).
# Usage: packaging/check-deb.sh [FILE.deb]   without one, that of `make deb`
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=packaging/test-machine.sh
source packaging/test-machine.sh

main() {
    package=${1:-$(echo target/debian/varco_*.deb)}
    [ -f "$package" ] || { echo "there is no package: make deb" >&2; exit 2; }
    [ "$(id -u)" -eq 0 ] || { echo "check-deb needs root" >&2; exit 2; }
    work=$(mktemp -d)
    root=$work/root
    trap 'shut_down; rm -rf "$work"' EXIT
    certs/make-pki.sh var/pki >&2
    certs/make-demo.sh var/pki var/demo >&2
    certs/make-tls.sh "$work/tls" >&2
    lint
    make_machine "$root"
    boot "$root"
    for step in installs refuses_to_start_without_a_key starts makes_a_token verifies runs_confined backs_up restores \
        reloads stops upgrades removes purges; do
        printf '%-32s' "$step"
        "$step" || { echo "FAILED"; show_log; exit 1; }
        echo ok
    done
}

say() { echo "  $*" >&2; return 1; }

show_log() {
    inside journalctl --no-pager -u varco -o cat -n 40 >&2 || true
}

lint() {
    command -v lintian >/dev/null || return 0
    lintian --allow-root --fail-on error "$package" >&2
}

files() {
    inside find /etc /usr /var/lib /var/cache /opt /srv -xdev -not -path '/var/lib/dpkg/*' -not -path '/var/lib/systemd/*' \
        -not -path '/var/cache/ldconfig/*' | sort
}

installs() {
    files >"$work/before"
    cp "$package" "$root/varco.deb"
    inside dpkg --install /varco.deb >"$work/dpkg.log" 2>&1 || { cat "$work/dpkg.log" >&2; return 1; }
    [ "$(inside systemctl is-enabled varco)" = disabled ] || say "the service must not be enabled by itself" || return
    [ "$(inside stat -c '%a %U' /var/lib/varco /etc/varco/tls | tr '\n' ' ')" = '700 varco 750 root ' ] ||
        say "wrong modes of folders" || return
    inside varco --version >/dev/null && inside test -s /usr/share/doc/varco/OPERATIONS.md.gz -o -s /usr/share/doc/varco/OPERATIONS.md
}

refuses_to_start_without_a_key() {
    ! inside systemctl start varco 2>/dev/null || say "it started without a TLS key" || return
    inside systemctl stop varco
    inside systemctl reset-failed varco 2>/dev/null || true
}

# As docs/OPERATIONS.md says.
starts() {
    install -m 0644 "$work/tls/tls.pem" "$root/etc/varco/tls/"
    install -m 0600 "$work/tls/tls.key" "$root/etc/varco/tls/"
    cp var/pki/trust/* "$root/etc/varco/trust/"
    cp var/pki/crl/* "$root/etc/varco/crl/"
    inside varco serve --check >/dev/null || return
    inside systemctl enable --quiet --now varco || return
    for _ in $(seq 50); do
        ready && return
        sleep 0.2
    done
    say "it is not ready"
}

ready() {
    [ "$(ask /readyz 2>/dev/null)" = '{"status":"ok"}' ]
}

# ask PATH [ARGUMENT]...
ask() {
    local path=$1
    shift
    beside curl --silent --show-error --fail-with-body --max-time 20 --cacert "$work/tls/ca.pem" "$@" "https://localhost:8443$path"
}

as_varco() {
    inside setpriv --reuid=varco --regid=varco --init-groups "$@"
}

makes_a_token() {
    as_varco varco token create --name "prova del pacchetto" --format json >"$work/token.json" || return
    token=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["secret"])' <"$work/token.json")
    as_varco varco token list | grep -q 'prova del pacchetto'
}

verifies() {
    report=$(ask /v1/verifications --header "Authorization: Bearer $token" --header 'Fiscal-Code: PRVCRD90A41H501L' \
        --header 'Content-Type: application/pkcs7-mime' --header "Idempotency-Key: $RANDOM$RANDOM$RANDOM" \
        --data-binary @var/demo/good-cns.p7m) || { echo "$report" >&2; return 1; }
    [[ $report =~ \"verdict\":\ ?\"accepted\" ]] || say "not accepted: $report" || return
    beside curl --silent --fail http://127.0.0.1:9464/metrics >"$work/metrics" || return
    grep -q '^varco_verdicts_total{verdict="accepted"} 1$' "$work/metrics"
}

# What the unit promises, as the kernel sees it.
runs_confined() {
    local pid status
    pid=$(inside systemctl show --property=MainPID --value varco)
    status=$(inside cat "/proc/$pid/status")
    for line in 'NoNewPrivs:	1' 'Seccomp:	2' 'CapEff:	0000000000000000' 'CapBnd:	0000000000000000'; do
        grep -qx "$line" <<<"$status" || say "not so: $line" || return
    done
    inside nsenter --target "$pid" --mount -- sh -c '! touch /etc/x 2>/dev/null && ! touch /usr/x 2>/dev/null' ||
        say "the file system can be written" || return
    [ "$(inside stat -c %a /run/credentials/varco.service/tls.key)" = 400 ] || say "the key can be read by others"
}

backs_up() {
    inside install -d -m 0700 -o varco -g varco /var/backups/varco || return
    as_varco sqlite3 /var/lib/varco/varco.db "VACUUM INTO '/var/backups/varco/varco.db'" || return
    inside sqlite3 /var/backups/varco/varco.db 'PRAGMA integrity_check' | grep -qx ok || return
    as_varco varco audit verify --store sqlite:/var/backups/varco/varco.db >/dev/null
}

restores() {
    inside systemctl stop varco || return
    inside sh -c 'rm -f /var/lib/varco/varco.db*' || return
    inside install -m 0600 -o varco -g varco /var/backups/varco/varco.db /var/lib/varco/varco.db || return
    inside systemctl start varco || return
    sleep 1
    ready || say "not ready after the restore" || return
    as_varco varco token list | grep -q 'prova del pacchetto'
}

reloads() {
    inside systemctl reload varco || return
    sleep 1
    inside journalctl --no-pager -u varco -o cat | grep -q 'trust material read anew'
}

stops() {
    local start=$SECONDS
    inside systemctl stop varco || return
    ((SECONDS - start < 10)) || say "it takes long to stop" || return
    [ "$(inside systemctl show --property=Result --value varco)" = success ] || say "it did not stop well" || return
    inside systemctl start varco
}

upgrades() {
    inside sh -c 'echo "# una riga di chi amministra" >>/etc/varco/varco.toml' || return
    local before after
    before=$(inside systemctl show --property=MainPID --value varco)
    inside dpkg --install /varco.deb >"$work/dpkg.log" 2>&1 || { cat "$work/dpkg.log" >&2; return 1; }
    after=$(inside systemctl show --property=MainPID --value varco)
    inside grep -q 'una riga di chi amministra' /etc/varco/varco.toml || say "the settings were overwritten" || return
    [ "$before" != "$after" ] || say "the service was not restarted" || return
    sleep 1
    ready || say "not ready after the upgrade"
}

removes() {
    inside dpkg --remove varco >"$work/dpkg.log" 2>&1 || { cat "$work/dpkg.log" >&2; return 1; }
    ! inside systemctl is-active --quiet varco || say "it still runs" || return
    inside test -s /var/lib/varco/varco.db -a -s /etc/varco/varco.toml
}

purges() {
    inside dpkg --purge varco >"$work/dpkg.log" 2>&1 || { cat "$work/dpkg.log" >&2; return 1; }
    files >"$work/after"
    # The locked account stays, on purpose; its files and the copies that adduser and we made are not the package's.
    diff <(grep -v -e '^/etc/\(passwd\|group\|shadow\|gshadow\|subuid\|subgid\)-\?$' "$work/before") \
        <(grep -v -e '^/etc/\(passwd\|group\|shadow\|gshadow\|subuid\|subgid\)-\?$' -e '^/var/backups' "$work/after")
}

main "$@"
