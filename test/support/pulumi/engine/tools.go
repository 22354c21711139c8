//go:build tools

// Names what is built, so that `go mod tidy` keeps it.
package engine

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
