#!/usr/bin/env bash
# Runs a PostgreSQL of its own until standard input ends, then takes it away. Prints the folder of its socket once it
# answers. On standard input, the lines `kill` and `start` take it down hard and bring it up again, `halt` and `go-on` let it
# hang and go on; each is echoed when done.
set -eu

bin=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin | sort -V | tail -1)
folder=$(mktemp -d)
as=()
if [ "$(id -u)" -eq 0 ]; then # PostgreSQL refuses to run as root
    chown postgres: "$folder"
    as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi
cd "$folder"
# A child may end between being named and being told; what follows must be done all the same.
trap 'pgrep -P "$server" | xargs -r kill -CONT "$server" || true; kill -INT "$server" 2>/dev/null || true; wait || true; rm -rf "$folder"' EXIT

start() {
    "${as[@]}" "$bin/postgres" -D data -k "$folder" -c listen_addresses= -c fsync=off -c max_connections=400 \
        >>server.log 2>&1 </dev/null &
    server=$!
    for _ in $(seq 300); do
        "$bin/pg_isready" -q -h "$folder" -U varco && return
        sleep 0.1
    done
    cat server.log >&2
    exit 1
}

"${as[@]}" "$bin/initdb" --auth=trust --username=varco --encoding=UTF8 --locale=C.UTF-8 --no-sync data >initdb.log 2>&1 \
    || { cat initdb.log >&2; exit 1; }
start
echo "$folder"
while read -r order; do
    case "$order" in
        kill) # the children end when the postmaster is gone
            children=$(pgrep -P "$server" || true)
            kill -KILL "$server"
            wait "$server" 2>/dev/null || true
            for child in $children; do while kill -0 "$child" 2>/dev/null; do sleep 0.05; done; done ;;
        start) start ;;
        # A child may end between being named and being told.
        halt) pgrep -P "$server" | xargs -r kill -STOP "$server" || true ;;
        go-on) pgrep -P "$server" | xargs -r kill -CONT "$server" || true ;;
    esac
    echo "$order"
done
