#!/usr/bin/env bash
# Asserts that a synthetic PKI is what its index.tsv says, with OpenSSL as the judge.
# Usage: check.sh PKI_DIR [--at YYYY-MM-DD]     (default: 17 days after the PKI's base date)
set -euo pipefail
export LC_ALL=C

main() {
    [[ $# == 1 || ($# == 3 && $2 == --at) ]] || {
        sed -n 's/^# \(Usage: .*\)/\1/p' "${BASH_SOURCE[0]}" >&2
        exit 2
    }
    pki=$1
    at=$(date -u -d "${3-$(<"$pki/base") 17 days}" +%s)
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    cat "$pki"/trust/*.pem "$pki"/trust-pec/pec-root.pem >"$work/anchors.pem"
    cat "$pki"/intermediates/*.pem "$pki"/trust-pec/pec-ca.pem >"$work/intermediates.pem"
    local crl
    for crl in "$pki"/crl/*.der; do
        openssl crl -inform DER -in "$crl"
    done >"$work/crls.pem"

    checks=0 failures=0
    check_leaves
    check_crls
    check_folders
    echo "$checks checks, $failures failures"
    ((failures == 0))
}

# --- Certificates --------------------------------------------------------------------------------------------

check_leaves() {
    local name ca key cf state
    while IFS=$'\t' read -r name _ ca key cf state _; do
        [[ $name != name ]] || continue
        check_state "$name" "$state"
        check_key "$name" "$key"
        check_fiscal_code "$name" "$cf"
        same "$name: issuer's signature" "$(issued_by "$name" "$ca")" yes
    done <"$pki/index.tsv"
}

# check_state NAME STATE: what a chain validation with CRLs answers.
check_state() {
    case $2 in
    good) says "$1" OK ;;
    expired) says "$1" 'certificate has expired' ;;
    not_yet_valid) says "$1" 'certificate is not yet valid' ;;
    revoked | suspended) says "$1" 'certificate revoked' ;;
    expired_revoked)
        says "$1" 'certificate revoked'
        without_crls_says "$1" 'certificate has expired'
        ;;
    weak_digest)
        says "$1" OK
        says "$1" 'CA signature digest algorithm too weak' -auth_level 2
        ;;
    weak_key)
        says "$1" OK
        says "$1" 'EE certificate key too weak' -auth_level 2
        ;;
    untrusted) without_crls_says "$1" 'unable to get local issuer certificate' ;;
    wrong_profile) check_wrong_profile "$1" ;;
    *) report "$1: unknown state $2" ;;
    esac
}

# A wrong profile is a path that validates and an extension that does not suit.
check_wrong_profile() {
    local text
    text=$(openssl x509 -in "$pki/leaves/$1.pem" -noout -text)
    case $1 in
    cns-no-policy)
        says "$1" OK
        same "$1: CNS policy" "$(grep -c 'Policy: 1.3.76.16.2.1$' <<<"$text")" 0
        ;;
    cns-key-encipherment)
        says "$1" OK
        same "$1: key usage" "$(sed -n '/Key Usage: critical/{n;s/^ *//p;}' <<<"$text")" 'Key Encipherment'
        ;;
    qualified-no-statements)
        says "$1" OK
        same "$1: statements" "$(grep -c qcStatements <<<"$text")" 0
        ;;
    qualified-authority)
        says "$1" OK
        same "$1: CA" "$(grep -c 'CA:TRUE' <<<"$text")" 1
        ;;
    pec-outside-constraints) says "$1" 'permitted subtree violation' ;;
    *) report "$1: no check of its wrong profile" ;;
    esac
}

# says NAME ANSWER [OPTION...]: OpenSSL's first complaint about the certificate with all CRLs, or OK.
says() {
    local name=$1 wanted=$2
    shift 2
    judged "$name: chain and CRLs" "$name" "$wanted" \
        -crl_check -extended_crl -use_deltas -CRLfile "$work/crls.pem" "$@"
}

# without_crls_says NAME ANSWER [OPTION...]
without_crls_says() {
    local name=$1 wanted=$2
    shift 2
    judged "$name: chain" "$name" "$wanted" "$@"
}

judged() {
    local what=$1 name=$2 wanted=$3 answer
    shift 3
    answer=$(openssl verify -no-CAfile -no-CApath -CAfile "$work/anchors.pem" \
        -untrusted "$(intermediates_for "$name")" -attime "$at" "$@" "$pki/leaves/$name.pem" 2>&1 || true)
    same "$what" "$(sed -n -e 's/.*lookup: //p' -e 's/.*: \(OK\)$/\1/p' <<<"$answer" | head -1)" "$wanted"
}

# OpenSSL takes the first candidate issuer and does not come back, so the right one is given alone.
intermediates_for() {
    case $1 in
    cross-good | cross-no-aki) echo "$pki/intermediates/ente-ponte.pem" ;;
    *) echo "$work/intermediates.pem" ;;
    esac
}

issued_by() {
    local answer
    answer=$(openssl verify -no-CAfile -no-CApath -partial_chain -no_check_time -trusted "$pki/$2/ca.pem" \
        "$pki/leaves/$1.pem" 2>&1 || true)
    if grep -qE ': OK$|permitted subtree violation' <<<"$answer"; then
        echo yes
    else
        echo no
    fi
}

