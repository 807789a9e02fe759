# Processes that outlive the script: started detached, known by pid and start time, ended by that alone.
# shellcheck shell=bash

now_ms() { date +%s%3N; }
seconds_since() { awk -v ms=$(($(now_ms) - $1)) 'BEGIN { printf "%.1f s", ms / 1000 }'; }
die() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}

# Start time of a pid in clock ticks since boot, empty when it is gone (a zombie is gone). With the pid it names one
# process for ever; the pid alone may be given out again. The name in field 2 may hold blanks, so cut after its ')'.
process_start() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  # shellcheck disable=SC2086
  set -- ${stat##*) }
  [ "$1" = Z ] || echo "${20}"
}

# record_pid FILE PID
record_pid() { echo "$2 $(process_start "$2")" >"$1"; }

# running_pid FILE: the pid when the recorded process still is the one that was started.
running_pid() {
  local pid started
  [ -r "$1" ] && read -r pid started <"$1" || return 1
  [ -n "$started" ] && [ "$(process_start "$pid")" = "$started" ] || return 1
  echo "$pid"
}

# wait_until SECONDS COMMAND...: tries the command until it succeeds; fails at the deadline.
wait_until() {
  local deadline=$(($(now_ms) + $1 * 1000))
  shift
  until "$@"; do
    [ "$(now_ms)" -lt "$deadline" ] || return 1
    sleep 0.1
  done
}

process_gone() { ! running_pid "$1" >/dev/null; }

# stop_recorded FILE SIGNAL SECONDS: ends the recorded process, by SIGKILL when the signal was not enough in time.
stop_recorded() {
  local pid
  if pid=$(running_pid "$1"); then
    kill -s "$2" "$pid" 2>/dev/null || true
    if ! wait_until "$3" process_gone "$1"; then
      kill -s KILL "$pid" 2>/dev/null || true
      wait_until 10 process_gone "$1" || die "process $pid does not end"
    fi
  fi
  rm -f "$1"
}

# as_user USER COMMAND...: runs the command as USER when we are root, else as we are. Becomes the command.
as_user() {
  local user=$1
  shift
  if [ "$(id -u)" = 0 ]; then
    exec setpriv --reuid="$user" --regid="$user" --init-groups "$@"
  else
    exec "$@"
  fi
}

# log_tail FILE: the end of a log, indented, on stderr.
log_tail() { [ -r "$1" ] && tail -n 25 "$1" | sed 's/^/    /' >&2 || true; }
