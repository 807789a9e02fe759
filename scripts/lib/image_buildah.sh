# Building and running the image without a container engine: buildah builds it, on a base of debootstrap's; its root
# file system is run by chroot in namespaces of its own. Needs process.sh and root. Uses $WORK (a folder), $IMAGE and
# $IMAGE_USER.
# shellcheck shell=bash

SUITE=bookworm
STORAGE_DRIVER=overlay
# chroot itself wants these; they are gone with the change of the user.
export KEPT_FOR_CHROOT=-all,+sys_chroot,+setuid,+setgid

engine_name() { buildah --version; }

# Storage of our own: the machine's images are none of our business. TMPDIR also holds the cache mounts of RUN.
build_tool() {
  TMPDIR="$WORK/tmp" timeout --foreground "$BUILD_SECONDS_MAX" \
    buildah --root "$WORK/storage" --runroot "$WORK/run" --storage-driver "$STORAGE_DRIVER" "$@"
}

# Where overlay mounts do not work (in a container, say) each layer is a whole copy: slower, and as good.
choose_driver() {
  local probe=(buildah --root "$WORK/probe/storage" --runroot "$WORK/probe/run" --storage-driver overlay) container
  if ! { container=$("${probe[@]}" from scratch) && "${probe[@]}" mount "$container"; } >/dev/null 2>&1; then
    STORAGE_DRIVER=vfs
  fi
  { "${probe[@]}" umount --all && "${probe[@]}" rm --all; } >/dev/null 2>&1 || true
  rm -rf "$WORK/probe"
}

# The archives that this machine's apt uses, as sources of the suite; with what it says about how to reach them.
machine_sources() {
  apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
    awk -v suite=$SUITE '$1 == "Debian" { sub(/^[a-z]+/, suite, $3); print "deb", $2, $3, $4 }' | sort -u
}
machine_apt_settings() { apt-config dump | grep -E '^Acquire::(https?|Check-|Retries|AllowReleaseInfoChange)' || true; }

