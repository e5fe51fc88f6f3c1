package webgpu

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"mixtab/engine/gpu"
)

var errClosed = errors.New("webgpu: the device is closed")

// callLocked runs f, which calls wgpu-native, inside error scopes, and returns what went
// wrong as a typed error. op names the call. The device's lock is held.
func (d *device) callLocked(op string, f func() error) error {
	if err := d.usable(); err != nil {
		return err
	}
	d.state.push()
	err := f()
	kind, text := d.state.pop()
	if kind == noError {
		kind, text = d.state.uncaptured()
	}
	switch {
	case d.state.lost():
		return d.usable()
	case kind == outOfMemoryError:
		return fmt.Errorf("webgpu: %s: %w: %s", op, gpu.ErrOutOfMemory, oneLine(text))
	case err != nil:
		return &gpu.ValidationError{Op: op, Message: cause(err.Error())}
	case kind != noError:
		return &gpu.ValidationError{Op: op, Message: cause(text)}
	}
	return nil
}

// usable says why the device can no longer be called, if so. Losing it is for good.
func (d *device) usable() error {
	switch {
	case d.closed:
		return errClosed
	case d.state.lost():
		return fmt.Errorf("webgpu: %w: %s", gpu.ErrDeviceLost, oneLine(d.state.lostText()))
	}
	return nil
}

// naga's position, as in "  ┌─ wgsl:5:3"; the name before it may be the label.
var position = regexp.MustCompile(`┌─ .*?:(\d+):(\d+)\s`)

// shaderError turns the refusal of a kernel into a *gpu.ShaderError with naga's line.
func shaderError(label string, err error) error {
	var refused *gpu.ValidationError
	if !errors.As(err, &refused) {
		return err
	}
	e := &gpu.ShaderError{Kernel: label, Message: nagaMessage(refused.Message)}
	if m := position.FindStringSubmatch(refused.Message); m != nil {
		e.Line, _ = strconv.Atoi(m[1])
		e.Column, _ = strconv.Atoi(m[2])
	}
	return e
}

// nagaMessage keeps the sentences of naga's report: no frame, no excerpt of the
// source, nothing twice.
func nagaMessage(text string) string {
	var kept []string
	for line := range strings.Lines(text) {
		if _, message, ok := strings.Cut(line, " parsing error: "); ok {
			line = message
		}
		line = strings.TrimSpace(line)
		if line == "" || frame.MatchString(line) || slices.Contains(kept, line) {
			continue
		}
		kept = append(kept, line)
	}
	return strings.Join(kept, "; ")
}

var frame = regexp.MustCompile(`[┌│]|^= |^In wgpu|^note: label|^Shader validation error:|^Error matching shader requirements`)

// cause drops the frame that the package and wgpu-native put around each message.
func cause(text string) string {
	if _, after, ok := strings.Cut(text, "Caused by:"); ok {
		text = after
	}
	return strings.TrimSpace(text)
}

func oneLine(text string) string {
	return strings.Join(strings.Fields(cause(text)), " ")
}
