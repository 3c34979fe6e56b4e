#!/usr/bin/env bash
# Checks the interface as portals see it: starts the service, lints its description with spectral under docs/api/ruleset.yaml,
# exercises every operation with schemathesis (whose random documents are never signed), and holds the reports about signed
# documents to the description. Usage: scripts/api-check.sh   (VARCO names the program)
set -euo pipefail
cd "$(dirname "$0")/.."

SCHEMATHESIS=4.32.5
varco=${VARCO:-target/debug/varco}
work=$(mktemp -d)
# shellcheck source=scripts/service.sh
. scripts/service.sh

main() {
    install_tools
    trap stop_service EXIT
    start
    curl -fsS --cacert var/tls/ca.pem "$url/openapi.json" >"$work/openapi.json"
    var/spectral/node_modules/.bin/spectral lint --quiet --fail-severity warn --ruleset docs/api/ruleset.yaml "$work/openapi.json"
    VARCO_API_TOKEN=$token var/schemathesis/bin/schemathesis --config-file docs/api/schemathesis.toml run "$work/openapi.json" \
        --url "$url" --tls-verify var/tls/ca.pem --checks all --max-examples "${EXAMPLES:-20}" --seed 2026 \
        --workers 1 --suppress-health-check all --no-color
    reports_are_as_described
}

reports_are_as_described() {
    certs/make-demo.sh certs/pki var/demo-of-tests
    local file
    for file in var/demo-of-tests/*.p7m fixtures/cms/good-*/input.p7m; do
        curl -fsS --cacert var/tls/ca.pem -H "Authorization: Bearer $token" -F "file=@$file" -F at=2026-02-01T00:00:00Z \
            "$url/v1/verifications" >>"$work/reports"
        echo >>"$work/reports"
    done
    var/schemathesis/bin/python - "$work/openapi.json" "$work/reports" <<'PYTHON'
import json, sys

import jsonschema_rs

document = json.load(open(sys.argv[1]))
schema = {"$ref": "#/components/schemas/Report", "components": document["components"]}
validator = jsonschema_rs.Draft202012Validator(schema)
reports = [json.loads(line) for line in open(sys.argv[2])]
wrong = [error for report in reports for error in validator.iter_errors(report)]
for error in wrong:
    print(error)
declared = set(document["components"]["schemas"]["Report"]["properties"])
undeclared = {member for report in reports for member in set(report) - declared}
print(f"{len(reports)} reports, {len(wrong)} not as described, members not described: {sorted(undeclared)}")
sys.exit(bool(wrong or undeclared or len(reports) < 20))
PYTHON
}

install_tools() {
    if ! cmp -s docs/api/package-lock.json var/spectral/installed; then
        mkdir -p var/spectral
        cp docs/api/package.json docs/api/package-lock.json var/spectral/
        npm ci --prefix var/spectral --ignore-scripts --no-audit --no-fund --loglevel error
        cp docs/api/package-lock.json var/spectral/installed
    fi
    if [ "$(cat var/schemathesis/installed 2>/dev/null || true)" != "$SCHEMATHESIS" ]; then
        /usr/bin/python3 -m venv --clear var/schemathesis
        var/schemathesis/bin/pip install --quiet --disable-pip-version-check "schemathesis==$SCHEMATHESIS"
        echo "$SCHEMATHESIS" >var/schemathesis/installed
    fi
}

start() {
    configure_service <<TOML
[documents]
place = "file:$work/documents"
[audit]
key = "$work/audit.pem"
origin = "varco.example/api-check"
[limits]
requests_per_minute = 1000000
refused_tokens_per_minute = 1000000
TOML
    token=$("$varco" token create --name schemathesis --scope verifications --scope audit --config "$work/varco.toml" | head -n 1)
    start_service
}

main
