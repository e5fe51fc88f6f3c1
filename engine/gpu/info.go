package gpu

import "fmt"

// Info names the adapter and what it can do.
type Info struct {
	Driver   string // "ref", "native" or "browser"
	Adapter  string // the adapter's own words, for people and for docs/BENCH.md
	Kind     Kind
	Limits   Limits
	Features Features
}

// Kind is the sort of adapter; kernel variants are chosen by it.
type Kind uint8

const (
	KindUnknown Kind = iota
	KindCPU          // SwiftShader, lavapipe, ref: threads are cheap, barriers are not
	KindIntegrated
	KindDiscrete
)

func (k Kind) String() string {
	switch k {
	case KindCPU:
		return "cpu"
	case KindIntegrated:
		return "integrated"
	case KindDiscrete:
		return "discrete"
	}
	return "unknown"
}

// Limits are the adapter's real limits, under WebGPU's names; sizes in bytes.
type Limits struct {
	MaxBufferSize                     int
	MaxStorageBufferBindingSize       int
	MaxStorageBuffersPerShaderStage   int
	MaxComputeWorkgroupStorageSize    int
	MaxComputeInvocationsPerWorkgroup int
	MaxComputeWorkgroupsPerDimension  int
}

// DefaultLimits are what every WebGPU device grants; mixtab's portable kernels keep
// to them. Source: WebGPU, section 3.6.2.
var DefaultLimits = Limits{
	MaxBufferSize:                     256 << 20,
	MaxStorageBufferBindingSize:       128 << 20,
	MaxStorageBuffersPerShaderStage:   8,
	MaxComputeWorkgroupStorageSize:    16 << 10,
	MaxComputeInvocationsPerWorkgroup: 256,
	MaxComputeWorkgroupsPerDimension:  65535,
}

// Features are the optional parts of WebGPU that the device was opened with.
type Features struct {
	ShaderF16      bool
	SubgroupSize   int  // threads of a subgroup, where the adapter has subgroups of one size only; else 0
	PackedDot      bool // dot4I8Packed
	TimestampQuery bool
}

// Counters are running totals of a device.
type Counters struct {
	Dispatches   uint64
	Submits      uint64 // to the queue, those of readbacks included
	HostCalls    uint64 // calls across the Go boundary: Go↔JS crossings in the browser
	BytesRead    uint64 // read back to the host
	BytesWritten uint64 // written through Write
	BytesHeld    uint64 // in live buffers
	BytesPeak    uint64 // the largest BytesHeld so far
}

// CheckDispatch says what is wrong with a dispatch under the rules of WebGPU that
// every driver shares, before a driver's own validation turns it into a riddle.
func CheckDispatch(d Dispatch, l Limits) error {
	desc := d.Pipeline.Desc()
	if len(d.Bindings) != len(desc.Bindings) {
		return fmt.Errorf("gpu: %s: %d bindings, want %d", desc.Label, len(d.Bindings), len(desc.Bindings))
	}
	storage := 0
	for i, b := range d.Bindings {
		switch {
		case b.Buffer == nil:
			return fmt.Errorf("gpu: %s: binding %d has no buffer", desc.Label, i)
		case b.Offset%256 != 0:
			return fmt.Errorf("gpu: %s: binding %d: offset %d is not a multiple of 256", desc.Label, i, b.Offset)
		case b.Offset < 0 || b.Bytes() <= 0 || b.Offset+b.Bytes() > b.Buffer.Size():
			return fmt.Errorf("gpu: %s: binding %d: bytes %d to %d lie outside %q of %d bytes",
				desc.Label, i, b.Offset, b.Offset+b.Bytes(), b.Buffer.Label(), b.Buffer.Size())
		}
		if desc.Bindings[i] == Params {
			continue
		}
		storage++
		if b.Bytes() > l.MaxStorageBufferBindingSize {
			return fmt.Errorf("gpu: %s: binding %d: %d bytes of %q are more than the adapter binds at once (%d)",
				desc.Label, i, b.Bytes(), b.Buffer.Label(), l.MaxStorageBufferBindingSize)
		}
		for j, other := range d.Bindings[:i] {
			switch {
			case other.Buffer != b.Buffer || desc.Bindings[j] == Params:
			case desc.Bindings[j] != desc.Bindings[i]:
				return fmt.Errorf("gpu: %s: bindings %d and %d both lie in %q, one of them writable", desc.Label, j, i, b.Buffer.Label())
			case desc.Bindings[i] == ReadWrite && b.Offset < other.Offset+other.Bytes() && other.Offset < b.Offset+b.Bytes():
				return fmt.Errorf("gpu: %s: bindings %d and %d both write bytes %d to %d of %q", desc.Label, j, i,
					max(b.Offset, other.Offset), min(b.Offset+b.Bytes(), other.Offset+other.Bytes()), b.Buffer.Label())
			}
		}
	}
	if storage > l.MaxStorageBuffersPerShaderStage {
		return fmt.Errorf("gpu: %s: %d storage buffers, the adapter binds %d", desc.Label, storage, l.MaxStorageBuffersPerShaderStage)
	}
	for _, n := range d.Grid {
		if n < 1 || n > l.MaxComputeWorkgroupsPerDimension {
			return fmt.Errorf("gpu: %s: grid %v outside 1 to %d", desc.Label, d.Grid, l.MaxComputeWorkgroupsPerDimension)
		}
	}
	return nil
}
