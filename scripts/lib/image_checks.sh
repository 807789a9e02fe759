# What scripts/image-test asks of the image. Uses the functions of image_buildah.sh or image_docker.sh.
# shellcheck shell=bash

# Fails with the reason, which ends the step.
wrong() {
  echo "wrong: $*" >&2
  return 1
}

# of_config FIELD...: of what the image says about itself; a list one entry a line.
of_config() {
  python3 -c 'import functools, json, sys
value = functools.reduce(lambda value, name: (value or {}).get(name), sys.argv[1:], json.load(sys.stdin))
print("\n".join(value) if isinstance(value, list) else "" if value is None else value)' "$@" <"$WORK/config.json"
}

check_config() {
  local label health
  engine_config >"$WORK/config.json" || return 1
  IMAGE_USER=$(of_config User)
  mapfile -t IMAGE_COMMAND < <(of_config Entrypoint; of_config Cmd)
  mapfile -t health < <(of_config Healthcheck Test)
  HEALTH_COMMAND=("${health[@]:1}")
  [[ $IMAGE_USER =~ ^[1-9][0-9]*:[1-9][0-9]*$ ]] || wrong "the user is \"$IMAGE_USER\", not a number but 0" || return 1
  [ "${health[0]}" = CMD ] || wrong "no health check that goes without a shell" || return 1
  label=$(of_config Labels org.opencontainers.image.version)
  [ "$label" = "$VERSION" ] || wrong "the label says version \"$label\", not $VERSION" || return 1
  label=$(of_config Labels org.opencontainers.image.revision)
  [ "$label" = "$REVISION" ] || wrong "the label says revision \"$label\", not $REVISION" || return 1
  echo "   user $IMAGE_USER, command ${IMAGE_COMMAND[*]}, health ${HEALTH_COMMAND[*]}"
  echo "   version $VERSION, revision $REVISION"
}

bytes_of() {
  (cd "$ROOT" && find "$@" -type f -printf '%s\n' 2>/dev/null || true) | awk '{ sum += $1 } END { print sum + 0 }'
}

megabytes() { awk -v bytes="$1" 'BEGIN { printf "%7.2f MB", bytes / 1e6 }'; }

print_sizes() {
  local part layer
  echo "   by part:"
  for part in usr/bin/logistics-engine usr/bin/logisticsctl usr/lib etc/ssl usr/share/ca-certificates \
    usr/share/zoneinfo usr/share/doc var/lib/dpkg .; do
    echo "     $(megabytes "$(bytes_of "$part")")  ${part/#./all files}"
  done
  echo "   by layer:"
  while read -r layer; do echo "     $(megabytes "$layer")"; done < <(engine_layers)
}

check_files() {
  local found total
  engine_unpack || return 1
  print_sizes
  total=$(bytes_of .)
  [ "$total" -lt "$IMAGE_BYTES_MAX" ] || wrong "$total bytes, more than $IMAGE_BYTES_MAX" || return 1
  # Libraries are executable files too.
  found=$(cd "$ROOT" &&
    find . ! -type d ! -name '*.so*' \( -perm /111 ! -type l -o -path './usr/bin/*' \) -printf '%P\n' | sort | tr '\n' ' ')
  [ "$found" = "usr/bin/logistics-engine usr/bin/logisticsctl " ] || wrong "the programs in it are: $found" || return 1
  found=$(cd "$ROOT" && find . \( -name '*.h' -o -name '*.hpp' -o -name '*.a' -o -name 'cc1*' \) -print -quit)
  [ -z "$found" ] || wrong "something of a compiler is in it: $found" || return 1
  for found in usr/include var/lib/apt var/cache/apt etc/apt var/lib/dpkg/status; do
    [ ! -e "$ROOT/$found" ] || wrong "/$found is in it" || return 1
  done
  found=$(cd "$ROOT" && find . \( -perm /6000 -o -type f -perm /022 -o ! -uid 0 \) -print -quit)
  [ -z "$found" ] || wrong "$found is not root's, or others may write it, or it changes who runs it" || return 1
  for found in etc/passwd etc/ssl/certs/ca-certificates.crt usr/share/zoneinfo/Europe/Berlin; do
    [ -s "$ROOT/$found" ] || wrong "/$found is missing" || return 1
  done
  grep -q ":${IMAGE_USER/:/:}:" "$ROOT/etc/passwd" || wrong "/etc/passwd does not know $IMAGE_USER" || return 1
  echo "   two programs, no shell, no compiler, no headers, no package lists; all root's and nothing writable"
}

