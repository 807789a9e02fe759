#!/usr/bin/env bash
# Format, vet, and whether the generated code is what inventory.proto says.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
unformatted=$(gofmt -l .)
if [ -n "$unformatted" ]; then
  echo "not as gofmt writes it: $unformatted" >&2
  exit 1
fi
go vet ./...
./generate.sh --check
