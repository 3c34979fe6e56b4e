#!/usr/bin/env bash
# Fetches what is not ours and is not kept in the repository from npm, at the version and with the digest written here.
# Usage: scripts/fetch-npm.sh look   bootstrap-italia into target/web, for build.rs to embed (pages, and the letters of signatures)
#        scripts/fetch-npm.sh axe    axe-core into target/vectors/axe, for the tests of the page
set -euo pipefail
cd "$(dirname "$0")/.."

LOOK=bootstrap-italia@2.18.3
LOOK_SHA512=773e2436d7006091783ac580053f66dc2013dcd1f9cba3b3186faffd55061f52e3ba62149a53f719a43e68782dbf9570dc1e5d4b48db1d98871927ddbbe0df7c
AXE=axe-core@4.14.1
AXE_SHA512=1477dafa598d8d065f273d6af302aa203c02e83131707b7fa648cd41bd3d6b734f8c22a0dab86ee6a6f64b8afbe804b214d36db85a2826965edfb3a0b9d546b5

# The icons that the templates use: an SVG of all 179 would be a tenth of the page.
ICONS="it-check-circle it-close-circle it-error it-file-signed it-info-circle it-warning-circle"
FONTS="Titillium_Web/titillium-web-v10-latin-ext_latin-regular Titillium_Web/titillium-web-v10-latin-ext_latin-600
    Titillium_Web/titillium-web-v10-latin-ext_latin-700 Roboto_Mono/roboto-mono-v13-latin-ext_latin-regular"

main() {
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    case "${1:-}" in
        look) fetch look "$LOOK" "$LOOK_SHA512" target/web ;;
        axe) fetch axe "$AXE" "$AXE_SHA512" target/vectors/axe ;;
        *) echo "usage: scripts/fetch-npm.sh look|axe" >&2; exit 2 ;;
    esac
}

# Unpacks package `$2` of digest `$3`, lets `$1` choose from it, and puts the choice at `$4` whole or not at all.
fetch() {
    local mark
    mark="$2 $(sha512sum < scripts/fetch-npm.sh)" # another choice is another fetch
    if [ -f "$4/VERSION" ] && [ "$(cat "$4/VERSION")" = "$mark" ]; then
        return
    fi
    if ! command -v npm >/dev/null; then
        echo "npm is missing, and $2 comes through it: run scripts/deps.sh run (as make does)." >&2
        exit 1
    fi
    echo "Fetching $2 from npm" >&2
    (cd "$work" && npm pack --silent --ignore-scripts "$2" >/dev/null)
    mv "$work"/*.tgz "$work/package.tgz"
    echo "$3  $work/package.tgz" | sha512sum --check --quiet
    tar -xzf "$work/package.tgz" -C "$work" --no-same-owner
    mkdir "$work/chosen"
    "$1" "$work/package" "$work/chosen"
    echo "$mark" > "$work/chosen/VERSION"
    mkdir -p "$(dirname "$4")"
    rm -rf "$4"
    mv "$work/chosen" "$4"
}

look() {
    # The letters of a video player, which the page has not, would ask for an exception in its security policy.
    sed 's/@font-face{font-family:VideoJS;[^}]*}//' "$1/dist/css/bootstrap-italia.min.css" | gzip -9n > "$2/bootstrap-italia.css.gz"
    local font icon
    for font in $FONTS; do
        cp "$1/dist/fonts/$font.woff2" "$2/"
    done
    # For visible signatures, which need the letters in another form than pages do.
    cp "$1/dist/fonts/Titillium_Web/titillium-web-v10-latin-ext_latin-regular.ttf" "$2/"
    {
        printf '<svg xmlns="http://www.w3.org/2000/svg">'
        for icon in $ICONS; do
            grep -o "<symbol id=\"$icon\" .*" "$1/dist/svg/sprites.svg" | sed 's|</symbol>.*|</symbol>|'
        done
        printf '</svg>\n'
    } > "$2/icons.svg"
    {
        printf 'bootstrap-italia 2.18.3\n\n'
        cat "$1/LICENSE"
        printf '\n\nTitillium Web\n\n'
        cat "$1/dist/fonts/Titillium_Web/OFL.txt"
        printf '\n\nRoboto Mono\n\n'
        cat "$1/dist/fonts/Roboto_Mono/LICENSE.txt"
    } | tr -d '\r' > "$2/licences.txt"
    chmod 644 "$2"/*
}

axe() {
    cp "$1/axe.min.js" "$1/LICENSE" "$2/"
}

main "$@"
