#!/usr/bin/env bash
# Generates inventorypb from the project's inventory.proto, with the generators that go.mod pins.
# usage: generate.sh           writes inventorypb/
#        generate.sh --check   writes nothing; fails when inventorypb/ is not what would be written
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
proto=../../../proto

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -o "$work/" google.golang.org/protobuf/cmd/protoc-gen-go google.golang.org/grpc/cmd/protoc-gen-go-grpc
package=Minventory.proto=logistics-engine/inventory-sync/inventorypb
mkdir "$work/out"
# By way of a descriptor, which has no comments: those of inventory.proto tell of our own service, not of this one.
protoc --proto_path="$proto" --include_imports --descriptor_set_out="$work/inventory.pb" inventory.proto
protoc --descriptor_set_in="$work/inventory.pb" \
  --plugin="$work/protoc-gen-go" --go_out="$work/out" --go_opt=paths=source_relative,$package \
  --plugin="$work/protoc-gen-go-grpc" --go-grpc_out="$work/out" --go-grpc_opt=paths=source_relative,$package \
  inventory.proto

if [ "${1:-}" = --check ]; then
  # The lines that name protoc's own version may differ from machine to machine.
  diff -r -u -I '^//.*protoc ' inventorypb "$work/out" || {
    echo "inventorypb is not what inventory.proto says: run tests/peers/inventory-sync/generate.sh" >&2
    exit 1
  }
else
  install -m 644 "$work"/out/*.go inventorypb/
fi