names_answer() { process_gone "$WORK/names.pid" || grep -q ready "$WORK/names.log"; }

# Settings as operators give them, by names: that they resolve without what a whole system has is part of the proof.
prepare_run() {
  local port name
  make_mount_points
  # Where Docker runs it the names come from its hosts file.
  python3 scripts/lib/name_server.py 127.0.0.77 </dev/null >"$WORK/names.log" 2>&1 &
  record_pid "$WORK/names.pid" $!
  disown
  wait_until 10 names_answer && ! process_gone "$WORK/names.pid" || { log_tail "$WORK/names.log"; return 1; }
  echo "nameserver 127.0.0.77" >"$WORK/resolv.conf"
  for name in GRPC METRICS; do
    port=$(claim_port "$WORK/ports") || return 1
    echo "$name=$port"
  done >"$WORK/ports"
  GRPC_PORT=$(sed -n 's/^GRPC=//p' "$WORK/ports")
  METRICS_PORT=$(sed -n 's/^METRICS=//p' "$WORK/ports")
  (umask 077 && cat >"$WORK/daemon.env") <<ENV
PATH=$(of_config Env | sed -n 's/^PATH=//p')
DATABASE_URL=${DATABASE_URL/127.0.0.1/postgres.image-test}
RABBITMQ_URL=${RABBITMQ_URL/127.0.0.1/rabbitmq.image-test}
GRPC_PORT=$GRPC_PORT
METRICS_PORT=$METRICS_PORT
LOGISTICS_LOG_FORMAT=json
ENV
  echo "   gRPC on port $GRPC_PORT; Postgres and RabbitMQ by names that only DNS knows"
}

readyz() { curl -s -m 2 -o "$WORK/readyz" -w '%{http_code}' "http://127.0.0.1:$METRICS_PORT/$1" || true; }
is_ready() { [ "$(readyz readyz)" = 200 ]; }
is_unready() { [ "$(readyz readyz)" = 503 ]; }
is_alive() { [ "$(readyz livez)" = 200 ]; }
health() { engine_exec "${HEALTH_COMMAND[@]}"; }
is_serving() { is_ready && health >/dev/null 2>&1; }
ready_or_gone() { process_gone "$WORK/daemon.pid" || is_serving; }

start_daemon() {
  : >"$WORK/daemon.log"
  begun_ms=$(now_ms)
  engine_start "$WORK/daemon.env" "${IMAGE_COMMAND[@]}"
}

# check_start WHICH: until /readyz says 200 and the image's own health command that it serves.
check_start() {
  start_daemon || return 1
  # Finer than wait_until, since it is measured.
  until ready_or_gone; do
    [ $(($(now_ms) - begun_ms)) -lt 30000 ] || wrong "not ready after 30 s" || return 1
    sleep 0.01
  done
  READY_MS=$(($(now_ms) - begun_ms))
  process_gone "$WORK/daemon.pid" && { wrong "it ended instead of serving"; return 1; }
  echo "   $(health) - $READY_MS ms from start to ready on $1 database (the namespaces and the asking included)"
}

ctl() { engine_exec /usr/bin/logisticsctl --address "engine.image-test:$GRPC_PORT" "$@"; }

field() {
  python3 -c 'import functools, json, sys
print(functools.reduce(lambda value, name: value[name], sys.argv[1:], json.load(sys.stdin)))' "$@"
}

sql() { pg_client psql -XqAt -v ON_ERROR_STOP=1 "$DATABASE_URL" "$@"; }

outbox_is_empty() { [ "$(sql -c 'SELECT count(*) FROM outbox')" = 0 ]; }

check_order() {
  local item order status
  item=$(ctl --json inventory create --sku LAMP-01 --name "Desk lamp" | field item id) || return 1
  ctl inventory adjust "$item" 50 --reason "first delivery" >/dev/null || return 1
  order=$(ctl --json orders create --customer 5b2f8f0e-6f0c-4c38-9d0a-3f1d1b7c2a11 --item LAMP-01:3:19.99 | field id) ||
    return 1
  status=$(sql -c "SELECT status FROM orders WHERE id = '$order'")
  [ "$status" = pending ] || wrong "Postgres says \"$status\" of order $order" || return 1
  wait_until 20 outbox_is_empty || wrong "the outbox is not empty" || return 1
  wait_until 30 engine_sees_health || wrong "the engine does not find it healthy" || return 1
  echo "   order $order is stored, and the broker has its events"
}

