#!/usr/bin/env bash
# Asks the peers about the corpus of EU DSS and writes fixtures/vectors/dss/pdf-facts.tsv and pdf-peers*.tsv again.
# The corpus: $VARCO_SHARED/corpus, or ../shared/corpus beside the checkout; without it there is nothing to do.
set -eu
cd "$(dirname "$0")/../.."

corpus=$(realpath -m "${VARCO_SHARED:-../shared}/corpus")
if [ ! -f "$corpus/expected.tsv" ]; then
    echo "compare.sh: skipped, $corpus is not there" >&2
    exit 0
fi
tests/peers/setup.sh
answers=$(mktemp -d)
trap 'rm -rf "$answers"' EXIT

# Each CAdES file once alone and once with each detached content that expected.tsv names for it.
cades_arguments() {
    awk -F '\t' -v corpus="$corpus" '
        $2 == "CAdES" && !seen[$1]++ { print corpus "/" $1 }
        $2 == "CAdES" && sub(/^detached=/, "", $6) && !given[$1, $6]++ {
            print "--content"; print corpus "/" $6; print corpus "/" $1
        }' "$corpus/expected.tsv"
}

find "$corpus" -name '*.pdf' | LC_ALL=C sort >"$answers/pdfs"
cades_arguments >"$answers/cades"
mapfile -t pdfs <"$answers/pdfs"
mapfile -t cades <"$answers/cades"
tests/peers/dss/run.sh "${pdfs[@]}" "${cades[@]}" >"$answers/dss.jsonl"
var/peers/bin/python tests/peers/pdf_peers.py "${pdfs[@]}" >"$answers/pdf.jsonl"
python3 tests/peers/pdf_facts.py "$corpus" >"$answers/facts"
cp "$answers/facts" fixtures/vectors/dss/pdf-facts.tsv
python3 tests/peers/compare.py "$corpus" "$answers/dss.jsonl" "$answers/pdf.jsonl"
