//go:build tools

// Names the code generators that generate.sh runs, so that go.mod pins their versions. Never part of the program.
package main

import (
	_ "google.golang.org/grpc/cmd/protoc-gen-go-grpc"
	_ "google.golang.org/protobuf/cmd/protoc-gen-go"
)
