#!/bin/sh
# Takes the place of ssh: `remote.sh HOST systemctl restart|show … SERVICE`. The hosts are addresses of this machine, and
# the service of each is a small web server; FLEET is the folder with all of them.
set -eu
fleet=FLEET
host=$1 verb=$3
dir=$fleet/$host
case $verb in
show)
    cat "$dir/invocation"
    ;;
restart)
    echo "start $host" >>"$fleet/log"
    if [ -e "$dir/pid" ]; then
        kill -9 "$(cat "$dir/pid")"
        while kill -0 "$(cat "$dir/pid")" 2>/dev/null; do sleep 0.01; done
    fi
    od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$dir/invocation.new"
    mv "$dir/invocation.new" "$dir/invocation"
    setsid perl "$fleet/server.pl" "$host" "$(cat "$fleet/port")" "$fleet" </dev/null >/dev/null 2>"$dir/errors" &
    echo $! >"$dir/pid"
    sleep 0.1
    echo "end $host" >>"$fleet/log"
    ;;
esac
