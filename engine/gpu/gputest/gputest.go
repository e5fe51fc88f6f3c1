// Package gputest is what every gpu.Device must do, as one table of tests that the
// CPU device, wgpu-native and the browser run alike.
package gputest

import (
	"testing"

	"mixtab/engine/gpu"
)

// Open returns a fresh device; the test closes it.
type Open func(t *testing.T) gpu.Device

// RunAll runs the table. Each test opens its own device, since some end it. A device
// that knows kernels by name only ("ref") skips the tests that bring their own WGSL.
func RunAll(t *testing.T, open Open) {
	tests := []struct {
		name string
		wgsl bool
		run  func(*testing.T, gpu.Device)
	}{
		{"Info", false, testInfo},
		{"BufferIsZeroed", false, testZeroed},
		{"WriteThenRead", false, testWriteThenRead},
		{"CopiesOutsideABuffer", false, testOutside},
		{"TooLargeBuffer", false, testTooLarge},
		{"ReadsInFlight", false, testReadsInFlight},
		{"WaitTwice", false, testWaitTwice},
		{"WaitHonoursContext", false, testWaitContext},
		{"BufferBytesAreCounted", false, testHeld},
		{"UseAfterClose", false, testAfterClose},
		{"Program", true, testProgram},
		{"ProgramIsReplayed", true, testReplay},
		{"ProgramsInOrder", true, testOrder},
		{"ProgramsAndARead", true, testSubmitRead},
		{"BindingOffsets", true, testOffsets},
		{"WritesBetweenSubmits", true, testWritesBetween},
		{"ShaderErrorHasALine", true, testShaderError},
		{"TypeErrorHasALine", true, testTypeError},
		{"LayoutMismatch", true, testLayoutMismatch},
		{"BindingMistakes", true, testBindingMistakes},
		{"ReleasedBuffer", true, testReleasedBuffer},
		{"PipelinesInParallel", true, testParallelPipelines},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dev := open(t)
			defer dev.Close()
			if test.wgsl && dev.Info().Driver == "ref" {
				t.Skip("the ref device knows kernels by name, not by their WGSL")
			}
			test.run(t, dev)
		})
	}
}