# The mirror of the suite itself comes first in what debootstrap wants to know.
make_base() {
  local base="$WORK/base" sources mirror container
  if build_tool images -q "debian:$SUITE-slim" >/dev/null 2>&1; then
    echo "the base is there"
    return 0
  fi
  sources=$(machine_sources)
  # What apt was told lies in its lists, and they may have been cleared away.
  [ -n "$sources" ] || { apt-get -q update >/dev/null && sources=$(machine_sources); }
  mirror=$(awk -v suite=$SUITE '$3 == suite { print $2; exit }' <<<"$sources")
  [ -n "$mirror" ] || { echo "apt knows no archive of Debian on this machine" >&2; return 1; }
  rm -rf "$base"
  debootstrap --variant=minbase $SUITE "$base" "$mirror" >"$WORK/debootstrap.log" 2>&1 ||
    { log_tail "$WORK/debootstrap.log"; return 1; }
  rm -rf "$base"/var/{cache/apt,lib/apt/lists}/* "$base/etc/apt/sources.list"
  echo "$sources" >"$base/etc/apt/sources.list.d/machine.list"
  machine_apt_settings >"$base/etc/apt/apt.conf.d/90machine"
  # Whoever stands between this machine and the archives, the base trusts as the machine does.
  mkdir -p "$base/usr/local/share/ca-certificates"
  { find /usr/local/share/ca-certificates -name '*.crt' 2>/dev/null || true; } |
    xargs -r install -m 644 -t "$base/usr/local/share/ca-certificates" || return 1
  container=$(build_tool from scratch) && build_tool add -q "$container" "$base" / >/dev/null &&
    build_tool commit -q "$container" "localhost/debian:$SUITE-slim" >/dev/null &&
    build_tool rm "$container" >/dev/null || return 1
  rm -rf "$base"
  echo "debian:$SUITE-slim made by debootstrap, storage driver $STORAGE_DRIVER"
}

engine_prepare() {
  [ "$(id -u)" = 0 ] || { echo "without a container engine this wants root: chroot, mounts, namespaces" >&2; return 1; }
  mkdir -p "$WORK/tmp"
  choose_driver
  engine_clean # what a killed run left mounted
  make_base
}

# engine_build CONTEXT DOCKERFILE IMAGE ARGUMENT...: its output on stdout.
engine_build() {
  local context=$1 file=$2 image=$3 argument arguments=()
  shift 3
  for argument in "$@"; do arguments+=(--build-arg "$argument"); done
  # Docker's format: the other one knows no HEALTHCHECK.
  build_tool bud --isolation chroot --pull-never --layers --format docker -f "$file" -t "$image" "${arguments[@]}" \
    "$context" 2>&1
}

# What the image says about itself, as JSON.
engine_config() {
  build_tool inspect --type image "$IMAGE" |
    python3 -c 'import json, sys; json.dump(json.load(sys.stdin)["Docker"]["config"], sys.stdout)'
}

# One line a layer: its bytes (uncompressed), as the storage has noted them.
engine_layers() {
  python3 - "$WORK/storage" "$STORAGE_DRIVER" "localhost/$IMAGE" <<'PYTHON'
import json, pathlib, sys
folder, driver, name = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
images = json.loads((folder / f"{driver}-images/images.json").read_text())
layers = {layer["id"]: layer for layer in json.loads((folder / f"{driver}-layers/layers.json").read_text())}
layer = layers[next(image["layer"] for image in images if name in image.get("names", []))]
sizes = []
while layer:
    sizes.append(layer.get("diff-size", 0))
    layer = layers.get(layer.get("parent"))
print("\n".join(str(size) for size in reversed(sizes) if size > 1024))
PYTHON
}

# ROOT: the image's files, as a container of it sees them. The mount points are those that every engine makes.
engine_unpack() {
  CONTAINER=$(build_tool from --pull-never "$IMAGE") || return 1
  ROOT=$(build_tool mount "$CONTAINER") || return 1
}
make_mount_points() {
  mkdir -p "$ROOT/proc"
  touch "$ROOT/etc/hosts" "$ROOT/etc/resolv.conf"
}

# engine_start ENV_FILE COMMAND...: as process 1 of a pid namespace, as the image's user, on a read-only root. Its names
# come from DNS alone. What it is on the outside is in $WORK/daemon.pid, its output in $WORK/daemon.log.
engine_start() {
  local env_file=$1 outer
  shift
  setsid unshare --mount --pid --fork --kill-child --propagation private \
    scripts/lib/enter_root "$ROOT" "$WORK/resolv.conf" "$IMAGE_USER" "$env_file" "$@" \
    </dev/null >>"$WORK/daemon.log" 2>&1 &
  outer=$!
  record_pid "$WORK/outer.pid" $outer
  wait_until 10 started_inside "$outer"
}
started_inside() {
  local inner
  process_gone "$WORK/outer.pid" && return 0 # it has ended already; its exit code says why
  inner=$(cat "/proc/$1/task/$1/children" 2>/dev/null) && inner=${inner%% *} && [ -n "$inner" ] &&
    record_pid "$WORK/daemon.pid" "$inner"
}

# Nobody but us asks for its health here.
engine_sees_health() { :; }

# The daemon's exit code, once it has ended: that of the process around it.
engine_wait() {
  local pid status=0
  read -r pid _ <"$WORK/outer.pid"
  wait "$pid" || status=$?
  rm -f "$WORK/outer.pid" "$WORK/daemon.pid"
  return $status
}

# engine_exec COMMAND...: beside the running daemon, in its namespaces and environment, as the image's user.
engine_exec() {
  local pid settings
  pid=$(running_pid "$WORK/daemon.pid") || { echo "the daemon is gone" >&2; return 1; }
  mapfile -t settings <"$WORK/daemon.env"
  nsenter --target "$pid" --mount --pid env -i "${settings[@]}" /usr/bin/setpriv --no-new-privs --bounding-set "$KEPT_FOR_CHROOT" \
    /usr/sbin/chroot --userspec "$IMAGE_USER" --groups "${IMAGE_USER#*:}" "$ROOT" "$@"
}

engine_clean() {
  [ -d "$WORK/storage" ] || return 0
  { build_tool umount --all && build_tool rm --all; } >/dev/null 2>&1 || true
}
