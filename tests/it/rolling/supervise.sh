#!/bin/sh
# Takes the place of systemd on one host: starts its server again whenever it has ended.
set -eu
host=$1
fleet=$(dirname "$0")
dir=$fleet/$host
while :; do
    od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$dir/invocation.new"
    mv "$dir/invocation.new" "$dir/invocation"
    perl "$fleet/server.pl" "$host" "$(cat "$fleet/port")" "$fleet" 2>"$dir/errors" &
    echo $! >"$dir/pid.new"
    mv "$dir/pid.new" "$dir/pid"
    wait $! || true
done
