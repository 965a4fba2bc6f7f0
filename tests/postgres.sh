#!/usr/bin/env bash
# A PostgreSQL of the tests' own: `tests/postgres.sh run <command>` starts one in target/postgres on a free port of this
# machine, sets ZHANGZHENG_TEST_POSTGRES, runs the command, and stops it again, whatever happens.
set -euo pipefail
cd "$(dirname "$0")/.."
[ "${1:-}" = run ] || { echo "usage: tests/postgres.sh run <command …>" >&2; exit 2; }
shift

bin=
for folder in "$(dirname "$(command -v pg_ctl 2>/dev/null || true)")" /usr/lib/postgresql/*/bin; do
  [ -x "$folder/initdb" ] && [ -x "$folder/pg_ctl" ] && bin=$folder
done
[ -n "$bin" ] || { echo "PostgreSQL is missing: run 'make setup'" >&2; exit 1; }

# PostgreSQL refuses to run as root: root's tests borrow the user that the package made, and a folder it may enter.
if [ "$(id -u)" = 0 ]; then
  as() { setpriv --reuid=postgres --regid=postgres --clear-groups -- "$@"; }
  folder=$(mktemp -d /tmp/zhangzheng-postgres.XXXXXX)
  chown postgres "$folder"
else
  as() { "$@"; }
  folder=$(mktemp -d "${TMPDIR:-/tmp}/zhangzheng-postgres.XXXXXX")
fi
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
stop() { as "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$folder"; }
trap stop EXIT

as "$bin/initdb" -D "$folder/data" -U postgres -A trust --no-sync -E UTF8 --locale=C >/dev/null
as "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/log" start \
  -o "-p $port -h 127.0.0.1 -k $folder -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=300 -c shared_buffers=64MB" >/dev/null \
  || { cat "$folder/log" >&2; exit 1; }
export ZHANGZHENG_TEST_POSTGRES="postgres://postgres@127.0.0.1:$port"
"$@"
