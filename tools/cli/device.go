//go:build !js

package cli

import (
	"context"
	"fmt"

	"mixtab/desktop/webgpu"
	"mixtab/engine/gpu"
	"mixtab/engine/ref"
)

// OpenDevice opens what -device names.
func OpenDevice(ctx context.Context, name string) (gpu.Device, error) {
	switch name {
	case "ref":
		return ref.New(), nil
	case "native":
		return webgpu.Open(ctx, webgpu.Options{})
	}
	return nil, fmt.Errorf("-device: unknown device %q; ref and native are supported", name)
}
