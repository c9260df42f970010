#!/bin/sh
# webdis on PORT before REDIS_URL, with SCRIPT loaded there. Debian's packages lie beside it.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
redis=${REDIS_URL#redis://}
host=${redis%%:*}
port=${redis#*:}
port=${port%%/*}
config=$(mktemp)

redis-cli -h "$host" -p "$port" -x SCRIPT LOAD <"$SCRIPT" >/dev/null
cat >"$config" <<TEXT
{"redis_host": "$host", "redis_port": $port, "http_host": "127.0.0.1", "http_port": $PORT,
 "threads": ${THREADS:-2}, "pool_size": 16, "daemonize": false, "database": 0,
 "acl": [], "verbosity": 0, "logfile": "/dev/null"}
TEXT
LD_LIBRARY_PATH=$(echo "$here"/root/usr/lib/*-linux-gnu)
export LD_LIBRARY_PATH
exec "$here/root/usr/bin/webdis" "$config"
