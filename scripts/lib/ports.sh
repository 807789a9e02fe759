# Ports that are ours for as long as the stack's folder exists.
# shellcheck shell=bash

# Stacks agree among themselves through one file a port in this folder, made with O_EXCL and naming its owner.
# Ports lie below the range the kernel gives to outgoing connections, so none of those takes one from us.
PORT_CLAIMS="/tmp/logistics-engine-ports"

port_is_free() {
  local hex
  hex=$(printf '%04X' "$1")
  ! awk -v hex="$hex" '$4 == "0A" && $2 ~ ":" hex "$" { found = 1 } END { exit !found }' \
    /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

# claim_port OWNER: prints a port that nobody listens on and no other stack claimed. OWNER is the file in which the
# owner keeps its ports: a claim whose owner no longer lists the port is void.
claim_port() {
  local owner=$1 top port claim holder tries
  top=$(($(cut -f1 /proc/sys/net/ipv4/ip_local_port_range) - 1))
  [ "$top" -gt 22000 ] || top=32000
  mkdir -p "$PORT_CLAIMS" && chmod 1777 "$PORT_CLAIMS" 2>/dev/null || true
  for ((tries = 0; tries < 200; tries++)); do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % (top - 20000)))
    claim="$PORT_CLAIMS/$port"
    if [ -e "$claim" ]; then
      holder=$(cat "$claim" 2>/dev/null || true)
      # A young claim may not be written into its owner's file yet.
      if [ -n "$(find "$claim" -mmin -2 2>/dev/null)" ] || grep -qsw "$port" "$holder"; then continue; fi
      rm -f "$claim" 2>/dev/null || continue
    fi
    (set -o noclobber && echo "$owner" >"$claim") 2>/dev/null || continue
    if port_is_free "$port"; then
      echo "$port"
      return 0
    fi
    rm -f "$claim"
  done
  die "no free port found between 20000 and $top"
}

# release_ports FILE: gives back the claims of the ports in FILE.
release_ports() {
  local port
  [ -r "$1" ] || return 0
  for port in $(sed 's/.*=//' "$1"); do
    [ "$(cat "$PORT_CLAIMS/$port" 2>/dev/null)" != "$1" ] || rm -f "$PORT_CLAIMS/$port"
  done
}
