package webgpu

import (
	"errors"
	"os"
	"strings"
	"testing"

	"mixtab/engine/gpu"
	"mixtab/engine/gpu/gputest"
)

func open(t *testing.T) gpu.Device {
	t.Helper()
	dev, err := Open(t.Context(), Options{})
	if errors.Is(err, gpu.ErrNoWebGPU) && os.Getenv("MIXTAB_REQUIRE") != "native" {
		t.Skip("SKIP: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dev
}

func TestDevice(t *testing.T) { gputest.RunAll(t, open) }

func TestUnknownAdapter(t *testing.T) {
	open(t).Close()
	_, err := Open(t.Context(), Options{Adapter: "voodoo 2"})
	if !errors.Is(err, gpu.ErrNoWebGPU) || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v, want one line with ErrNoWebGPU", err)
	}
	t.Log(err)
}

func TestNagaMessage(t *testing.T) {
	text := `In wgpuDeviceCreateShaderModule
      note: label = ` + "`x`" + `

Shader 'x' parsing error: the type of 'y' is expected to be 'f32'
  ┌─ wgsl:7:3
  │
7 │   let y: f32 = 1u;
  │       ^ definition of 'y'


    the type of 'y' is expected to be 'f32'
`
	err := shaderError("x", &gpu.ValidationError{Message: text}).(*gpu.ShaderError)
	want := gpu.ShaderError{Kernel: "x", Line: 7, Column: 3, Message: "the type of 'y' is expected to be 'f32'"}
	if *err != want {
		t.Errorf("got %+v, want %+v", *err, want)
	}
}

func TestReplayCost(t *testing.T) {
	dev := open(t)
	defer dev.Close()
	gputest.Replay(t, dev, 500)
}
