# Checks of the files in docker/, with tools of their own in build/container-tools. Needs process.sh.
# shellcheck shell=bash

CONTAINER_TOOLS=build/container-tools
CONTAINER_TOOLS_WANTED=scripts/lib/container_tools.txt
# The oldest Kubernetes that the manifests are for, and the newest that the tools know.
KUBERNETES_VERSIONS="1.30.0 1.37.0"

# Made anew when what is wanted has changed; without the tools the check fails, it is not left out.
container_tools() {
  local said
  if cmp -s "$CONTAINER_TOOLS_WANTED" "$CONTAINER_TOOLS/installed.txt"; then return 0; fi
  rm -rf "$CONTAINER_TOOLS"
  mkdir -p build
  if ! said=$({ python3 -m venv "$CONTAINER_TOOLS" && "$CONTAINER_TOOLS/bin/pip" install --quiet \
    --disable-pip-version-check --no-deps --only-binary :all: --requirement "$CONTAINER_TOOLS_WANTED"; } 2>&1); then
    echo "$said" >&2
    echo "the tools of $CONTAINER_TOOLS_WANTED could not be installed, and without them docker/ is not checked" >&2
    return 1
  fi
  cp "$CONTAINER_TOOLS_WANTED" "$CONTAINER_TOOLS/installed.txt"
}

container_files() {
  local version failed=0
  container_tools || return 1
  "$CONTAINER_TOOLS/bin/hadolint" docker/Dockerfile docker/*.Dockerfile && echo "hadolint: nothing to say" || failed=1
  "$CONTAINER_TOOLS/bin/yamllint" --strict -c scripts/lib/yamllint.yaml docker config && echo "yamllint: nothing to say" ||
    failed=1
  "$CONTAINER_TOOLS/bin/python" scripts/lib/check_compose.py docker/compose.yaml docker/.env.example || failed=1
  for version in $KUBERNETES_VERSIONS; do
    "$CONTAINER_TOOLS/bin/kubernetes-validate" --strict --quiet -k "$version" docker/kubernetes/*.yaml &&
      echo "docker/kubernetes: as Kubernetes $version says" || failed=1
  done
  return $failed
}
