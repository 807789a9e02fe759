# How fast the relay drains an outbox that has grown. Needs process.sh, ports.sh, pg_bin.sh, and what scripts/bench defines.
# shellcheck shell=bash

# The queues keep the newest messages only: nobody reads them, and a broker's disk is not what is measured.
bound_queues() {
  curl -fsS -m 30 -X PUT -H 'content-type: application/json' "$LOGISTICS_TEST_RABBITMQ_API/api/policies/%2f/bench" \
    -d '{"pattern": "^bench_", "definition": {"max-length": 10000, "overflow": "drop-head"}, "apply-to": "queues"}'
}

waiting_commits() {
  pg_client psql -qXAt "$DAEMON_DATABASE" -c 'SELECT greatest(value - number, 0) FROM change_counter, outbox_position'
}

# From the daemon's own count: events that the broker has confirmed, copies included.
confirmed_events() {
  curl -fs -m 5 "http://127.0.0.1:$METRICS_PORT/metrics" |
    sed -n 's/^logistics_publish_total{result="confirmed"} \([0-9]*\).*/\1/p'
}

# drain ROWS SECONDS: fills the outbox while no daemon runs, then waits until it is empty.
drain() {
  local rows=$1 began left seconds confirmed
  stop_recorded "$DIR/daemon.pid" TERM 30
  pg_client psql -qX "$DAEMON_DATABASE" -v ON_ERROR_STOP=1 -v rows="$rows" -f bench/backlog.sql || return 1
  quiet_down
  began=$(date +%s%N)
  launch_daemon "$DAEMON_DATABASE" embedded || return 1
  while left=$(waiting_commits) && [ "$left" -gt 0 ]; do
    seconds=$((($(date +%s%N) - began) / 1000000000))
    [ "$seconds" -lt "$2" ] || { echo "still $left commits after $seconds s" >&2; return 1; }
    printf '\r   %s commits wait, %s s ' "$left" "$seconds" >&2
    sleep 1
  done
  printf '\n' >&2
  seconds=$(awk -v ns=$(($(date +%s%N) - began)) 'BEGIN { printf "%.1f", ns / 1e9 }')
  confirmed=$(confirmed_events)
  echo "backlog: rows=$rows confirmed=$confirmed duplicates=$((confirmed - rows))" \
    "seconds=$seconds events_per_s=$(awk -v n="$confirmed" -v s="$seconds" 'BEGIN { printf "%d", n / s }')"
}

# A backlog of a minute's orders first: that is the relay's normal rate.
measure_backlog() {
  local normal large
  bound_queues || return 1
  normal=$(drain 100000 600) || return 1
  echo "$normal"
  large=$(drain "$backlog" 3600) || return 1
  echo "$large ratio=$(ratio "$(field events_per_s "$large")" "$(field events_per_s "$normal")")"
}
