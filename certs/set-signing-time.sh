#!/usr/bin/env bash
# Moves the signingTime of every signature in a CMS file (DER, SHA-256) and signs its attributes again.
# `openssl cms -sign` always takes the clock; files for a stored PKI must claim a time within its validity.
# Usage: set-signing-time.sh FILE YYMMDDHHMMSSZ CERTIFICATE KEY [CERTIFICATE KEY]...
set -euo pipefail
export LC_ALL=C

main() {
    (($# >= 4 && $# % 2 == 0)) || {
        sed -n 's/^# \(Usage: .*\)/\1/p' "${BASH_SOURCE[0]}" >&2
        exit 2
    }
    file=$1 time=$2
    [[ $time =~ ^[0-9]{12}Z$ ]] || fail "not a UTCTime: $time"
    shift 2
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT

    local serial time_at attributes_at attributes_size signature_at signature_size key count=0
    while read -r serial time_at attributes_at attributes_size signature_at signature_size; do
        key=$(key_of_serial "$serial" "$@")
        printf %s "$time" | overwrite "$time_at"
        attributes_to_be_signed "$attributes_at" "$attributes_size" >"$work/attributes"
        sign_to_size "$key" "$signature_size"
        overwrite "$signature_at" <"$work/signature"
        count=$((count + 1))
    done < <(signatures)
    ((count > 0)) || fail "no signature with a signing time in $file"
}

fail() {
    echo "set-signing-time: $*" >&2
    exit 2
}

# signatures: for each SignerInfo its serial number, then where the time, the attributes and the value are.
signatures() {
    openssl asn1parse -inform DER -in "$file" | awk '
        {
            match($0, /^ *[0-9]+/); at = substr($0, RSTART, RLENGTH) + 0
            match($0, /d=[0-9]+/); depth = substr($0, RSTART + 2, RLENGTH - 2) + 0
            match($0, /hl=[0-9]+/); header = substr($0, RSTART + 3, RLENGTH - 3) + 0
            match($0, / l= *[0-9]+/); size = substr($0, RSTART, RLENGTH); sub(/ l= */, "", size); size += 0
        }
        depth == 6 && /INTEGER/ { serial = $0; sub(/.*:/, "", serial) }
        depth == 5 && /cont \[ 0 \]/ { attributes_at = at; attributes_size = header + size; time_at = 0 }
        depth == 7 && /:signingTime/ { next_time = 1 }
        depth == 8 && /UTCTIME/ && next_time { time_at = at + header; next_time = 0 }
        depth == 5 && /OCTET STRING/ && time_at {
            print serial, time_at, attributes_at, attributes_size, at + header, size
            time_at = 0
        }'
}

# key_of_serial SERIAL CERTIFICATE KEY...
key_of_serial() {
    local serial=$1
    shift
    while (($#)); do
        if [[ $(openssl x509 -in "$1" -noout -serial) == "serial=$serial" ]]; then
            echo "$2"
            return
        fi
        shift 2
    done
    fail "no key given for the signer with serial number $serial"
}

# attributes_to_be_signed AT SIZE: the implicit tag becomes the SET that is signed (RFC 5652 §5.4).
attributes_to_be_signed() {
    printf '\x31'
    tail -c +$(($1 + 2)) "$file" | head -c $(($2 - 1))
}

# sign_to_size KEY SIZE: the value must fit where the old one was; an ECDSA value has one of a few sizes, of which the
# shortest come up once in some hundred times.
sign_to_size() {
    local attempt
    for ((attempt = 0; attempt < 10000; attempt++)); do
        openssl dgst -sha256 -sign "$1" -out "$work/signature" "$work/attributes"
        [[ $(stat -c %s "$work/signature") == "$2" ]] && return
    done
    fail "no signature of $2 bytes with $1"
}

# overwrite OFFSET: puts its input there.
overwrite() {
    dd of="$file" bs=64k oflag=seek_bytes seek="$1" conv=notrunc status=none
}

main "$@"
