//go:build tools

// Names the program that tests/CMakeLists.txt builds, so that go.mod pins its version.
package tools

import _ "github.com/fullstorydev/grpcurl/cmd/grpcurl"
