# shellcheck shell=bash
# Sourced by the checks that ask a running service: starts one of its own on the synthetic PKI, with an empty store, and stops it.
# shellcheck disable=SC2154 # the next two are the caller's
# Takes from its caller: `varco` (the program), `work` (a folder of the caller's, removed by stop_service).

service=

# Writes "$work/varco.toml": what every such check sets, then the sections that come on standard input.
configure_service() {
    certs/make-tls.sh var/tls
    { common_settings; cat; } >"$work/varco.toml"
}

common_settings() {
    cat <<TOML
[listen]
address = "127.0.0.1:0"
tls_certificate = "var/tls/tls.pem"
tls_key = "var/tls/tls.key"
[admin]
address = "off"
[store]
url = "sqlite:$work/varco.db"
[trust]
anchors = ["certs/pki/trust"]
crls = ["certs/pki/crl"]
TOML
}

# Leaves its address in `url`.
start_service() {
    local address
    "$varco" serve --config "$work/varco.toml" 2>"$work/log" &
    service=$!
    for _ in $(seq 100); do
        address=$(sed -nE 's/.*"service listens","address":"([^"]+)".*/\1/p' "$work/log")
        [ -z "$address" ] || break
        kill -0 "$service" || { cat "$work/log" >&2; exit 1; }
        sleep 0.1
    done
    # shellcheck disable=SC2034 # the caller asks there
    url=https://localhost:${address##*:}
}

stop_service() {
    [ -z "$service" ] || kill "$service" 2>/dev/null || true
    wait "$service" 2>/dev/null || true
    rm -rf "$work"
}