# check_key NAME KEY: what the certificate says of its key, and that the private key is the one beside it.
check_key() {
    local wanted text
    case $2 in
    rsa*) wanted="Public-Key: (${2#rsa} bit)" ;;
    p*) wanted="NIST CURVE: P-${2#p}" ;;
    *) wanted="ASN1 OID: $2" ;;
    esac
    text=$(openssl x509 -in "$pki/leaves/$1.pem" -noout -text)
    same "$1: key" "$(grep -c -F "$wanted" <<<"$text")" 1
    same "$1: private key" "$(openssl pkey -in "$pki/leaves/$1.key" -pubout)" \
        "$(openssl x509 -in "$pki/leaves/$1.pem" -noout -pubkey)"
}

# check_fiscal_code NAME CODE: its check character, and that the subject holds it; "-" is none.
check_fiscal_code() {
    [[ $2 != - ]] || return 0
    same "$1: check character" "$(check_character "${2:0:15}")" "${2:15}"
    same "$1: code in the subject" \
        "$(openssl x509 -in "$pki/leaves/$1.pem" -noout -subject -nameopt RFC2253 |
            grep -c -E "(CN=|TINIT-|IT:)$2")" 1
}

# check_character FIFTEEN: DM 23 December 1976, art. 7.
check_character() {
    local values=0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ sum=0 i before value
    local odd=(1 0 5 7 9 13 15 17 19 21 2 4 18 20 11 3 6 8 12 14 16 10 22 25 24 23)
    for ((i = 0; i < 15; i++)); do
        before=${values%%"${1:i:1}"*}
        value=$((${#before} < 10 ? ${#before} : ${#before} - 10))
        ((sum += i % 2 ? value : odd[value])) || true
    done
    echo "${values:10+sum%26:1}"
}

# --- CRLs and folders ----------------------------------------------------------------------------------------

check_crls() {
    local crl ca
    for crl in "$pki"/*/crl*.der; do
        ca=$(dirname "$crl")
        [[ -f $ca/ca.pem ]] || continue
        same "$crl: signature" \
            "$(openssl crl -inform DER -in "$crl" -noout -CAfile "$ca/ca.pem" -no-CApath 2>&1)" 'verify OK'
    done
    same 'broken CRL: signature' "$(openssl crl -inform DER -in "$pki/crl-other/cns-esempio-bad-signature.der" \
        -noout -CAfile "$pki/cns-esempio/ca.pem" -no-CApath 2>&1 | head -1)" 'verify failure'
    lists cns-esempio/crl cns-revoked 'Key Compromise'
    lists cns-esempio/crl cns-superseded Superseded
    lists cns-esempio/crl cns-suspended 'Certificate Hold'
    lists cns-delta/crl delta-released 'Certificate Hold'
    lists cns-delta/crl-delta delta-released 'Remove From CRL'
    lists cns-delta/crl-delta delta-revoked 'Affiliation Changed'
    lists crl-indiretta/crl indirect-good 'Key Compromise'
    lists crl-indiretta/crl indirect-revoked 'Affiliation Changed'
    holds cns-delta/crl-delta 'X509v3 Delta CRL Indicator: critical'
    holds cns-delta/crl 'X509v3 Freshest CRL'
    holds crl-indiretta/crl 'Indirect CRL'
    holds cns-indiretta/crl 'Only CA Certificates'
    holds qualified/crl '2.5.29.60'
    expired_crl_says_nothing
}

# lists CRL LEAF REASON
lists() {
    local serial
    serial=$(openssl x509 -in "$pki/leaves/$2.pem" -noout -serial | cut -d= -f2)
    same "$1: $2" "$(openssl crl -inform DER -in "$pki/$1.der" -noout -text |
        sed -n "/Serial Number: $serial/,/Serial Number/p" | grep -m1 -A1 'Reason Code' | tail -1 | sed 's/^ *//')" "$3"
}

# holds CRL TEXT
holds() {
    same "$1: $2" "$(openssl crl -inform DER -in "$pki/$1.der" -noout -text | grep -c -F "$2")" 1
}

expired_crl_says_nothing() {
    openssl crl -inform DER -in "$pki/cns-esempio/crl-expired.der" -out "$work/expired.pem"
    judged 'expired CRL alone' cns-good 'CRL has expired' -crl_check -CRLfile "$work/expired.pem"
}

check_folders() {
    local anchor
    for anchor in "$pki"/trust/*.pem; do
        same "$anchor: self-signed" "$(openssl verify -no-CApath -CAfile "$anchor" -attime "$at" -check_ss_sig "$anchor" 2>&1)" \
            "$anchor: OK"
    done
    same 'cross-certificates: one key' "$(openssl x509 -in "$pki/ente-ponte/ca.pem" -noout -pubkey)" \
        "$(openssl x509 -in "$pki/ente-ponte-beta/ca.pem" -noout -pubkey)"
    same 'wrong candidate: one name' "$(openssl x509 -in "$pki/ente-ponte/ca.pem" -noout -subject)" \
        "$(openssl x509 -in "$pki/ente-ponte-falso/ca.pem" -noout -subject)"
}

# --- Counting ------------------------------------------------------------------------------------------------

# same WHAT ACTUAL WANTED
same() {
    checks=$((checks + 1))
    [[ $2 == "$3" ]] || report "$1: \"$2\" instead of \"$3\""
}

report() {
    failures=$((failures + 1))
    echo "check: $*" >&2
}

main "$@"
