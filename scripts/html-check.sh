#!/usr/bin/env bash
# Holds HTML to its standard with html-validate: the page in both languages (form, form to be corrected, verdicts, refusal)
# and the reports of `varco verify --format html`. Usage: scripts/html-check.sh   (VARCO names the program)
set -euo pipefail
cd "$(dirname "$0")/.."

varco=${VARCO:-target/debug/varco}
files=var/demo-of-tests
work=$(mktemp -d)
# shellcheck source=scripts/service.sh
. scripts/service.sh

main() {
    install_validator
    trap stop_service EXIT
    certs/make-demo.sh certs/pki "$files"
    reports
    start
    pages
    local found
    found=$(find "$work/html" -name '*.html' | wc -l)
    [ "$found" -ge 32 ] || { echo "only $found pages were made" >&2; exit 1; }
    var/html-validate/node_modules/.bin/html-validate --config tests/web/htmlvalidate.json "$work/html/*.html"
    echo "$found pages of HTML are as they must be"
}

install_validator() {
    if ! cmp -s tests/web/package-lock.json var/html-validate/installed; then
        mkdir -p var/html-validate
        cp tests/web/package.json tests/web/package-lock.json var/html-validate/
        npm ci --prefix var/html-validate --ignore-scripts --no-audit --no-fund --loglevel error
        cp tests/web/package-lock.json var/html-validate/installed
    fi
}

reports() {
    mkdir "$work/html"
    local file language status
    for file in "$files"/*.p7m "$files"/*.p7s; do
        for language in it en; do
            status=0
            "$varco" verify --trust certs/pki/trust --crl certs/pki/crl --at 2026-02-01T00:00:00Z --format html \
                --language "$language" "$file" >"$work/html/$(basename "$file").$language.html" || status=$?
            [ "$status" -lt 2 ]
        done
    done
}

pages() {
    local language token
    for language in it en; do
        get -c "$work/cookies" "$url/?lang=$language" >"$work/html/form.$language.html"
        token=$(sed -nE 's/.*name="token" value="([0-9a-f]+)".*/\1/p' "$work/html/form.$language.html")
        post() { get -b "$work/cookies" -F "token=$token" "$@" "$url/?lang=$language"; }
        post -F fiscal_code=X >"$work/html/wrong.$language.html"
        post -F file=@README.md >"$work/html/refusal.$language.html"
        post -F "file=@$files/two-signers.p7m" -F fiscal_code=PRVCRD90A41H501L >"$work/html/verdict.$language.html"
        post -F "file=@$files/altered.p7m" >"$work/html/altered.$language.html"
        post -F "file=@fixtures/pdf/page-2-text/input.pdf" >"$work/html/pdf.$language.html"
        # As it was when it was signed, and the second page as it is now.
        [ "$(grep -c 'src="data:image/png;base64,' "$work/html/pdf.$language.html")" -eq 3 ]
        grep -q "<html lang=\"$language\">" "$work/html/verdict.$language.html"
    done
}

get() {
    curl -sS --cacert var/tls/ca.pem "$@"
}

start() {
    configure_service <<TOML
[page]
enabled = true
owner = "Regione di Esempio"
TOML
    start_service
}

main
