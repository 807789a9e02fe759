# A private RabbitMQ with its own epmd. Uses $HOME_DIR (its data) and the ports $AMQP_PORT, $MANAGEMENT_PORT,
# $DIST_PORT, $EPMD_PORT. It listens on loopback only.
# shellcheck shell=bash

rabbitmq_pidfile() { echo "$DIR/rabbitmq.pid"; }
epmd_pidfile() { echo "$DIR/epmd.pid"; }
rabbitmq_log() { echo "$DIR/rabbitmq.log"; }
rabbitmq_url() { echo "amqp://guest:guest@127.0.0.1:$AMQP_PORT"; }
rabbitmq_api() { echo "http://guest:guest@127.0.0.1:$MANAGEMENT_PORT"; }

rabbitmq_init() {
  local root="$HOME_DIR/rabbitmq"
  install -d -m 700 "$root" "$root/mnesia" "$root/log" "$root/schema" "$root/home"
  # Absolute limits: the machine's size or a full disk must not raise an alarm that blocks publishers by accident.
  cat >"$root/rabbitmq.conf" <<CONF
listeners.tcp.local = 127.0.0.1:$AMQP_PORT
management.tcp.ip = 127.0.0.1
management.tcp.port = $MANAGEMENT_PORT
vm_memory_high_watermark.absolute = 1GiB
disk_free_limit.absolute = 50MB
collect_statistics_interval = 1000
log.console = true
log.console.level = info
log.file = false
CONF
  echo '[rabbitmq_management].' >"$root/enabled_plugins"
  : >"$root/rabbitmq-env.conf"
  [ -e "$root/home/.erlang.cookie" ] || (umask 077 && random_word 32 >"$root/home/.erlang.cookie")
  chmod 400 "$root/home/.erlang.cookie"
  [ "$(id -u)" != 0 ] || chown -R rabbitmq: "$root"
}

# rabbitmq_env COMMAND...: an environment of its own, so that nothing of the machine's RabbitMQ settings leaks in.
# The VM does not spin while it waits for work (+sbwt): on few cores that time is the daemon's and Postgres'.
# RUNNING_UNDER_SYSTEMD makes the start script become the Erlang VM, so that the pid we know is the broker's.
rabbitmq_env() {
  local root="$HOME_DIR/rabbitmq"
  as_user rabbitmq env -i PATH=/usr/lib/rabbitmq/bin:/usr/bin:/bin LANG=C.UTF-8 HOME="$root/home" \
    ERL_EPMD_PORT="$EPMD_PORT" ERL_EPMD_ADDRESS=127.0.0.1 ERL_CRASH_DUMP_SECONDS=0 RUNNING_UNDER_SYSTEMD=true \
    RABBITMQ_NODENAME="logistics-$NODE_HASH@localhost" RABBITMQ_CONF_ENV_FILE="$root/rabbitmq-env.conf" \
    RABBITMQ_DIST_PORT="$DIST_PORT" RABBITMQ_MNESIA_BASE="$root/mnesia" RABBITMQ_LOG_BASE="$root/log" \
    RABBITMQ_SCHEMA_DIR="$root/schema" RABBITMQ_GENERATED_CONFIG_DIR="$root/schema" \
    RABBITMQ_PLUGINS_EXPAND_DIR="$root/plugins-expand" RABBITMQ_PID_FILE="$root/broker.pid" \
    RABBITMQ_ENABLED_PLUGINS_FILE="$root/enabled_plugins" RABBITMQ_CONFIG_FILE="$root/rabbitmq.conf" \
    RABBITMQ_ADVANCED_CONFIG_FILE="$root/advanced.config" \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none" "$@"
}

epmd_answers() { process_gone "$(epmd_pidfile)" || ! port_is_free "$EPMD_PORT"; }

rabbitmq_launch() {
  local log
  log=$(rabbitmq_log)
  rabbitmq_init
  ulimit -Sn "$(ulimit -Hn)" 2>/dev/null || true
  # Started here rather than by the VM, which would leave a daemon behind whose pid nobody knows.
  if process_gone "$(epmd_pidfile)"; then
    (cd / && rabbitmq_env setsid epmd -port "$EPMD_PORT" -address 127.0.0.1) </dev/null >>"$log" 2>&1 9>&- &
    record_pid "$(epmd_pidfile)" $!
    wait_until 10 epmd_answers || die "epmd does not listen on port $EPMD_PORT"
  fi
  (cd / && rabbitmq_env setsid /usr/lib/rabbitmq/bin/rabbitmq-server) </dev/null >>"$log" 2>&1 9>&- &
  record_pid "$(rabbitmq_pidfile)" $!
}

# Ready for work: the virtual host is up, AMQP and the management API answer.
rabbitmq_answers() {
  process_gone "$(rabbitmq_pidfile)" && return 0 # no use to wait on; rabbitmq_ready tells
  curl -fs -m 3 "$(rabbitmq_api)/api/aliveness-test/%2F" >/dev/null 2>&1
}

# rabbitmq_ready SECONDS: until it works; on failure the end of its log.
rabbitmq_ready() {
  if ! wait_until "$1" rabbitmq_answers || process_gone "$(rabbitmq_pidfile)"; then
    log_tail "$(rabbitmq_log)"
    return 1
  fi
}

rabbitmq_stop() {
  stop_recorded "$(rabbitmq_pidfile)" "${1:-TERM}" 30
  stop_recorded "$(epmd_pidfile)" TERM 5
}
