# shellcheck shell=bash
# Writes an indirect CRL (RFC 5280 §5.2.5 and §5.3.3), which `openssl ca` cannot make: the DER comes from
# `openssl asn1parse -genconf`, the signature from `openssl dgst`. Part of make-pki.sh. ECDSA with SHA-256 only.
# shellcheck disable=SC2154 # the variables of make-pki.sh

# indirect_crl CA FILE NUMBER FROM TO
indirect_crl() {
    local stem="$work/$1.$2"
    {
        echo 'asn1 = SEQUENCE:tbs'
        tbs_sections "$@"
    } >"$stem.tbs.cnf"
    quietly openssl asn1parse -genconf "$stem.tbs.cnf" -noout -out "$stem.tbs.der"
    quietly openssl dgst -sha256 -sign "$new/$1/ca.key" -out "$stem.signature" "$stem.tbs.der"
    {
        printf 'asn1 = SEQUENCE:crl\n[crl]\ntbs = SEQUENCE:tbs\nalgorithm = SEQUENCE:ecdsa_with_sha256\n'
        printf 'signature = FORMAT:HEX,BITSTRING:%s\n' "$(hex <"$stem.signature")"
        tbs_sections "$@"
    } >"$stem.crl.cnf"
    quietly openssl asn1parse -genconf "$stem.crl.cnf" -noout -out "$new/$1/$2.der"
}

tbs_sections() {
    local ca file issuer leaf reason revoked entries='' row=0
    cat <<CNF
[tbs]
version = INTEGER:1
algorithm = SEQUENCE:ecdsa_with_sha256
issuer = SEQUENCE:issuer
this_update = UTCTIME:$(utc_time "$4")
next_update = UTCTIME:$(utc_time "$5")
revoked = SEQUENCE:entries
extensions = EXPLICIT:0,SEQUENCE:extensions
[ecdsa_with_sha256]
id = OID:ecdsa-with-SHA256
[extensions]
authority_key = SEQUENCE:authority_key
number = SEQUENCE:number
point = SEQUENCE:point
[authority_key]
id = OID:authorityKeyIdentifier
value = OCTWRAP,SEQUENCE:key_identifier
[key_identifier]
value = IMPLICIT:0,FORMAT:HEX,OCTETSTRING:$(key_identifier "$new/$1/ca.pem")
[number]
id = OID:crlNumber
value = OCTWRAP,INTEGER:$3
[point]
id = OID:issuingDistributionPoint
critical = BOOLEAN:TRUE
value = OCTWRAP,SEQUENCE:point_value
[point_value]
name = IMPLICIT:0,SEQUENCE:point_name
indirect = IMPLICIT:4,BOOLEAN:TRUE
[point_name]
full = IMPLICIT:0,SEQUENCE:point_full
CNF
    # DistributionPointName is a CHOICE: its [0] holds the [0] of fullName and no SEQUENCE between them.
    printf '[point_full]\nuri = IMPLICIT:6,IA5STRING:%s/%s.der\n' "$(url "$1")" "$2"
    name_sections issuer "$1"
    while IFS='|' read -r ca file issuer leaf reason revoked _; do
        [[ $ca == "$1" && $file == "$2" ]] || continue
        row=$((row + 1))
        entry_sections "$row" "$issuer" "$leaf" "$reason" "$revoked"
        entries+="e$row = SEQUENCE:entry$row"$'\n'
    done < <(rows revocations.table)
    printf '[entries]\n%s' "$entries"
}

# entry_sections ROW ISSUER LEAF REASON REVOKED
entry_sections() {
    cat <<CNF
[entry$1]
serial = INTEGER:0x$(serial_of "$3")
date = UTCTIME:$(utc_time "$5" 101500)
extensions = SEQUENCE:entry$1_extensions
[entry$1_extensions]
reason = SEQUENCE:entry$1_reason
issuer = SEQUENCE:entry$1_issuer
[entry$1_reason]
id = OID:CRLReason
value = OCTWRAP,ENUM:$(reason_code "$4")
[entry$1_issuer]
id = OID:certificateIssuer
critical = BOOLEAN:TRUE
value = OCTWRAP,SEQUENCE:entry$1_names
[entry$1_names]
directory = EXPLICIT:4,SEQUENCE:entry$1_name
CNF
    name_sections "entry$1_name" "$2"
}

# name_sections SECTION CA: its subject, byte for byte as `openssl req` encodes it.
name_sections() {
    cat <<CNF
[$1]
c = SET:$1_c
o = SET:$1_o
ou = SET:$1_ou
cn = SET:$1_cn
[$1_c]
attribute = SEQUENCE:$1_c_attribute
[$1_c_attribute]
id = OID:C
value = PRINTABLESTRING:IT
[$1_o]
attribute = SEQUENCE:$1_o_attribute
[$1_o_attribute]
id = OID:O
value = FORMAT:UTF8,UTF8String:${o_of[$2]}
[$1_ou]
attribute = SEQUENCE:$1_ou_attribute
[$1_ou_attribute]
id = OID:OU
value = FORMAT:UTF8,UTF8String:${ou_of[$2]}
[$1_cn]
attribute = SEQUENCE:$1_cn_attribute
[$1_cn_attribute]
id = OID:CN
value = FORMAT:UTF8,UTF8String:${cn_of[$2]}
CNF
}

reason_code() {
    case $1 in
    keyCompromise) echo 1 ;;
    affiliationChanged) echo 3 ;;
    superseded) echo 4 ;;
    cessationOfOperation) echo 5 ;;
    certificateHold) echo 6 ;;
    *) fail "revocations.table: no code for $1 in an indirect CRL" ;;
    esac
}

key_identifier() {
    openssl x509 -in "$1" -noout -ext subjectKeyIdentifier | tail -1 | tr -d ' :\n'
}

hex() {
    od -An -v -tx1 | tr -d ' \n'
}
