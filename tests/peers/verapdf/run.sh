#!/usr/bin/env bash
# run.sh 1b|2b|ua1|… FILE...: whether veraPDF takes each file for PDF/A or PDF/UA, and what it breaks (Conformance.java).
set -eu

home=$(cd "$(dirname "$0")/../../.." && pwd)
built=$home/var/peers/verapdf/verapdf-peer-1.jar
if [ ! -f "$built" ] || [ -n "$(find "$home/tests/peers/verapdf" -newer "$built" -type f)" ]; then
    mkdir -p "$home/var/peers"
    mvn --quiet --batch-mode --file "$home/tests/peers/verapdf/pom.xml" package
fi
exec java -Djava.awt.headless=true -cp "$built:$home/var/peers/verapdf/lib/*" varco.peer.Conformance "$@"
