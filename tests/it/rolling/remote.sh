#!/bin/sh
# Takes the place of ssh: `remote.sh HOST systemctl restart|show … SERVICE`. The hosts are addresses of this machine.
set -eu
host=$1 verb=$3
fleet=$(dirname "$0")
dir=$fleet/$host
case $verb in
show)
    cat "$dir/invocation"
    ;;
restart)
    echo "start $host" >>"$fleet/log"
    old=$(cat "$dir/pid")
    kill -9 "$old"
    while [ "$(cat "$dir/pid")" = "$old" ]; do sleep 0.01; done
    sleep 0.1
    echo "end $host" >>"$fleet/log"
    ;;
esac
