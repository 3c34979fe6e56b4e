# shellcheck shell=bash
# shellcheck disable=SC2034 # the variables are for the scripts that source this
# Sourced by demo.sh and readme-example.sh: makes the demonstration files, reads their index row by row.

varco=${VARCO:-target/release/varco}
demo=var/demo

make_files() {
    certs/make-pki.sh var/pki
    certs/make-demo.sh var/pki "$demo"
}

# Calls `$1` once for each row, with its columns and the `arguments` of `varco` set.
for_each_row() {
    local line codice_fiscale options word
    while IFS= read -r line <&3; do
        IFS=$'\x1f' read -r file codice_fiscale options verdict status _ indication sub_indication why \
            <<<"${line//$'\t'/$'\x1f'}"
        arguments=(verify --trust var/pki/trust --crl var/pki/crl --fiscal-code "$codice_fiscale")
        [ "$options" != - ] || options=
        for word in $options; do
            [ ! -e "$demo/$word" ] || word=$demo/$word # the index names files from within its folder
            arguments+=("$word")
        done
        arguments+=("$demo/$file")
        "$1"
    done 3< <(tail -n +2 "$demo/index.tsv")
}
