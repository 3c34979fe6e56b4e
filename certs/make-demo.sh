#!/usr/bin/env bash
# Signs the demo AdS files with the synthetic PKI, as demo.table says; index.tsv holds what to expect of each.
# Usage: make-demo.sh PKI_DIR OUT_DIR
# OUT_DIR is replaced as a whole.
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
template=$here/../fixtures/ads/accordo-di-servizio.txt

main() {
    [[ $# == 2 ]] || {
        sed -n 's/^# \(Usage: .*\)/\1/p' "${BASH_SOURCE[0]}" >&2
        exit 2
    }
    pki=$1 out=${2%/}
    command -v openssl >/dev/null || fail "openssl is missing; install it with: apt-get install openssl"
    [[ -f $pki/index.tsv ]] || fail "$pki is not a PKI made by make-pki.sh"
    [[ ! -e $out || -f $out/index.tsv || -z $(ls -A "$out") ]] || fail "$out exists and holds other things"

    work=$(mktemp -d)
    mkdir -p "$(dirname "$out")"
    new=$(mktemp -d "$out.new.XXXXXX")
    trap 'rm -rf "$work" "$new"' EXIT

    printf 'file\tfiscal_code\toptions\tverdict\texit\tdeclared_signer\tindication\tsub_indication\twhy\n' >"$new/index.tsv"
    local file how signers declared given surname signed expected number=0
    while IFS='|' read -r file how signers declared given surname signed expected; do
        number=$((number + 1))
        day=$(date -u -d "$(<"$pki/base") $signed days" +%F)
        write_agreement "$number" "$declared" "$given" "$surname" >"$work/content"
        read -ra signers <<<"$signers"
        sign "$how" "$new/$file" "${signers[@]}"
        printf '%s\t%s\t%s\t%s\n' "$file" "$(fiscal_code "$declared")" "$(options "$how" "$file")" "${expected//|/$'\t'}" \
            >>"$new/index.tsv"
    done < <(rows demo.table)

    chmod 755 "$new"
    rm -rf "$out"
    mv "$new" "$out"
}

fail() {
    echo "make-demo: $*" >&2
    exit 2
}

rows() {
    sed -e '/^#/d' -e '/^ *$/d' -e 's/ *| */|/g' -e 's/ *$//' "$here/$1"
}

fiscal_code() {
    awk -F'\t' -v name="$1" '$1 == name { print $5 }' "$pki/index.tsv"
}

# What to add to `varco verify` besides --trust, --crl and --fiscal-code, from within the folder.
options() {
    case $1 in
    detached) echo "--detached ${2%.*}.txt" ;;
    *) echo - ;;
    esac
}

# write_agreement NUMBER DECLARED GIVEN SURNAME
write_agreement() {
    local account="${3,,}.${4,,}"
    sed -e "s/@NUMERO@/$(date -u -d "$day" +%Y)-$(printf %06d "$1")/" \
        -e "s/@DATA@/$(date -u -d "$day" +%d\\/%m\\/%Y)/" \
        -e "s/@COGNOME@/${4^^}/" -e "s/@NOME@/${3^^}/" \
        -e "s/@CODICE_FISCALE@/$(fiscal_code "$2")/" -e "s/@ACCOUNT@/$account/" "$template"
}

# --- Signing -------------------------------------------------------------------------------------------------

# sign HOW FILE SIGNER...
sign() {
    local how=$1 file=$2 signer
    shift 2
    case $how in
    attached | together) cms "$file" "$work/content" "$@" ;;
    detached)
        cp "$work/content" "${file%.*}.txt"
        cms "$file" "$work/content" "$@"
        ;;
    base64)
        cms "$work/der" "$work/content" "$@"
        openssl base64 -in "$work/der" -out "$file"
        ;;
    pem)
        cms "$work/der" "$work/content" "$@"
        openssl cms -cmsout -inform DER -in "$work/der" -outform PEM -out "$file"
        ;;
    altered)
        cms "$work/der" "$work/content" "$@"
        # "CO_Esempio" becomes "CO_esempio": same length, so only the content differs.
        sed '0,/CO_Esempio/s//CO_esempio/' "$work/der" >"$file"
        ;;
    nested)
        cp "$work/content" "$work/inner"
        for signer; do
            cms "$work/der" "$work/inner" "$signer"
            cp "$work/der" "$work/inner"
        done
        cp "$work/inner" "$file"
        ;;
    *) fail "demo.table: unknown way to sign: $how" ;;
    esac
}

# cms FILE CONTENT SIGNER...: CAdES with the issuers' certificates; attached unless sign() is at a detached one.
cms() {
    local file=$1 content=$2 signer with=() keys=() attached=(-nodetach)
    shift 2
    for signer; do
        with+=(-signer "$pki/leaves/$signer.pem" -inkey "$pki/leaves/$signer.key")
        keys+=("$pki/leaves/$signer.pem" "$pki/leaves/$signer.key")
    done
    [[ $how != detached ]] || attached=()
    issuers "$@" >"$work/issuers.pem"
    openssl cms -sign -cades -binary "${attached[@]}" -md sha256 "${with[@]}" -certfile "$work/issuers.pem" \
        -in "$content" -outform DER -out "$file"
    "$here/set-signing-time.sh" "$file" "$(date -u -d "$day 10:30" +%y%m%d%H%M%SZ)" "${keys[@]}"
}

# issuers SIGNER...: the certificate of each one's authority.
issuers() {
    local signer
    for signer; do
        cat "$pki/$(awk -F'\t' -v name="$signer" '$1 == name { print $3 }' "$pki/index.tsv")/ca.pem"
    done
}

main "$@"
