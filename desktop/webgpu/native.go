package webgpu

// This file is the only one with C of our own. The Go package wraps wgpu-native
// well, except where a callback outlives the call that registered it: it hands C a
// pointer to a Go variable that nothing keeps alive (device lost, mapAsync), sets
// no handler for uncaptured errors (wgpu-native then aborts the process), and it
// opens no error scope for out-of-memory; its CreateInstance passes uninitialised
// memory, which wgpu-native may refuse by a panic. Those go through plain C callbacks
// here that write into C memory, so that no error calls into Go and none aborts.
//
// The declarations repeat webgpu.h and wgpu.h of wgpu-native v22.1, which is linked
// in by the Go package; objects cross as opaque pointers.

/*
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct { void const *next; uint32_t sType; } mt_chain;

typedef struct {
	uint32_t maxTextureDimension1D, maxTextureDimension2D, maxTextureDimension3D, maxTextureArrayLayers;
	uint32_t maxBindGroups, maxBindGroupsPlusVertexBuffers, maxBindingsPerBindGroup;
	uint32_t maxDynamicUniformBuffersPerPipelineLayout, maxDynamicStorageBuffersPerPipelineLayout;
	uint32_t maxSampledTexturesPerShaderStage, maxSamplersPerShaderStage;
	uint32_t maxStorageBuffersPerShaderStage, maxStorageTexturesPerShaderStage, maxUniformBuffersPerShaderStage;
	uint64_t maxUniformBufferBindingSize, maxStorageBufferBindingSize;
	uint32_t minUniformBufferOffsetAlignment, minStorageBufferOffsetAlignment, maxVertexBuffers;
	uint64_t maxBufferSize;
	uint32_t maxVertexAttributes, maxVertexBufferArrayStride;
	uint32_t maxInterStageShaderComponents, maxInterStageShaderVariables;
	uint32_t maxColorAttachments, maxColorAttachmentBytesPerSample;
	uint32_t maxComputeWorkgroupStorageSize, maxComputeInvocationsPerWorkgroup;
	uint32_t maxComputeWorkgroupSizeX, maxComputeWorkgroupSizeY, maxComputeWorkgroupSizeZ;
	uint32_t maxComputeWorkgroupsPerDimension;
} mt_limits;

typedef struct { mt_chain const *nextInChain; mt_limits limits; } mt_required_limits;

typedef void (*mt_error_fn)(int type, char const *message, void *userdata);

typedef struct {
	mt_chain const *nextInChain;
	char const *label;
	size_t requiredFeatureCount;
	uint32_t const *requiredFeatures;
	mt_required_limits const *requiredLimits;
	struct { mt_chain const *nextInChain; char const *label; } defaultQueue;
	mt_error_fn deviceLostCallback;
	void *deviceLostUserdata;
	struct { mt_chain const *nextInChain; mt_error_fn callback; void *userdata; } uncapturedErrorCallbackInfo;
} mt_device_descriptor;

typedef struct {
	mt_chain chain;
	uint32_t backends, flags, dx12ShaderCompiler, gles3MinorVersion;
	char const *dxilPath, *dxcPath;
} mt_instance_extras;

extern void *wgpuCreateInstance(void const *descriptor);
extern void wgpuAdapterRequestDevice(void *adapter, mt_device_descriptor const *descriptor,
	void (*callback)(int status, void *device, char const *message, void *userdata), void *userdata);
extern void wgpuDevicePushErrorScope(void *device, int filter);
extern void wgpuDevicePopErrorScope(void *device, mt_error_fn callback, void *userdata);
extern uint32_t wgpuDevicePoll(void *device, uint32_t wait, void const *index);
extern void wgpuBufferMapAsync(void *buffer, uint32_t mode, size_t offset, size_t size,
	void (*callback)(int status, void *userdata), void *userdata);
extern void wgpuBufferUnmap(void *buffer);
extern void const *wgpuBufferGetConstMappedRange(void *buffer, size_t offset, size_t size);
extern void *wgpuBufferGetMappedRange(void *buffer, size_t offset, size_t size);

static void *mt_instance(uint32_t backends) {
	mt_instance_extras extras = {{NULL, 0x00030006}, backends};
	mt_chain *descriptor = &extras.chain;
	return wgpuCreateInstance(&descriptor);
}

// What the callbacks write. lost and uncaptured are set once their text is there.
typedef struct {
	void *device;
	atomic_int lost, uncaptured;
	char request_text[1024], lost_text[1024], uncaptured_text[4096];
	int scope_type;
	char scope_text[8192];
} mt_state;

enum { mt_no_error, mt_validation, mt_out_of_memory };

static void mt_copy(char *dst, size_t size, char const *src) {
	strncpy(dst, src ? src : "", size - 1);
	dst[size - 1] = 0;
}

static void mt_on_device(int status, void *device, char const *message, void *userdata) {
	mt_state *s = userdata;
	s->device = status == 0 ? device : NULL;
	mt_copy(s->request_text, sizeof s->request_text, message);
}

static void mt_on_lost(int reason, char const *message, void *userdata) {
	mt_state *s = userdata;
	if (atomic_load(&s->lost)) return;
	mt_copy(s->lost_text, sizeof s->lost_text, message);
	atomic_store(&s->lost, 1);
}

static void mt_on_uncaptured(int type, char const *message, void *userdata) {
	mt_state *s = userdata;
	if (atomic_load(&s->uncaptured)) return;
	mt_copy(s->uncaptured_text, sizeof s->uncaptured_text, message);
	atomic_store(&s->uncaptured, type);
}

static void mt_on_scope(int type, char const *message, void *userdata) {
	mt_state *s = userdata;
	if (type == mt_no_error || s->scope_type != mt_no_error) return;
	s->scope_type = type;
	mt_copy(s->scope_text, sizeof s->scope_text, message);
}

// want: MaxBufferSize, MaxStorageBufferBindingSize, MaxStorageBuffersPerShaderStage,
// workgroup storage, invocations, size X Y Z, workgroups per dimension.
static void mt_open(mt_state *s, void *adapter, uint32_t const *features, size_t n, uint64_t const *want) {
	mt_required_limits required;
	memset(&required, 0xff, sizeof required); // undefined: wgpu-native's defaults
	required.nextInChain = NULL;
	required.limits.maxBufferSize = want[0];
	required.limits.maxStorageBufferBindingSize = want[1];
	required.limits.maxStorageBuffersPerShaderStage = (uint32_t)want[2];
	required.limits.maxComputeWorkgroupStorageSize = (uint32_t)want[3];
	required.limits.maxComputeInvocationsPerWorkgroup = (uint32_t)want[4];
	required.limits.maxComputeWorkgroupSizeX = (uint32_t)want[5];
	required.limits.maxComputeWorkgroupSizeY = (uint32_t)want[6];
	required.limits.maxComputeWorkgroupSizeZ = (uint32_t)want[7];
	required.limits.maxComputeWorkgroupsPerDimension = (uint32_t)want[8];

	mt_device_descriptor d;
	memset(&d, 0, sizeof d);
	d.label = "mixtab";
	d.requiredFeatures = features;
	d.requiredFeatureCount = n;
	d.requiredLimits = &required;
	d.deviceLostCallback = mt_on_lost;
	d.deviceLostUserdata = s;
	d.uncapturedErrorCallbackInfo.callback = mt_on_uncaptured;
	d.uncapturedErrorCallbackInfo.userdata = s;
	wgpuAdapterRequestDevice(adapter, &d, mt_on_device, s);
}

static void mt_push(mt_state *s) {
	s->scope_type = mt_no_error;
	wgpuDevicePushErrorScope(s->device, 1); // out-of-memory
	wgpuDevicePushErrorScope(s->device, 0); // validation
}

static int mt_pop(mt_state *s) {
	wgpuDevicePopErrorScope(s->device, mt_on_scope, s);
	wgpuDevicePopErrorScope(s->device, mt_on_scope, s);
	return s->scope_type;
}

static int mt_lost(mt_state *s) { return atomic_load(&s->lost); }
static int mt_uncaptured(mt_state *s) { return atomic_exchange(&s->uncaptured, 0); }

enum { mt_map_pending, mt_map_done, mt_map_failed };

static void mt_on_map(int status, void *userdata) {
	atomic_store((atomic_int *)userdata, status == 0 ? mt_map_done : mt_map_failed);
}

enum { mt_map_read = 1, mt_map_write = 2 };

static void mt_map(void *buffer, uint32_t mode, size_t size, int *state) {
	atomic_store((atomic_int *)state, mt_map_pending);
	wgpuBufferMapAsync(buffer, mode, 0, size, mt_on_map, state);
}

// mt_pause sleeps for less than a millisecond, which Go's timers round up to one.
#ifdef _WIN32
#include <windows.h>
static void mt_pause(long ns) { (void)ns; Sleep(1); }
#else
#include <time.h>
static void mt_pause(long ns) {
	struct timespec t = {0, ns};
	nanosleep(&t, NULL);
}
#endif

static int mt_map_state(int *state) { return atomic_load((atomic_int *)state); }
*/
import "C"

