# Building and running the image with Docker, where an engine answers. The same functions as in image_buildah.sh. The
# containers share the host's network, since the stack listens on loopback.
# shellcheck shell=bash

NAME="logistics-engine-image-test-$$"

engine_name() { docker version --format 'docker engine {{.Server.Version}}'; }
engine_prepare() { mkdir -p "$WORK"; }

engine_build() {
  local context=$1 file=$2 image=$3 argument arguments=()
  shift 3
  for argument in "$@"; do arguments+=(--build-arg "$argument"); done
  # The archives are reached as the machine reaches them.
  DOCKER_BUILDKIT=1 timeout --foreground "$BUILD_SECONDS_MAX" docker build --network host --progress plain -f "$file" -t "$image" "${arguments[@]}" "$context" 2>&1
}

engine_config() { docker image inspect --format '{{json .Config}}' "$IMAGE"; }
engine_layers() { docker history --no-trunc --human=false --format '{{.Size}}' "$IMAGE" | grep -vx 0 | tac; }

engine_unpack() {
  ROOT="$WORK/root"
  mkdir -p "$ROOT"
  docker create --name "$NAME-files" "$IMAGE" >/dev/null && docker export "$NAME-files" | tar -C "$ROOT" -x &&
    docker rm "$NAME-files" >/dev/null
}
make_mount_points() { :; }

engine_start() {
  local env_file=$1
  shift
  # The image's own command is what is asked for; the engine starts it from the image, as it does for everybody.
  docker run -d --name "$NAME" --network host --read-only --cap-drop ALL --security-opt no-new-privileges \
    --add-host postgres.image-test:127.0.0.1 --add-host rabbitmq.image-test:127.0.0.1 \
    --add-host engine.image-test:127.0.0.1 --env-file "$env_file" "$IMAGE" >/dev/null || return 1
  docker logs -f "$NAME" >>"$WORK/daemon.log" 2>&1 &
  record_pid "$WORK/daemon.pid" "$(docker inspect --format '{{.State.Pid}}' "$NAME")"
}

# What the engine's own asking, by the image's HEALTHCHECK, has found.
engine_sees_health() { [ "$(docker inspect --format '{{.State.Health.Status}}' "$NAME")" = healthy ]; }

engine_wait() {
  local status
  status=$(docker wait "$NAME")
  docker rm "$NAME" >/dev/null
  rm -f "$WORK/daemon.pid"
  return "$status"
}

engine_exec() { docker exec "$NAME" "$@"; }

engine_clean() {
  docker rm -f "$NAME" "$NAME-files" >/dev/null 2>&1 || true
  docker image rm "$IMAGE" "$IMAGE-changed" >/dev/null 2>&1 || true
}
