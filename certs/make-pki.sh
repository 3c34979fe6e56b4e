#!/usr/bin/env bash
# Makes the synthetic PKI of the demo and of the tests: authorities, leaves, CRLs, trust folders, index.tsv.
# Usage: make-pki.sh OUT_DIR [--base YYYY-MM-DD | --add]
# Every date counts from the base date (today if absent). With --add, only the leaves that OUT_DIR lacks are made, with its
# authorities and its base date; all else stays as it is. OUT_DIR is left alone when it already holds this PKI
# for this base date, and replaced as a whole otherwise. What is made is listed in the *.table files and
# described in profiles.cnf and README.md.
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

main() {
    parse_arguments "$@"
    require_openssl
    stamp="$base $(cat "$here"/{authorities,leaves,crls,revocations}.table "$here"/{ca,profiles}.cnf \
        "$here"/{make-pki,indirect-crl}.sh | openssl sha256 -r | cut -c1-64)"
    if [[ -f $out/stamp && $(<"$out/stamp") == "$stamp" ]]; then
        exit 0
    fi
    refuse_foreign_folder

    mkdir -p "$(dirname "$out")"
    new=$(mktemp -d "$out.new.XXXXXX")
    work=$(mktemp -d)
    trap 'rm -rf "$new" "$work"' EXIT
    mkdir -p "$new"/{leaves,trust,trust-pec,intermediates,crl,crl-other}
    cat "$here/ca.cnf" "$here/profiles.cnf" >"$work/openssl.cnf"
    processors=$(nproc)
    load_authorities

    if [[ -n $add ]]; then
        cp -a "$out/." "$new"
        make_leaf_requests
        make_leaves
    else
        make_authority_requests
        make_leaf_requests
        make_cross_requests
        make_authorities
        make_leaves
        make_crls
        make_folders
    fi
    write_index

    echo "$stamp" >"$new/stamp"
    chmod 755 "$new"
    rm -rf "$out"
    mv "$new" "$out"
}

# --- Arguments and environment -------------------------------------------------------------------------------

parse_arguments() {
    out='' add='' base=$(date -u +%F)
    while (($#)); do
        case $1 in
        --base)
            base=${2-}
            [[ $base =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}$ ]] || fail "--base wants a date, YYYY-MM-DD"
            date -u -d "$base" >/dev/null 2>&1 || fail "no such day: $base"
            shift 2
            ;;
        --add)
            add=yes
            shift
            ;;
        -h | --help) usage 0 ;;
        -*) fail "unknown option: $1" ;;
        *)
            [[ -z $out ]] || usage 2
            out=${1%/}
            shift
            ;;
        esac
    done
    [[ -n $out ]] || usage 2
    if [[ -n $add ]]; then
        [[ -f $out/base ]] || fail "--add wants a PKI made by this script"
        base=$(<"$out/base")
    fi
}

usage() {
    sed -n 's/^# \(Usage: .*\)/\1/p' "${BASH_SOURCE[0]}" >&2
    exit "$1"
}

fail() {
    echo "make-pki: $*" >&2
    exit 2
}

require_openssl() {
    command -v openssl >/dev/null || fail "openssl is missing; install it with: apt-get install openssl"
    local version
    version=$(openssl version)
    [[ $version == 'OpenSSL 3.'* ]] || fail "OpenSSL 3 is needed, this is: $version"
}

# Never deletes a folder that this script did not make.
refuse_foreign_folder() {
    [[ -e $out ]] || return 0
    [[ -f $out/stamp ]] || [[ -d $out && -z $(ls -A "$out") ]] ||
        fail "$out exists and is not a PKI made by this script"
}

# --- Tables --------------------------------------------------------------------------------------------------

# rows FILE: the rows of a table without comments, cells separated by one "|".
rows() {
    sed -e '/^#/d' -e '/^ *$/d' -e 's/ *| */|/g' -e 's/ *$//' "$here/$1"
}

