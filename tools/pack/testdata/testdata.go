// Package testdata embeds small checkpoints of the real layouts, for tests that run
// where there is no file system. docs/TESTING.md says where they come from.
package testdata

import "embed"

// FS holds the folders tiny, tiny-sharded and odd.
//
//go:embed tiny tiny-sharded odd
var FS embed.FS