import (
	"time"
	"unsafe"

	"github.com/cogentcore/webgpu/wgpu"
)

// state is what the C callbacks write; it lives until the device is gone.
type state struct{ c *C.mt_state }

// openDevice requests a device with the given limits and features. An empty message
// with a nil device cannot happen.
func openDevice(a *wgpu.Adapter, features []wgpu.FeatureName, l wgpu.Limits) (*wgpu.Device, state, string) {
	s := state{(*C.mt_state)(C.calloc(1, C.sizeof_mt_state))}
	names := make([]C.uint32_t, len(features)+1)
	for i, f := range features {
		names[i] = C.uint32_t(f)
	}
	want := [9]C.uint64_t{
		C.uint64_t(l.MaxBufferSize), C.uint64_t(l.MaxStorageBufferBindingSize),
		C.uint64_t(l.MaxStorageBuffersPerShaderStage), C.uint64_t(l.MaxComputeWorkgroupStorageSize),
		C.uint64_t(l.MaxComputeInvocationsPerWorkgroup), C.uint64_t(l.MaxComputeWorkgroupSizeX),
		C.uint64_t(l.MaxComputeWorkgroupSizeY), C.uint64_t(l.MaxComputeWorkgroupSizeZ),
		C.uint64_t(l.MaxComputeWorkgroupsPerDimension),
	}
	C.mt_open(s.c, handle(a), &names[0], C.size_t(len(features)), &want[0])
	if s.c.device == nil {
		text := C.GoString(&s.c.request_text[0])
		s.free()
		return nil, state{}, text
	}
	dev := new(wgpu.Device)
	*(*unsafe.Pointer)(unsafe.Pointer(dev)) = s.c.device
	return dev, s, ""
}

