#!/usr/bin/env bash
# Runs a PostgreSQL of its own until standard input ends, then takes it away. Prints the folder of its socket once it answers.
set -eu

bin=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin | sort -V | tail -1)
folder=$(mktemp -d)
as=()
if [ "$(id -u)" -eq 0 ]; then # PostgreSQL refuses to run as root
    chown postgres: "$folder"
    as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi
cd "$folder"

"${as[@]}" "$bin/initdb" --auth=trust --username=varco --encoding=UTF8 --locale=C.UTF-8 --no-sync data >initdb.log 2>&1 \
    || { cat initdb.log >&2; exit 1; }
"${as[@]}" "$bin/postgres" -D data -k "$folder" -c listen_addresses= -c fsync=off -c max_connections=400 >server.log 2>&1 &
server=$!
trap 'kill -INT "$server" 2>/dev/null || true; wait "$server" || true; rm -rf "$folder"' EXIT

for _ in $(seq 100); do
    if "$bin/pg_isready" -q -h "$folder" -U varco; then
        echo "$folder"
        cat >/dev/null
        exit 0
    fi
    sleep 0.1
done
cat server.log >&2
exit 1