load_authorities() {
    declare -gA sign_of=() o_of=() ou_of=() cn_of=()
    local name sign o ou cn
    while IFS='|' read -r name _ _ sign _ _ _ _ o ou cn; do
        sign_of[$name]=$sign o_of[$name]=$o ou_of[$name]=$ou cn_of[$name]=$cn
    done < <(rows authorities.table)
}

# day OFFSET [HHMMSS]: a GeneralizedTime so many days from the base date.
day() {
    date -u -d "$base ${1#+} days" "+%Y%m%d${2-000000}Z"
}

# utc_time OFFSET [HHMMSS]: the same as UTCTime.
utc_time() {
    day "$@" | cut -c3-
}

# serial ISSUER NAME: a serial number of 64 bits that stays the same in every PKI made.
serial() {
    echo "4$(printf '%s/%s' "$1" "$2" | openssl sha256 -r | cut -c1-15 | tr a-f A-F)"
}

# --- Keys and requests ---------------------------------------------------------------------------------------

make_authority_requests() {
    local name key
    while IFS='|' read -r name _ key _; do
        mkdir -p "$new/$name"
        [[ $key == =* ]] || in_parallel make_request "$new/$name/ca.key" "$key" "$work/$name" "$(authority_name "$name")"
    done < <(rows authorities.table)
    join_parallel
}

make_leaf_requests() {
    local name kind ca key profile subject given surname identifier cf
    while IFS='|' read -r name kind ca key _ profile subject given surname identifier cf _; do
        [[ ! -e $new/leaves/$name.pem ]] || continue
        in_parallel make_request "$new/leaves/$name.key" "$key" "$work/$name" "$(leaf_name)"
    done < <(rows leaves.table)
    join_parallel
}

# Authorities with the key of another.
make_cross_requests() {
    local name key
    while IFS='|' read -r name _ key _; do
        [[ $key == =* ]] || continue
        cp "$new/${key#=}/ca.key" "$new/$name/ca.key"
        make_request "$new/$name/ca.key" existing "$work/$name" "$(authority_name "$name")"
    done < <(rows authorities.table)
}

# make_request KEY_FILE KEY_KIND STEM NAME_LINES: writes the key and STEM.csr.
make_request() {
    local algorithm
    case $2 in
    existing) algorithm=(-key "$1") ;;
    rsa*) algorithm=(-newkey "rsa:${2#rsa}" -nodes -keyout "$1") ;;
    p*) algorithm=(-newkey ec -pkeyopt "ec_paramgen_curve:P-${2#p}" -nodes -keyout "$1") ;;
    *) algorithm=(-newkey ec -pkeyopt "ec_paramgen_curve:$2" -nodes -keyout "$1") ;;
    esac
    # An apostrophe would open a quotation in the configuration.
    printf '[req]\nprompt = no\nutf8 = yes\nstring_mask = utf8only\ndistinguished_name = name\n[name]\n%s\n' \
        "${4//\'/\\\'}" >"$3.req.cnf"
    quietly openssl req -new -utf8 -config "$3.req.cnf" "${algorithm[@]}" -out "$3.csr"
}

authority_name() {
    printf 'C = IT\nO = %s\nOU = %s\nCN = %s\n' "${o_of[$1]}" "${ou_of[$1]}" "${cn_of[$1]}"
}

