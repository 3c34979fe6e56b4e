#!/usr/bin/env bash
# Builds the DSS peer into var/peers/dss; does nothing when it is newer than its sources.
set -eu
cd "$(dirname "$0")/../../.."

built=var/peers/dss/dss-peer-1.jar
[ -f "$built" ] && [ -z "$(find tests/peers/dss -newer "$built" -type f)" ] && exit 0
mkdir -p var/peers
mvn --quiet --batch-mode --file tests/peers/dss/pom.xml package
