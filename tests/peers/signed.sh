#!/usr/bin/env bash
# Has varco sign in every form and level, and asks EU DSS and pyHanko about the results: each must be valid with the
# anchor of the synthetic PKI alone, and of the level that was meant. Exit status 0 when all of them agree.
set -eu
cd "$(dirname "$0")/../.."

tests/peers/setup.sh
signed=$(mktemp -d)
trap 'rm -rf "$signed"' EXIT
VARCO_KEEP_SIGNED=$signed cargo test --test it -- pkcs11::levels
mkdir "$signed/trust"
cp certs/pki/trust/qualified.pem "$signed/trust/"
# The CRL is for levels B and T, which hold none; the others are asked without.
lasting=() others=()
for file in "$signed"/*.p7m "$signed"/*.pdf; do
    case $file in
        *-t.p7m | *-t.pdf | */under.p7m) others+=("$file") ;;
        *) lasting+=("$file") ;;
    esac
done
tests/peers/dss/run.sh --trust "$signed/trust" "${lasting[@]}" --content "$signed/accordo.txt" "$signed/d.p7s" \
    --crl "$signed/qualified.crl" "${others[@]}" >"$signed/dss.jsonl"
var/peers/bin/python tests/peers/signed.py "$signed"