# leaf_name: the subject in the form that the row of leaves.table asks for, from the variables of make_leaf_requests.
leaf_name() {
    local card
    card="$cf/$(card_number).$(card_hash)"
    case $subject in
    cns)
        printf 'C = IT\nO = %s\nOU = %s\n' "${o_of[$ca]}" "${cn_of[$ca]%% - *}"
        printf 'serialNumber = %s\nGN = %s\nSN = %s\ndnQualifier = %s\nCN = %s\n' \
            "$cf" "${given^^}" "${surname^^}" "$(card_number)" "$card"
        ;;
    cns_short)
        printf 'C = IT\nO = %s\nOU = %s\nCN = %s\n' "${o_of[$ca]}" "${cn_of[$ca]%% - *}" "$card"
        ;;
    cie)
        printf 'C = IT\nO = %s\nOU = %s\nserialNumber = %s\nGN = %s\nSN = %s\nCN = %s/%s\n' \
            "${o_of[$ca]}" "${ou_of[$ca]}" "$cf" "${given^^}" "${surname^^}" "$cf" "$(card_number)"
        ;;
    cie_short)
        printf 'C = IT\nO = %s\nGN = %s\nSN = %s\nCN = %s\n' "${o_of[$ca]}" "${given^^}" "${surname^^}" "$cf"
        ;;
    person)
        printf 'C = IT\nSN = %s\nGN = %s\nserialNumber = %s\nCN = %s %s\ndnQualifier = PROVA-%s\n' \
            "$surname" "$given" "$identifier" "$given" "$surname" "$(card_number)"
        ;;
    seal)
        printf 'C = IT\nO = %s\norganizationIdentifier = %s\nCN = %s\ndnQualifier = PROVA-%s\n' \
            "$surname" "$identifier" "$surname" "$(card_number)"
        ;;
    service) printf 'C = IT\nO = %s\nCN = %s\n' "${o_of[$ca]}" "$surname" ;;
    *) fail "leaves.table: unknown form of name: $subject" ;;
    esac
}

# Sixteen digits, as in EF_IDCarta.
card_number() {
    printf '7430%012d' "$(printf %s "$name" | cksum | cut -d' ' -f1)"
}

# Where a real card has the digest of its EF_DatiPersonali.
card_hash() {
    printf '8 %s' "$name" | openssl sha1 -binary | openssl base64
}

# --- Certificates --------------------------------------------------------------------------------------------

make_authorities() {
    local name issuer profile from to
    while IFS='|' read -r name issuer _ _ profile _ from to _; do
        issue "$issuer" "$name" "$profile" "$from" "$to" "${sign_of[$name]}" "$new/$name/ca.pem"
    done < <(rows authorities.table)
}

make_leaves() {
    local name ca sign profile from to
    while IFS='|' read -r name _ ca _ sign profile _ _ _ _ _ _ from to _; do
        [[ ! -e $new/leaves/$name.pem ]] || continue
        in_parallel issue "$ca" "$name" "$profile" "$from" "$to" "$sign" "$new/leaves/$name.pem"
    done < <(rows leaves.table)
    join_parallel
}

# issue ISSUER NAME PROFILE FROM TO SIGN CERTIFICATE: ISSUER "self" signs with the key of NAME itself.
issue() {
    local signer signature=(-md "${6#pss-}")
    if [[ $1 == self ]]; then
        signer=(-selfsign -keyfile "$new/$2/ca.key")
    else
        signer=(-cert "$new/$1/ca.pem" -keyfile "$new/$1/ca.key")
    fi
    if [[ $6 == pss-* ]]; then
        signature+=(-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest)
    fi
    local database
    database=$(new_database)
    serial "$1" "$2" >"$database/serial"
    CA_URL=$(url "$1") quietly_in "$database" openssl ca -config "$work/openssl.cnf" -batch -notext -utf8 \
        "${signer[@]}" "${signature[@]}" -in "$work/$2.csr" -out "$7" \
        -extensions "$3" -startdate "$(day "$4")" -enddate "$(day "$5")"
}

# --- CRLs ----------------------------------------------------------------------------------------------------

make_crls() {
    local ca file number from to profile
    while IFS='|' read -r ca file number from to profile _; do
        if [[ $profile == indirect ]]; then
            indirect_crl "$ca" "$file" "$number" "$from" "$to"
        else
            in_parallel crl "$ca" "$file" "$number" "$from" "$to" "$profile"
        fi
    done < <(rows crls.table)
    join_parallel
}

# crl CA FILE NUMBER FROM TO PROFILE
crl() {
    local signature=()
    if [[ ${sign_of[$1]} == pss-* ]]; then
        signature=(-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest)
    fi
    local database
    database=$(new_database)
    printf '%02X\n' "$3" >"$database/crlnumber"
    listed "$1" "$2" >"$database/index.txt"
    CA_URL=$(url "$1") quietly_in "$database" openssl ca -config "$work/openssl.cnf" -gencrl \
        -cert "$new/$1/ca.pem" -keyfile "$new/$1/ca.key" -md "${sign_of[$1]#pss-}" "${signature[@]}" \
        -crl_lastupdate "$(day "$4")" -crl_nextupdate "$(day "$5")" \
        -crlexts "$6" -out "$database/crl.pem"
    quietly openssl crl -in "$database/crl.pem" -outform DER -out "$new/$1/$2.der"
}

