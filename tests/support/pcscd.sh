#!/usr/bin/env bash
# Runs a pcscd of its own until standard input closes. Usage: pcscd.sh FOLDER
# Its socket is FOLDER/pcscd.comm, its readers are those of FOLDER/readers, which are unplugged while there is a file
# FOLDER/unplugged; FOLDER/pid has its process id. pcscd takes no socket as an option, but it does
# from who starts it at the first connection, as systemd does.
set -eu

folder=$1
socket=$folder/pcscd.comm
options=(--foreground --error --config "$folder/readers")
# Newer ones ask polkit who may use a card; without a session nobody may.
if pcscd --help | grep -q -- --disable-polkit; then
    options+=(--disable-polkit)
fi

rm -f "$socket"
systemd-socket-activate --setenv=UNPLUGGED="$folder/unplugged" --listen="$socket" pcscd "${options[@]}" >"$folder/pcscd.log" 2>&1 </dev/null &
service=$!
echo "$service" >"$folder/pid"
trap 'kill -KILL "$service" 2>/dev/null || true; wait "$service" 2>/dev/null || true; rm -f "$socket"' EXIT
for _ in $(seq 200); do
    [ ! -S "$socket" ] || break
    kill -0 "$service"
    sleep 0.05
done
[ -S "$socket" ]
echo listening
# That it was killed, as some tests want, is nothing to tell.
exec 2>/dev/null
cat >/dev/null
