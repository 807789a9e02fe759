# Steps that say what goes on, and how long it took. Needs process.sh.
# shellcheck shell=bash

STEP_NAMES=()
STEP_TIMES=()

# step NAME COMMAND...: runs it with its output shown; its exit code.
step() {
  local name=$1 begun status=0
  shift
  begun=$(now_ms)
  echo "== $name"
  "$@" || status=$?
  echo "   ($name: $(seconds_since "$begun"))"
  STEP_NAMES+=("$name")
  STEP_TIMES+=("$(seconds_since "$begun")$([ $status = 0 ] || echo '  FAILED')")
  return $status
}

print_steps() {
  local i
  echo "-- summary"
  for i in "${!STEP_NAMES[@]}"; do printf '   %-28s %s\n' "${STEP_NAMES[$i]}" "${STEP_TIMES[$i]}"; done
}

# The daemon's own names must not come in from outside: a test or demo says all its settings itself.
forget_settings() {
  unset DATABASE_URL RABBITMQ_URL RABBITMQ_ORDER_EXCHANGE RABBITMQ_INVENTORY_EXCHANGE RABBITMQ_SHIPMENT_EXCHANGE \
    RABBITMQ_PAYMENT_EXCHANGE RABBITMQ_ORDER_QUEUE RABBITMQ_RETRY_ATTEMPTS GRPC_HOST GRPC_PORT GRPC_TLS_CERT \
    GRPC_TLS_KEY INVENTORY_SERVICE_URL METRICS_PORT JWT_SECRET LOG_LEVEL DEFAULT_WAREHOUSE_ID
  local name
  for name in $(compgen -e | grep '^LOGISTICS_' | grep -v '^LOGISTICS_TEST_SEED$' || true); do unset "$name"; done
}

# build PRESET: configures and builds on all cores.
build() {
  cmake --preset "$1" >"/tmp/logistics-configure.$$" 2>&1 || { cat "/tmp/logistics-configure.$$"; rm -f "/tmp/logistics-configure.$$"; return 1; }
  rm -f "/tmp/logistics-configure.$$"
  cmake --build --preset "$1" -j "$(nproc)"
}

# with_stack DIR COMMAND...: runs the command while a stack of its own is up there, and takes it down whatever happens.
with_stack() {
  local dir=$1 status=0
  shift
  STACK_IN_USE=$dir
  # What an earlier run left behind when it was killed.
  scripts/stack down --purge --dir "$dir" >/dev/null
  scripts/stack up --no-fsync --dir "$dir" || return 1
  forget_settings
  eval "$(scripts/stack env --dir "$dir" | grep LOGISTICS_TEST_)"
  "$@" || status=$?
  drop_stack
  return $status
}

drop_stack() {
  [ -z "${STACK_IN_USE:-}" ] || scripts/stack down --purge --dir "$STACK_IN_USE"
  STACK_IN_USE=
}
