# Which Postgres the stack, the demo, the bench and the tests run: the programs in the folder PG_BIN.
# shellcheck shell=bash

PG_BIN_DEFAULT=/usr/lib/postgresql/15/bin
# What the caller asks for; empty when any will do.
PG_BIN_ASKED=${PG_BIN:-}
PG_BIN=${PG_BIN:-$PG_BIN_DEFAULT}

# pg_client NAME ARGUMENT...: a client program of that release, or Debian's where the folder holds a server only.
pg_client() {
  local program="$PG_BIN/$1"
  [ -x "$program" ] || program="$PG_BIN_DEFAULT/$1"
  shift
  "$program" "$@"
}
