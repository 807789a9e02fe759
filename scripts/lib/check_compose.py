"""Checks docker/compose.yaml: against the compose specification, and against what we want of every service.

usage: check_compose.py COMPOSE_FILE ENV_EXAMPLE

Read twice: as it is without any .env, and with the example, which is to say the same. Needs PyYAML and compose-spec.
"""

import json
import pathlib
import re
import sys

import compose_spec
import yaml

VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)(?::-((?:[^{}]|\$\{[^{}]*\})*))?\}")


def interpolate(text, values, names):
    """What compose makes of ${NAME:-default}; a variable without a default is an error of ours."""

    def value_of(match):
        name, default = match.group(1), match.group(2)
        names.add(name)
        if default is None:
            raise ValueError(f"${{{name}}} has no default")
        return values.get(name) or interpolate(default, values, names)

    return VARIABLE.sub(value_of, text)


def example_values(text):
    """Values that are set, and all names: a commented line offers a setting too."""
    lines = re.findall(r"^(#?)([A-Z][A-Z0-9_]*)=(.*)$", text, re.MULTILINE)
    return {name: value for mark, name, value in lines if not mark}, {name for _, name, _ in lines}


def wishes(name, service, whole):
    """What a service lacks of what each must have."""
    if service.get("restart") != "unless-stopped":
        yield f"{name}: no restart policy"
    if "mem_limit" not in service:
        yield f"{name}: no limit of memory"
    if "nofile" not in service.get("ulimits", {}):
        yield f"{name}: no limit of open files"
    for dependency, how in service.get("depends_on", {}).items():
        if how.get("condition") != "service_healthy":
            yield f"{name}: starts before {dependency} is healthy"
        if "healthcheck" not in whole["services"].get(dependency, {}):
            yield f"{name}: waits for {dependency}, which is not there or says nothing of its health"
    for volume in service.get("volumes", []):
        if volume.split(":")[0] not in whole["volumes"]:
            yield f"{name}: volume {volume} is not declared"
    for port in service.get("ports", []):
        if not port.startswith("127.0.0.1:"):
            yield f"{name}: port {port} is open to the network by default"
    if "build" in service:  # ours
        if not service.get("read_only") or service.get("cap_drop") != ["ALL"]:
            yield f"{name}: may write its root file system or has capabilities"


def main():
    compose_file, example_file = map(pathlib.Path, sys.argv[1:])
    text = compose_file.read_text(encoding="utf-8")
    example, offered = example_values(example_file.read_text(encoding="utf-8"))
    used = set()
    errors = []
    files = []
    for values in ({}, example):
        try:
            whole = yaml.safe_load(interpolate(text, values, used))
            compose_spec.PyCompose.from_json(json.dumps(whole)).validate()
            files.append(whole)
        except ValueError as error:  # those of the specification are of this kind too
            errors.append(f"{compose_file}: {error}")
    if len(files) == 2 and files[0] != files[1]:
        errors.append(f"{example_file}: says something else than the defaults of {compose_file}")
    if files:
        for name, service in files[0]["services"].items():
            errors.extend(f"{compose_file}: {wish}" for wish in wishes(name, service, files[0]))
    missing = used - offered
    if missing:
        errors.append(f"{example_file}: does not offer {', '.join(sorted(missing))}")
    print("\n".join(errors) if errors else f"{compose_file}: {len(files[0]['services'])} services, as the specification says")
    sys.exit(1 if errors else 0)


main()
