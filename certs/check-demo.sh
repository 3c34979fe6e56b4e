#!/usr/bin/env bash
# Asserts what OpenSSL says of every demo file, by its row in index.tsv.
# Usage: check-demo.sh PKI_DIR DEMO_DIR     (judged 17 days after the PKI's base date)
set -euo pipefail
export LC_ALL=C

main() {
    [[ $# == 2 ]] || {
        sed -n 's/^# \(Usage: [^(]*\).*/\1/p' "${BASH_SOURCE[0]}" >&2
        exit 2
    }
    pki=$1 demo=$2
    at=$(date -u -d "$(<"$pki/base") 17 days" +%s)
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    cat "$pki"/trust/*.pem >"$work/trust.pem"
    local crl
    for crl in "$pki"/crl/*.der; do
        openssl crl -inform DER -in "$crl" >>"$work/trust.pem"
    done

    checks=0 failures=0
    local file cf verdict sub
    while IFS=$'\t' read -r file cf _ verdict _ _ _ sub _; do
        [[ $file == file ]] || check_file "$file" "$cf" "$verdict" "$sub"
    done <"$demo/index.tsv"
    echo "$checks checks, $failures failures"
    ((failures == 0))
}

# check_file FILE CODE VERDICT SUB_INDICATION
check_file() {
    local content=()
    case $1 in
    *.p7s) content=(-content "$demo/${1%.*}.txt") ;;
    esac
    case $3/$4 in
    accepted/* | rejected/-) says "$1" 'successful' "${content[@]}" -cades ;;
    */HASH_FAILURE) says "$1" 'content verify error' -cades ;;
    */REVOKED_NO_POE | */TRY_LATER) says "$1" 'certificate revoked' -cades ;;
    */OUT_OF_BOUNDS*) says "$1" 'certificate has expired' -cades ;;
    *) same "$1: known expectation" "$3/$4" '' ;;
    esac
    # Intact, whatever the certificate is worth; and the text names the declared person.
    [[ $4 == HASH_FAILURE ]] || {
        says "$1" 'successful' "${content[@]}" -noverify
        [[ $1 != *.p7m.p7m ]] || {
            cp "$work/content" "$work/inner.p7m"
            verify "$work/inner.p7m" -cades >"$work/answer"
            same "$1: inner signature" "$(grep -c successful "$work/answer")" 1
        }
        same "$1: declared person" "$(grep -c "$2" "$work/content")" 1
    }
}

# says FILE WORDS [OPTION...]
says() {
    local file=$1 words=$2
    shift 2
    verify "$demo/$file" "$@" >"$work/answer"
    same "$file: $words" "$(grep -c -F "$words" "$work/answer")" 1
}

# verify FILE [OPTION...]: OpenSSL's words; the content goes to $work/content.
verify() {
    local file=$1 form=DER
    shift
    case $file in
    *-base64.p7m)
        openssl base64 -d -in "$file" -out "$work/decoded"
        file=$work/decoded
        ;;
    *-pem.p7m) form=PEM ;;
    esac
    openssl cms -verify -binary -inform "$form" -in "$file" -out "$work/content" -purpose any \
        -CAfile "$work/trust.pem" -no-CApath -crl_check -extended_crl -use_deltas -attime "$at" "$@" 2>&1 || true
}

# same WHAT ACTUAL WANTED
same() {
    checks=$((checks + 1))
    [[ $2 == "$3" ]] || {
        failures=$((failures + 1))
        echo "check-demo: $1: \"$2\" instead of \"$3\"" >&2
    }
}

main "$@"
