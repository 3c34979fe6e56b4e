#!/usr/bin/env bash
# Verifies every demonstration file from the command line and says what it is and what must come out.
# Fails when a verdict is not the one that the file was made for.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/demo-row.sh
source scripts/demo-row.sh

rule=────────────────────────────────────────────────────────────────────────

main() {
    make_files
    number=0 unexpected=0
    for_each_row show
    printf '\n%s\n' "$rule"
    if ((unexpected)); then
        printf '%s of %s verdicts are not the expected ones.\n' "$unexpected" "$number" >&2
        exit 1
    fi
    printf 'All %s verdicts are the expected ones. The files are in %s, the certificates in var/pki; every person is made up.\n' \
        "$number" "$demo"
}

show() {
    number=$((number + 1))
    local expected="$verdict, $indication"
    [ "$sub_indication" = - ] || expected+="/${sub_indication/,/ or }"
    printf '\n%s\n%s. %s: %s\n   Expected: %s, exit status %s.\n   %s\n\n$ %s' \
        "$rule" "$number" "$file" "$why" "$expected" "$status" "$(meaning)" "$varco"
    printf ' %q' "${arguments[@]}"
    printf '\n\n'
    local got=0
    "$varco" "${arguments[@]}" || got=$?
    if [ "$got" -ne "$status" ] || ! verdict_is_expected; then
        unexpected=$((unexpected + 1))
        printf '\n!! This is not the expected verdict (exit status %s).\n' "$got" >&2
    fi
}

meaning() {
    case $verdict in
        accepted) echo "Every signature holds and the signer is the declared person: the procedure can go on." ;;
        rejected) echo "Something is certainly wrong: the file is refused, and the report says what to do." ;;
        undetermined) echo "The evidence allows neither yes nor no: a person decides, or better evidence is brought." ;;
    esac
}

verdict_is_expected() {
    local report
    report=$("$varco" "${arguments[@]}" --format json || true)
    [[ $report =~ \"verdict\"\ *:\ *\"$verdict\" ]]
}

main