# listed CA FILE: the revoked certificates in the format of `openssl ca`.
listed() {
    local ca file leaf reason revoked invalid
    while IFS='|' read -r ca file _ leaf reason revoked invalid; do
        [[ $ca == "$1" && $file == "$2" ]] || continue
        if [[ $invalid != - ]]; then
            reason="keyTime,$(day "$invalid")"
        fi
        printf 'R\t%s\t%s,%s\t%s\tunknown\t/CN=%s\n' \
            "$(utc_time 1)" "$(utc_time "$revoked" 101500)" "$reason" "$(serial_of "$leaf")" "$leaf"
    done < <(rows revocations.table)
}

serial_of() {
    openssl x509 -in "$new/leaves/$1.pem" -noout -serial | cut -d= -f2
}

# shellcheck source=certs/indirect-crl.sh
source "$here/indirect-crl.sh"

# --- What a verifier is given --------------------------------------------------------------------------------

make_folders() {
    local name role ca file scope
    while IFS='|' read -r name _ _ _ _ role _; do
        case $role in
        anchor) cp "$new/$name/ca.pem" "$new/trust/$name.pem" ;;
        intermediate) cp "$new/$name/ca.pem" "$new/intermediates/$name.pem" ;;
        pec-anchor | pec-intermediate) cp "$new/$name/ca.pem" "$new/trust-pec/$name.pem" ;;
        untrusted) ;;
        *) fail "authorities.table: unknown role: $role" ;;
        esac
    done < <(rows authorities.table)
    while IFS='|' read -r ca file _ _ _ _ scope; do
        case $scope in
        current) cp "$new/$ca/$file.der" "$new/crl/$ca${file#crl}.der" ;;
        other) cp "$new/$ca/$file.der" "$new/crl-other/$ca${file#crl}.der" ;;
        *) fail "crls.table: unknown scope: $scope" ;;
        esac
    done < <(rows crls.table)
    # The same CRL with its last signature byte changed.
    quietly openssl crl -inform DER -in "$new/cns-esempio/crl.der" -badsig -outform DER \
        -out "$new/crl-other/cns-esempio-bad-signature.der"
}

write_index() {
    local name kind ca key cf state note
    {
        printf 'name\tkind\tca\tkey\tfiscal_code\tstate\tnote\n'
        while IFS='|' read -r name kind ca key _ _ _ _ _ _ cf state _ _ note; do
            printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$name" "$kind" "$ca" "$key" "$cf" "$state" "$note"
        done < <(rows leaves.table)
    } >"$new/index.tsv"
    echo "$base" >"$new/base"
}

# --- Running openssl -----------------------------------------------------------------------------------------

url() {
    echo "http://pki.varco.test/$1"
}

new_database() {
    local database
    database=$(mktemp -d "$work/db.XXXXXX")
    touch "$database/index.txt"
    echo "$database"
}

# quietly COMMAND: what it prints is shown only if it fails.
quietly() {
    local log
    log=$(mktemp "$work/log.XXXXXX")
    "$@" >"$log" 2>&1 || {
        grep -v '^[.+*-]*$' "$log" >&2 || true
        fail "failed: $*"
    }
}

# quietly_in DATABASE COMMAND: the same, with the variables that ca.cnf and profiles.cnf read.
quietly_in() {
    local database=$1
    shift
    WORK=$database LISTED_SINCE=$(day -2000) quietly "$@"
}

in_parallel() {
    while (($(jobs -rp | wc -l) >= processors)); do
        wait -n || true
    done
    (
        trap '(($? == 0)) || touch "$work/failed"' EXIT
        "$@"
    ) &
}

join_parallel() {
    wait
    [[ ! -e $work/failed ]] || exit 2
}

main "$@"
