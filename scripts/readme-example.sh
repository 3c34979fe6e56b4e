#!/usr/bin/env bash
# Renews the example in README.md from the real output of the first accepted and the first rejected demonstration
# file; with --check only says whether it is still true. Dates and digests differ at each making of the PKI and are not compared.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/demo-row.sh
source scripts/demo-row.sh

begin='<!-- example: made by make readme -->'
end='<!-- end of the example -->'
fence='```'

main() {
    make_files
    local renewed
    renewed=$(mktemp)
    # shellcheck disable=SC2064 # the name is known now
    trap "rm -f '$renewed'" EXIT
    {
        sed "/^$begin\$/q" README.md
        wanted=accepted
        for_each_row example
        sed -n "/^$end\$/,\$p" README.md
    } >"$renewed"
    case ${1-} in
        --check) diff <(lasting README.md) <(lasting "$renewed") || { echo "README.md: run \`make readme\`" >&2; exit 1; } ;;
        '') cat "$renewed" >README.md ;;
        *) echo "usage: scripts/readme-example.sh [--check]" >&2; exit 2 ;;
    esac
}

# Prints the row if its verdict is the one that is wanted next.
example() {
    [ "$verdict" = "$wanted" ] || return 0
    printf '\n%ssh\ntarget/release/varco' "$fence"
    printf ' %q' "${arguments[@]}"
    printf '\n%s\n\n%stext\n' "$fence" "$fence"
    local got=0
    "$varco" "${arguments[@]}" || got=$?
    [ "$got" -eq "$status" ] || { echo "$file: exit status $got instead of $status" >&2; exit 1; }
    printf '%s\n\nExit status %s.\n' "$fence" "$got"
    case $wanted in accepted) wanted=rejected ;; *) wanted=none; echo ;; esac
}

# The text without what differs at each making: dates, times, digests, serial numbers.
lasting() {
    sed -E -e 's/([0-9A-Fa-f]{2}:){7,}[0-9A-Fa-f]{2}|[0-9A-Fa-f]{16,}/HEX/g' \
        -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}\/[0-9]{2}\/[0-9]{4}/DATE/g' \
        -e 's/[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?/TIME/g' "$1"
}

main "$@"
