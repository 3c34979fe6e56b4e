#!/usr/bin/env bash
# The quick checks of what is packaged: the unit's sandbox, the example of the settings, dashboard and alerts, the
# container file. Installing and starting the package for real is check-deb.sh.
# Usage: packaging/check.sh   VARCO names the program, target/debug/varco without it
set -euo pipefail
cd "$(dirname "$0")/.."

varco=${VARCO:-target/debug/varco}
# Of `systemd-analyze security`, in tenths; what is left is the network, and the root folder of the machine.
exposure=12

main() {
    work=$(mktemp -d)
    service=
    trap '[ -z "$service" ] || kill "$service" 2>/dev/null || true; rm -rf "$work"' EXIT
    unit
    settings
    monitoring
    container
    echo "packaging: all checks hold"
}

unit() {
    systemd-analyze security --offline=true --no-pager --threshold="$exposure" packaging/varco.service >"$work/exposure" || {
        cat "$work/exposure"
        exit 1
    }
    # The service must be able to finish what it does before it is killed.
    local stop shutdown
    stop=$(sed -n 's/^TimeoutStopSec=\([0-9]*\)s$/\1/p' packaging/varco.service)
    shutdown=$(sed -n 's/^#shutdown_seconds = \([0-9]*\)$/\1/p' packaging/varco.toml)
    ((stop > shutdown + 5)) || fail "TimeoutStopSec=$stop is too short for limits.shutdown_seconds = $shutdown"
}

# The example names every setting that there is, and none that there is not: with an unknown key in a section, the program
# says which there are.
settings() {
    local section
    while read -r section; do
        printf '[%s]\nno_such_key = 1\n' "$section"
    done < <(sed -n 's/^\[\(.*\)\]$/\1/p' packaging/varco.toml) >"$work/wrong.toml"
    "$varco" serve --check --config "$work/wrong.toml" >"$work/said" 2>&1 && fail "unknown settings are accepted"
    ! grep -q 'sezione sconosciuta' "$work/said" || fail "$(grep 'sezione sconosciuta' "$work/said")"
    tr -s ' \n' ' ' <"$work/said" | sed -e 's/riga [0-9]*, /\n/g' -e 's/[a-z]*\.[a-z0-9_]*: /\n/g' | grep -o 'in \[[a-z]*\] ci sono: [a-z0-9_, ]*' |
        sed -e 's/in \[\(.*\)\] ci sono: /\1 /' -e 's/,//g' |
        awk '{ for (i = 2; i <= NF; i++) print $1 "." $i }' | sort -u >"$work/known"
    # A list of tables is one setting, whatever its tables hold.
    awk '/^#?\[\[/ { gsub(/[#\[\]]/, ""); print; section = ""; next }
        /^\[/ { section = substr($0, 2, length($0) - 2) }
        section != "" && match($0, /^#?[a-z0-9_]+ = /) { sub(/^#/, ""); print section "." $1 }' \
        packaging/varco.toml | sort -u >"$work/shown"
    diff "$work/known" "$work/shown" || fail "packaging/varco.toml (>) and the settings of the program (<) differ"
}

# Starts the service with the packaged settings, on free ports and in a folder of its own; its /metrics must have what
# the dashboard and the alerts ask for.
monitoring() {
    certs/make-tls.sh "$work/tls"
    env VARCO_LISTEN__ADDRESS=127.0.0.1:0 VARCO_ADMIN__ADDRESS=127.0.0.1:0 VARCO_STORE__URL="sqlite:$work/varco.db" \
        VARCO_DOCUMENTS__PLACE="file:$work/documents" \
        VARCO_LISTEN__TLS_CERTIFICATE="$work/tls/tls.pem" VARCO_LISTEN__TLS_KEY="$work/tls/tls.key" \
        VARCO_TRUST__ANCHORS=certs/pki/trust VARCO_TRUST__CRLS=certs/pki/crl \
        "$varco" serve --config packaging/varco.toml 2>"$work/log" &
    service=$!
    local address admin token
    for _ in $(seq 100); do
        address=$(address_of 'service listens') admin=$(address_of 'administration listens')
        [ -z "$address" ] || [ -z "$admin" ] || break
        kill -0 "$service" 2>/dev/null || fail "the service did not start: $(cat "$work/log")"
        sleep 0.1
    done
    # One of each kind, so that there are samples with their labels: a verification, and a connection that is refused.
    token=$("$varco" token create --name check --store "sqlite:$work/varco.db" | head -n 1)
    openssl cms -sign -binary -nodetach -outform DER -signer "$work/tls/tls.pem" -inkey "$work/tls/tls.key" \
        -in packaging/varco.toml -out "$work/signed.p7m"
    curl --silent --show-error --fail-with-body --cacert "$work/tls/ca.pem" --output "$work/report" \
        --header "Authorization: Bearer $token" --header 'Content-Type: application/pkcs7-mime' \
        --header 'Idempotency-Key: packaging-check' --data-binary "@$work/signed.p7m" \
        "https://localhost:${address##*:}/v1/verifications" || fail "no verification: $(cat "$work/report" "$work/log")"
    curl --silent "http://$address/" >/dev/null || true
    curl --silent --fail "http://$admin/metrics" >"$work/metrics"
    kill "$service"
    wait "$service" || fail "the service did not stop well: $(cat "$work/log")"
    service=
    packaging/check-monitoring.py "$work/metrics"
}

address_of() {
    sed -n "s/.*\"message\":\"$1\".*\"address\":\"\([^\"]*\)\".*/\1/p; s/.*\"address\":\"\([^\"]*\)\".*\"message\":\"$1\".*/\1/p" "$work/log" | head -n 1
}

container() {
    scripts/tools.sh
    var/tools/bin/hadolint --failure-threshold info packaging/Containerfile
}

fail() {
    echo "packaging: $*" >&2
    exit 1
}

main
