# The demo beside another inventory service: the stand-in of the tests keeps the stock. Needs process.sh and ports.sh,
# and what scripts/demo defines.
# shellcheck shell=bash

LAMP=0b8f3a52-7a0e-4c55-9d0c-1d6c6f2f0001
DESK=0b8f3a52-7a0e-4c55-9d0c-1d6c6f2f0002
CHAIR=0b8f3a52-7a0e-4c55-9d0c-1d6c6f2f0003

# The release build has no tests, and so no stand-in.
build_peer() {
  (cd tests/peers/inventory-sync &&
    CGO_ENABLED=0 go build -buildvcs=false -trimpath -o ../../../build/release/inventory-sync .)
}

# The catalogue there is its owner's: it is loaded, not made by calls.
peer_catalogue() {
  local here=00000000-0000-0000-0000-000000000001
  cat <<JSON
{"locations": [{"id": "$here", "name": "Hamburg"}],
 "items": [
  {"id": "$LAMP", "sku": "LAMP-01", "name": "Desk lamp", "category": "furniture", "levels": {"$here": 50}},
  {"id": "$DESK", "sku": "DESK-02", "name": "Standing desk", "category": "furniture", "levels": {"$here": 10}},
  {"id": "$CHAIR", "sku": "CHAIR-03", "name": "Office chair", "category": "furniture", "levels": {"$here": 4}}]}
JSON
}

peer_ready() { process_gone "$DIR/inventory.pid" || grep -q '^ready ' "$DIR/inventory.log"; }

# launch_peer: on the port that INVENTORY_PORT names, with what is in its tables.
launch_peer() {
  peer_catalogue >"$DIR/inventory.json"
  : >"$DIR/inventory.log"
  DATABASE_URL=$DATABASE_URL setsid build/release/inventory-sync --listen "127.0.0.1:$INVENTORY_PORT" \
    --seed "$DIR/inventory.json" </dev/null >>"$DIR/inventory.log" 2>&1 &
  record_pid "$DIR/inventory.pid" $!
  disown # the shell would say that it was killed
  if ! wait_until 30 peer_ready || process_gone "$DIR/inventory.pid"; then
    log_tail "$DIR/inventory.log"
    echo "the inventory service did not become ready" >&2
    return 1
  fi
}

start_peer() {
  INVENTORY_PORT=$(claim_port "$DIR/inventory-port") || return 1
  echo "INVENTORY=$INVENTORY_PORT" >"$DIR/inventory-port"
  launch_peer || return 1
  echo "   the inventory service (a stand-in for the Go one) answers on 127.0.0.1:$INVENTORY_PORT"
}

stop_peer() { stop_recorded "$DIR/inventory.pid" "${1:-TERM}" 10; }

clean_up_peer() {
  stop_peer
  release_ports "$DIR/inventory-port"
  rm -f "$DIR"/{inventory.json,inventory.log,inventory-port}
}

show_catalogue() {
  echo "   the daemon answers reads from the inventory service"
  show inventory list && show inventory levels || return 1
  echo "   and leaves changes of the stock to it"
  ! show inventory adjust "$LAMP" 1 --reason "a delivery"
}

peer_settled() { [ "$(count settlements)" = 0 ]; }

# Commits and releases are rows that the daemon works off beside the calls.
await_settlements() { wait_until 20 peer_settled || { echo "settlements are still waiting" >&2; return 1; }; }

peer_is() { curl -fs -m 2 "http://127.0.0.1:$METRICS_PORT/readyz" 2>/dev/null | grep "^inventory: $1"; }

lose_peer() {
  local order
  order=$(ctl --json orders create --customer "$CUSTOMER" --item LAMP-01:5:19.99 | field id) || return 1
  echo "   an order holds five lamps: $order"
  stop_peer KILL
  echo "   the inventory service is killed; /readyz says:"
  wait_until 20 peer_is degraded >/dev/null || return 1
  peer_is degraded | sed 's/^/   /'
  echo "   a new order is refused at once, and may come again"
  if show orders create --customer "$CUSTOMER" --item LAMP-01:1:19.99; then
    echo "an order was accepted without a reservation" >&2
    return 1
  fi
  echo "   a cancellation is accepted: the release is a row until the inventory service is back"
  show orders cancel "$order" --reason "changed my mind" --by customer || return 1
  sql "SELECT reservation_id, steps, attempts FROM settlements"
  launch_peer || return 1
  await_settlements || return 1
  wait_until 20 peer_is up >/dev/null || return 1
  echo "   the inventory service is back, and has released the pieces"
  show inventory levels --item "$LAMP" && sql "SELECT count(*) AS settlements FROM settlements"
}