# status_of FIELD: of the daemon's /proc/PID/status.
status_of() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$daemon/status" | tr '\t' ' '; }
no_children() { [ -z "$(cat "/proc/$daemon/task/$daemon/children")" ]; }

check_process() {
  local daemon id
  daemon=$(running_pid "$WORK/daemon.pid") || return 1
  id=${IMAGE_USER%:*}
  [ "$(status_of NSpid | awk '{ print $NF }')" = 1 ] || wrong "it is not process 1 of its namespace" || return 1
  [ "$(status_of Uid)" = "$id $id $id $id" ] || wrong "it runs as $(status_of Uid)" || return 1
  [ "$(status_of CapPrm) $(status_of CapEff)" = "0000000000000000 0000000000000000" ] ||
    wrong "it has capabilities" || return 1
  [ "$(status_of NoNewPrivs)" = 1 ] || wrong "it could get privileges" || return 1
  grep -q ' / ro[, ]' "/proc/$daemon/mountinfo" || wrong "its root can be written" || return 1
  # Leaves it a child of somebody else, as a shell does that is ended by the engine.
  nsenter --target "$daemon" --pid sh -c 'sleep 0.3 & exit 0' </dev/null >/dev/null 2>&1
  ! no_children || wrong "the orphan did not come to it" || return 1
  wait_until 10 no_children || wrong "it keeps zombies: $(cat "/proc/$daemon/task/$daemon/children")" || return 1
  echo "   process 1, user $id, no capabilities, root read-only; an orphan that ended was cleared away"
}

check_outage() {
  local said
  scripts/stack stop-postgres --dir "$STACK" >/dev/null || return 1
  wait_until 30 is_unready || wrong "/readyz says $(readyz readyz) without Postgres" || return 1
  if said=$(health 2>&1); then wrong "health says \"$said\" without Postgres"; return 1; fi
  echo "   $said"
  is_alive || wrong "/livez says $(readyz livez)" || return 1
  echo "   still alive; Postgres comes back"
  scripts/stack start-postgres --dir "$STACK" >/dev/null || return 1
  wait_until 30 is_serving || wrong "not ready again" || return 1
  echo "   $(health)"
}

# stop_daemon: SIGTERM, from outside as engines send it; within 30 s, with exit code 0.
stop_daemon() {
  local daemon stopped_ms status=0
  daemon=$(running_pid "$WORK/daemon.pid") || wrong "the daemon is gone" || return 1
  stopped_ms=$(now_ms)
  kill -TERM "$daemon"
  wait_until 30 process_gone "$WORK/daemon.pid" || wrong "it runs 30 s after SIGTERM" || return 1
  engine_wait || status=$?
  [ $status = 0 ] || wrong "exit code $status after SIGTERM" || return 1
  echo "   SIGTERM: exit code 0 after $(($(now_ms) - stopped_ms)) ms"
}

# With a stream open, which has to get its end.
check_stop() {
  local watch
  ctl orders watch --for 60 >"$WORK/watch.out" 2>&1 &
  watch=$!
  disown
  wait_until 20 grep -q '^connected' "$WORK/watch.out" || wrong "no stream: $(cat "$WORK/watch.out")" || return 1
  stop_daemon || return 1
  kill "$watch" 2>/dev/null || true
  rm -f "$WORK/watch.out"
}

check_start_without_postgres() {
  scripts/stack stop-postgres --dir "$STACK" >/dev/null || return 1
  start_daemon || return 1
  wait_until 20 is_alive || wrong "not alive" || return 1
  is_unready || wrong "/readyz says $(readyz readyz)" || return 1
  if health >/dev/null 2>&1; then wrong "health says that it serves"; return 1; fi
  echo "   alive, not ready, and it waits"
  stop_daemon || return 1
  scripts/stack start-postgres --dir "$STACK" >/dev/null
}

fill_database() {
  sql -f scripts/lib/fill_database.sql || return 1
  sql -c "SELECT '   ' || count(*) || ' orders, ' || pg_size_pretty(pg_database_size(current_database())) FROM orders"
}
