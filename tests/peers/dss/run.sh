#!/usr/bin/env bash
# run.sh [--time N] ([--content FILE] FILE)...: what EU DSS says of each file, one JSON line each (see Peer.java).
set -eu

home=$(cd "$(dirname "$0")/../../.." && pwd)
"$home/tests/peers/dss/build.sh"
exec java -Djava.awt.headless=true -Xmx1g \
    -cp "$home/var/peers/dss/dss-peer-1.jar:$home/var/peers/dss/lib/*" varco.peer.Peer "$@"
