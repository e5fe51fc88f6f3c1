// Package webgpu is the native driver of gpu.Device: WebGPU by wgpu-native, which
// runs on Vulkan, Metal and Direct3D 12.
//
// Every call into wgpu-native holds the device's lock, because its error scopes are
// one stack for all threads. An error of the device comes back as a typed Go error;
// what wgpu-native treats as fatal (a submit that names a destroyed buffer) is
// refused before it gets there. One abort remains out of reach: a driver that loses
// the GPU while wgpu-native v22 polls or submits.
package webgpu

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/cogentcore/webgpu/wgpu"

	"mixtab/engine/gpu"
)

// Options choose the adapter. The zero value takes the fastest.
type Options struct {
	// Adapter is a part of the adapter's name, whatever the case. Empty means the
	// environment's MIXTAB_ADAPTER, and without that any adapter.
	Adapter string
}

// Open opens a device with all the limits that its adapter has. Without a usable
// adapter the error wraps gpu.ErrNoWebGPU and says what to install.
func Open(ctx context.Context, opts Options) (gpu.Device, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("webgpu: open: %w", err)
	}
	want := opts.Adapter
	if want == "" {
		want = os.Getenv("MIXTAB_ADAPTER")
	}
	wgpu.SetLogLevel(wgpu.LogLevelOff) // its errors come back as Go errors
	if runtime.GOOS == "linux" && os.Getenv("XDG_RUNTIME_DIR") == "" {
		os.Setenv("XDG_RUNTIME_DIR", os.TempDir()) // Vulkan drivers complain on stderr without it
	}
	instance := createInstance(wgpu.InstanceBackendPrimary)
	adapter, info, err := pick(instance, want)
	if err != nil {
		instance.Release()
		return nil, err
	}
	limits := adapter.GetLimits().Limits
	features := []wgpu.FeatureName{}
	if adapter.HasFeature(wgpu.FeatureNameTimestampQuery) {
		features = append(features, wgpu.FeatureNameTimestampQuery)
	}
	dev, st, refusal := openDevice(adapter, features, limits)
	if dev == nil {
		adapter.Release()
		instance.Release()
		return nil, fmt.Errorf("webgpu: adapter %q gives no device: %s: %w", adapterName(info), oneLine(refusal), gpu.ErrNoWebGPU)
	}
	d := &device{
		instance: instance, adapter: adapter, dev: dev, queue: dev.GetQueue(), state: st,
		info:    describe(info, limits, len(features) > 0),
		layouts: map[string]*layout{},
		live:    map[releaser]struct{}{},
		idle:    map[int][]*staging{},
		filling: make(chan struct{}, fillers),
	}
	return d, nil
}

// pick takes the fastest adapter whose name holds want: discrete, integrated,
// unknown, and a CPU last.
func pick(instance *wgpu.Instance, want string) (*wgpu.Adapter, wgpu.AdapterInfo, error) {
	adapters := instance.EnumerateAdapters(&wgpu.InstanceEnumerateAdapterOptons{Backends: wgpu.InstanceBackendPrimary})
	var names []string
	best, bestInfo, bestRank := (*wgpu.Adapter)(nil), wgpu.AdapterInfo{}, 0
	for _, a := range adapters {
		info := a.GetInfo()
		names = append(names, adapterName(info))
		rank := 1 + slices.Index([]wgpu.AdapterType{wgpu.AdapterTypeCPU, wgpu.AdapterTypeUnknown,
			wgpu.AdapterTypeIntegratedGPU, wgpu.AdapterTypeDiscreteGPU}, info.AdapterType)
		matches := strings.Contains(strings.ToLower(adapterName(info)), strings.ToLower(want))
		if !matches || rank <= bestRank {
			a.Release()
			continue
		}
		if best != nil {
			best.Release()
		}
		best, bestInfo, bestRank = a, info, rank
	}
	switch {
	case best != nil:
		return best, bestInfo, nil
	case len(names) > 0:
		return nil, bestInfo, fmt.Errorf("webgpu: no adapter is named like %q (there are: %s): %w",
			want, strings.Join(names, ", "), gpu.ErrNoWebGPU)
	}
	return nil, bestInfo, fmt.Errorf("webgpu: no Vulkan, Metal or Direct3D 12 adapter; "+
		"install your GPU's driver, or for the CPU `apt-get install mesa-vulkan-drivers`: %w", gpu.ErrNoWebGPU)
}

// adapterName is the name of the adapter, which the bundled wgpu-native gives as the
// description (Name and VendorName are PCI numbers).
func adapterName(info wgpu.AdapterInfo) string {
	if info.DriverDescription != "" {
		return info.DriverDescription
	}
	return info.Name
}

func describe(info wgpu.AdapterInfo, l wgpu.Limits, timestamps bool) gpu.Info {
	kind := gpu.KindUnknown
	switch info.AdapterType {
	case wgpu.AdapterTypeCPU:
		kind = gpu.KindCPU
	case wgpu.AdapterTypeIntegratedGPU:
		kind = gpu.KindIntegrated
	case wgpu.AdapterTypeDiscreteGPU:
		kind = gpu.KindDiscrete
	}
	return gpu.Info{
		Driver:  "native",
		Adapter: adapterName(info) + ", " + info.BackendType.String(),
		Kind:    kind,
		Limits: gpu.Limits{
			MaxBufferSize:                     int(l.MaxBufferSize),
			MaxStorageBufferBindingSize:       int(l.MaxStorageBufferBindingSize),
			MaxStorageBuffersPerShaderStage:   int(l.MaxStorageBuffersPerShaderStage),
			MaxComputeWorkgroupStorageSize:    int(l.MaxComputeWorkgroupStorageSize),
			MaxComputeInvocationsPerWorkgroup: int(l.MaxComputeInvocationsPerWorkgroup),
			MaxComputeWorkgroupsPerDimension:  int(l.MaxComputeWorkgroupsPerDimension),
		},
		// naga, wgpu-native's WGSL front end, refuses f16 and subgroups, whatever the
		// adapter has.
		Features: gpu.Features{TimestampQuery: timestamps},
	}
}