func createInstance(backends wgpu.InstanceBackend) *wgpu.Instance {
	instance := new(wgpu.Instance)
	*(*unsafe.Pointer)(unsafe.Pointer(instance)) = C.mt_instance(C.uint32_t(backends))
	return instance
}

// handle is the C object of one of the package's wrappers whose first field it is.
func handle[T wgpu.Adapter | wgpu.Device](v *T) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Pointer(v))
}

// bufferHandle is the C object of a buffer, which follows its device's.
func bufferHandle(b *wgpu.Buffer) unsafe.Pointer {
	return (*[2]unsafe.Pointer)(unsafe.Pointer(b))[1]
}

// The wrappers' layout that handle and bufferHandle rely on.
var (
	_ [unsafe.Sizeof(uintptr(0))]byte     = [unsafe.Sizeof(wgpu.Device{})]byte{}
	_ [unsafe.Sizeof(uintptr(0))]byte     = [unsafe.Sizeof(wgpu.Adapter{})]byte{}
	_ [unsafe.Sizeof(uintptr(0))]byte     = [unsafe.Sizeof(wgpu.Instance{})]byte{}
	_ [2 * unsafe.Sizeof(uintptr(0))]byte = [unsafe.Sizeof(wgpu.Buffer{})]byte{}
)

func (s state) free()            { C.free(unsafe.Pointer(s.c)) }
func (s state) push()            { C.mt_push(s.c) }
func (s state) poll(wait bool)   { C.wgpuDevicePoll(s.c.device, boolean(wait), nil) }
func (s state) lostText() string { return C.GoString(&s.c.lost_text[0]) }
func (s state) lost() bool       { return C.mt_lost(s.c) != 0 }

// pop ends the scopes of push and reports what they caught.
func (s state) pop() (kind errorKind, text string) {
	if kind := errorKind(C.mt_pop(s.c)); kind != noError {
		return kind, C.GoString(&s.c.scope_text[0])
	}
	return noError, ""
}

// uncaptured takes the first error that no scope caught.
func (s state) uncaptured() (kind errorKind, text string) {
	if kind := errorKind(C.mt_uncaptured(s.c)); kind != noError {
		return kind, C.GoString(&s.c.uncaptured_text[0])
	}
	return noError, ""
}

type errorKind int

const (
	noError          errorKind = C.mt_no_error
	validationError  errorKind = C.mt_validation
	outOfMemoryError errorKind = C.mt_out_of_memory
)

// mapping is one mapAsync: C memory, because the callback may come at any poll.
type mapping struct{ c *C.int }

func newMapping() mapping    { return mapping{(*C.int)(C.calloc(1, C.sizeof_int))} }
func (m mapping) free()      { C.free(unsafe.Pointer(m.c)) }
func (m mapping) done() bool { return C.mt_map_state(m.c) != C.mt_map_pending }
func (m mapping) ok() bool   { return C.mt_map_state(m.c) == C.mt_map_done }

// toRead and toWrite ask for the mapping of the first n bytes.
func (m mapping) toRead(b *wgpu.Buffer, n int) {
	C.mt_map(bufferHandle(b), C.mt_map_read, C.size_t(n), m.c)
}

func (m mapping) toWrite(b *wgpu.Buffer, n int) {
	C.mt_map(bufferHandle(b), C.mt_map_write, C.size_t(n), m.c)
}

// read copies the mapped bytes into dst and unmaps.
func (m mapping) read(b *wgpu.Buffer, dst []byte) {
	p := C.wgpuBufferGetConstMappedRange(bufferHandle(b), 0, C.size_t(len(dst)))
	copy(dst, unsafe.Slice((*byte)(p), len(dst)))
	C.wgpuBufferUnmap(bufferHandle(b))
}

// mapped are the first n bytes of a buffer mapped for writing, until unmap.
func mapped(b *wgpu.Buffer, n int) []byte {
	return unsafe.Slice((*byte)(C.wgpuBufferGetMappedRange(bufferHandle(b), 0, C.size_t(n))), n)
}

func unmap(b *wgpu.Buffer) { C.wgpuBufferUnmap(bufferHandle(b)) }

func pause(d time.Duration) { C.mt_pause(C.long(d.Nanoseconds())) }

func boolean(b bool) C.uint32_t {
	if b {
		return 1
	}
	return 0
}
