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

# build PRESET [TARGET...]: configures and builds on all cores. On a terminal ninja shows one line that moves; into a pipe
# it would print one for each file, so there we say how far it is, and show all of it when it fails.
build() {
  local preset=$1 log=build/$1/build.log status=0
  shift
  mkdir -p "build/$preset"
  cmake --preset "$preset" >"$log" 2>&1 || { cat "$log"; return 1; }
  local command=(cmake --build --preset "$preset" -j "$(nproc)")
  [ $# = 0 ] || command+=(--target "$@")
  if [ -t 1 ] && [ "${TERM:-dumb}" != dumb ]; then
    "${command[@]}"
    return
  fi
  "${command[@]}" 2>&1 | show_progress "$log" || status=${PIPESTATUS[0]}
  [ "$status" = 0 ] || cat "$log"
  return "$status"
}

# show_progress LOG: keeps ninja's lines in LOG, and says every tenth of the way, or after 10 seconds, how far it is.
show_progress() {
  local line ended part='' made=0 total=0 said=0 said_at=$SECONDS
  : >"$1"
  while true; do
    ended=0
    IFS= read -r -t 1 line || ended=$?
    if [ $ended -gt 128 ]; then # nothing came in time, or half a line
      part+=$line
    elif [ $ended = 0 ]; then
      printf '%s\n' "$part$line" >>"$1"
      if [[ $part$line =~ ^\[([0-9]+)/([0-9]+)\] ]]; then made=${BASH_REMATCH[1]} total=${BASH_REMATCH[2]}; fi
      part=''
    else
      printf '%s' "$part$line" >>"$1"
      return 0
    fi
    [ "$total" -gt 0 ] || continue
    if [ $((made * 10 / total)) -gt $((said * 10 / total)) ] || [ $((SECONDS - said_at)) -ge 10 ]; then
      echo "   $made of $total ($((made * 100 / total)) %)"
      said=$made said_at=$SECONDS
    fi
  done
}

# with_stack DIR COMMAND...: runs the command while a stack of its own is up there, and takes it down whatever happens.
with_stack() {
  local dir=$1 status=0
  shift
  STACK_IN_USE=$dir
  # What an earlier run left behind when it was killed.
  scripts/stack down --purge --dir "$dir" >/dev/null
  scripts/stack down --purge --dir "$dir-own" >/dev/null
  scripts/stack up --no-fsync --dir "$dir" || return 1
  forget_settings
  eval "$(scripts/stack env --dir "$dir" | grep LOGISTICS_TEST_)"
  # Made by the first test that stops its servers; such tests run one at a time.
  export LOGISTICS_TEST_OWN_STACK="$dir-own"
  "$@" || status=$?
  drop_stack
  return $status
}

drop_stack() {
  [ -n "${STACK_IN_USE:-}" ] || return 0
  scripts/stack down --purge --dir "$STACK_IN_USE"
  scripts/stack down --purge --dir "$STACK_IN_USE-own" >/dev/null
  STACK_IN_USE=
}
