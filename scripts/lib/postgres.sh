# A private Postgres. Uses $HOME_DIR (its data), $PG_PORT, $PASSWORD and, when it is made, $FSYNC. Needs pg_bin.sh.
# shellcheck shell=bash

PG_USER=logistics

postgres_pidfile() { echo "$DIR/postgres.pid"; }
postgres_log() { echo "$DIR/postgres.log"; }

postgres_init() {
  local root="$HOME_DIR/postgres" log
  log=$(postgres_log)
  [ ! -e "$root/data/PG_VERSION" ] || return 0
  rm -rf "$root"
  install -d -m 700 "$root"
  [ "$(id -u)" != 0 ] || chown postgres: "$root"
  printf '%s\n' "$PASSWORD" | (cd / && as_user postgres sh -c "umask 077; cat >'$root/password'")
  # Not synced: what initdb writes is worth nothing after a power cut. The server itself syncs, unless asked not to.
  (cd / && as_user postgres "$PG_BIN/initdb" -D "$root/data.new" -U "$PG_USER" --pwfile="$root/password" \
    --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync --no-instructions) >>"$log" 2>&1 ||
    { log_tail "$log"; die "initdb failed; the log is $log"; }
  rm -f "$root/password"
  [ "$FSYNC" = on ] || printf 'fsync = off\n' >>"$root/data.new/postgresql.conf"
  mv "$root/data.new" "$root/data"
}

postgres_launch() {
  local root="$HOME_DIR/postgres" socket log
  log=$(postgres_log)
  socket=$root
  # A socket's path is limited to 107 bytes; TCP is what everybody uses anyway.
  [ ${#socket} -le 85 ] || socket=''
  (
    cd /
    as_user postgres setsid "$PG_BIN/postgres" -D "$root/data" -p "$PG_PORT" \
      -c listen_addresses=127.0.0.1 -c unix_socket_directories="$socket" -c unix_socket_permissions=0777 \
      -c max_connections=400 -c shared_buffers=256MB -c synchronous_commit=on -c full_page_writes=on \
      -c max_wal_size=2GB -c checkpoint_timeout=10min -c timezone=UTC -c log_timezone=UTC \
      -c log_line_prefix='%m [%p] %a ' -c cluster_name="$(basename "$DIR")"
  ) </dev/null >>"$log" 2>&1 9>&- &
  record_pid "$(postgres_pidfile)" $!
}

postgres_answers() {
  process_gone "$(postgres_pidfile)" && return 0 # no use to wait on; postgres_ready tells
  postgres_sql postgres 'SELECT 1' >/dev/null 2>&1
}

postgres_sql() {
  PGPASSWORD=$PASSWORD PGCONNECT_TIMEOUT=3 pg_client psql -XqAt -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$PG_PORT" \
    -U "$PG_USER" -d "$1" -c "$2"
}

# postgres_ready SECONDS: until it answers; on failure the end of its log.
postgres_ready() {
  if ! wait_until "$1" postgres_answers || process_gone "$(postgres_pidfile)"; then
    log_tail "$(postgres_log)"
    return 1
  fi
  [ -n "$(postgres_sql postgres "SELECT 1 FROM pg_database WHERE datname = '$PG_USER'")" ] ||
    postgres_sql postgres "CREATE DATABASE $PG_USER"
}

# postgres_stop fast|immediate: `immediate` is what a crash leaves: nothing flushed, recovery at the next start.
postgres_stop() {
  local signal=INT
  [ "$1" != immediate ] || signal=QUIT
  stop_recorded "$(postgres_pidfile)" "$signal" 30
}
