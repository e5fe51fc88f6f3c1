package quant

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func TestBytes(t *testing.T) {
	for _, tt := range []struct {
		f          Format
		rows, cols int
		want       int
	}{
		{F32, 1, 64, 256}, {F16, 3, 32, 192}, {Q8, 1, 32, 36}, {Q8, 2, 32, 68}, {Q4, 1, 32, 20}, {Q4, 3, 96, 162 + 2},
		{Q4, 14336, 4096, 14336 * 4096 * 9 / 16}, {Q8, 32000, 4096, 32000 * 4096 * 17 / 16},
	} {
		if got := tt.f.Bytes(tt.rows, tt.cols); got != tt.want {
			t.Errorf("%v.Bytes(%d, %d) = %d, want %d", tt.f, tt.rows, tt.cols, got, tt.want)
		}
	}
	if got := Q4.BitsPerWeight(); got != 4.5 {
		t.Errorf("q4 has %v bits per weight, want 4.5", got)
	}
}

func TestFormatNames(t *testing.T) {
	for _, f := range Formats {
		b, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		var got Format
		if err := json.Unmarshal(b, &got); err != nil || got != f {
			t.Errorf("%v → %s → %v, %v", f, b, got, err)
		}
	}
	for _, s := range []string{"", "Q4", "q4_0", "nf4", "int8", "f32 "} {
		if f, err := ParseFormat(s); err == nil {
			t.Errorf("ParseFormat(%q) = %v, want an error", s, f)
		}
	}
	if _, err := json.Marshal(Format(9)); err == nil {
		t.Error("format 9 was marshalled")
	}
}

// The numbers of docs/FORMAT.md's worked example.
func TestWorkedExample(t *testing.T) {
	src := make([]float32, 32)
	copy(src, []float32{-4, -3.5, -3, -2, -1, 0, 1, 3.5})
	got := make([]byte, Q4.Bytes(1, 32))
	if err := Quantise(Q4, got, src, 1, 32); err != nil {
		t.Fatal(err)
	}
	if w := binary.LittleEndian.Uint32(got); w != 0xfa864210 {
		t.Errorf("first word %#x, want 0xfa864210", w)
	}
	if w := binary.LittleEndian.Uint32(got[4:]); w != 0x88888888 {
		t.Errorf("second word %#x, want 0x88888888", w)
	}
	if d := binary.LittleEndian.Uint16(got[16:]); d != 0x3800 {
		t.Errorf("scale %#x, want 0x3800 (0.5)", d)
	}
	back := make([]float32, 32)
	Dequantise(Q4, back, got, 1, 32)
	for i, v := range back {
		if v != src[i] {
			t.Errorf("element %d came back as %v, want %v", i, v, src[i])
		}
	}
}

// Every group is quantised by the plain words of the definition, in float64.
func TestAgainstDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const rows, cols = 7, 96
	src := make([]float32, rows*cols)
	for i := range src {
		// bfloat16, as checkpoints have: quotients are then either ties exactly or
		// far from one.
		src[i] = FromBF16(ToBF16(float32(rng.NormFloat64() * math.Exp(rng.NormFloat64()))))
	}
	clear(src[cols : cols+Group])
	for _, f := range []Format{Q8, Q4} {
		buf := make([]byte, f.Bytes(rows, cols))
		if err := Quantise(f, buf, src, rows, cols); err != nil {
			t.Fatal(err)
		}
		got := make([]float32, len(src))
		Dequantise(f, got, buf, rows, cols)
		for g := 0; g < len(src); g += Group {
			x := src[g : g+Group]
			var most float32
			for _, v := range x {
				if math.Abs(float64(v)) > math.Abs(float64(most)) {
					most = v
				}
			}
			for i, v := range x {
				var want float32
				if f == Q8 {
					d := float32(math.Abs(float64(most))) / 127
					q := 0.0
					if d != 0 {
						q = math.Round(float64(v) / float64(d))
					}
					want = float32(float32(q) * FromF16(ToF16(d)))
				} else {
					d := most / -8
					q := 8.0
					if d != 0 {
						q = min(15, math.Trunc(float64(v)/float64(d)+8.5))
					}
					want = float32(float32(q-8) * FromF16(ToF16(d)))
				}
				if got[g+i] != want {
					t.Fatalf("%v: element %d of %v is %v, want %v", f, i, x, got[g+i], want)
				}
			}
		}
	}
}

func TestRowsAreIndependent(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const rows, cols = 9, 32
	src := make([]float32, rows*cols)
	for i := range src {
		src[i] = float32(rng.NormFloat64())
	}
	for _, f := range Formats {
		whole := make([]byte, f.Bytes(rows, cols))
		if err := Quantise(f, whole, src, rows, cols); err != nil {
			t.Fatal(err)
		}
		blocks := make([]byte, len(whole))
		for i := range blocks {
			blocks[i] = 0xaa
		}
		for _, b := range [][2]int{{5, 9}, {0, 1}, {1, 5}} {
			if err := QuantiseRows(f, blocks, src[b[0]*cols:b[1]*cols], rows, cols, b[0]); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(whole, blocks) {
			t.Errorf("%v: quantised in blocks, the matrix differs", f)
		}
		all, some := make([]float32, rows*cols), make([]float32, 2*cols)
		Dequantise(f, all, whole, rows, cols)
		DequantiseRows(f, some, whole, rows, cols, 6)
		for i, v := range some {
			if v != all[6*cols+i] {
				t.Fatalf("%v: row block differs at %d", f, i)
			}
		}
	}
}

func TestRefusesWhatItCannotHold(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	for _, tt := range []struct {
		f    Format
		v    float32
		want string
	}{
		{F32, nan, "row 12, column 33 is NaN"},
		{F16, nan, "row 12, column 33 is NaN"},
		{Q8, inf, "row 12, column 33 is -Inf"},
		{Q4, nan, "row 12, column 33 is NaN"},
		{Q4, inf, "row 12, column 33 is -Inf"},
		{F16, 65520, "row 12, column 33 is 65520, too large for f16"},
		{Q8, 1e7, "row 12, column 33 is 1e+07, its scale too large for f16"},
		{Q4, -1e6, "row 12, column 33 is -1e+06, its scale too large for f16"},
		{Q8, 8e6, ""}, {Q4, 5e5, ""}, {F16, 65519, ""}, {F32, math.MaxFloat32, ""},
	} {
		src := make([]float32, 4*64)
		src[2*64+33] = tt.v
		err := QuantiseRows(tt.f, make([]byte, tt.f.Bytes(14, 64)), src, 14, 64, 10)
		got := ""
		if err != nil {
			got = err.Error()
			if !errors.As(err, new(*ValueError)) {
				t.Errorf("%v: %T, want a *ValueError", tt.f, err)
			}
		}
		if got != tt.want {
			t.Errorf("%v of %v: %q, want %q", tt.f, tt.v, got, tt.want)
		}
	}
}

// Groups of numbers so small that 1/d overflows must not turn into garbage.
func TestSubnormals(t *testing.T) {
	for _, f := range []Format{Q8, Q4} {
		src := make([]float32, 32)
		for i := range src {
			src[i] = math.SmallestNonzeroFloat32 * float32(i-16)
		}
		buf, got := make([]byte, f.Bytes(1, 32)), make([]float32, 32)
		if err := Quantise(f, buf, src, 1, 32); err != nil {
			t.Fatal(err)
		}
		Dequantise(f, got, buf, 1, 32)
		for i, v := range got {
			if v != 0 {
				t.Errorf("%v: element %d became %v", f, i, v)
			}
		}
	}
}

func TestHalf(t *testing.T) {
	for h := range 1 << 16 {
		v := FromF16(uint16(h))
		if v != v {
			if back := FromF16(ToF16(v)); back == back {
				t.Fatalf("%#04x: NaN became %v", h, back)
			}
			continue
		}
		if got := ToF16(v); got != uint16(h) {
			t.Fatalf("%#04x is %v, which becomes %#04x", h, v, got)
		}
		if h&0x7fff >= 0x7bff { // the neighbour above is not finite
			continue
		}
		// Halfway to the next: to even. A hair off: to the nearer.
		next := FromF16(uint16(h + 1))
		mid := float32((float64(v) + float64(next)) / 2)
		even := uint16(h + h&1)
		if got := ToF16(mid); got != even {
			t.Fatalf("%v, between %#04x and its neighbour, becomes %#04x, want %#04x", mid, h, got, even)
		}
		if got := ToF16(math.Nextafter32(mid, v)); got != uint16(h) {
			t.Fatalf("just below the middle above %#04x: %#04x", h, got)
		}
		if got := ToF16(math.Nextafter32(mid, next)); got != uint16(h+1) {
			t.Fatalf("just above the middle above %#04x: %#04x", h, got)
		}
	}
	for v, want := range map[float32]uint16{65519: 0x7bff, 65520: 0x7c00, -1e30: 0xfc00, 0x1p-25: 0, 0x1.8p-25: 1} {
		if got := ToF16(v); got != want {
			t.Errorf("ToF16(%v) = %#04x, want %#04x", v, got, want)
		}
	}
	for v, want := range map[float32]uint16{1: 0x3f80, 0x1.01p0: 0x3f80, 0x1.03p0: 0x3f82, -2.5: 0xc020} {
		if got := ToBF16(v); got != want {
			t.Errorf("ToBF16(%v) = %#04x, want %#04x", v, got, want)
		}
	}
}

// FuzzQuantise: what is accepted comes back near, and quantising the result again
// with the same format does not move it further than a step; what is not finite is
// refused.
func FuzzQuantise(f *testing.F) {
	seeds := [][]byte{{}, {0, 0, 128, 63}, bytes.Repeat([]byte{0xff}, 128), bytes.Repeat([]byte{1, 2, 3, 0x40}, 32), {0, 0, 0xc0, 0x7f}}
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		src := make([]float32, 64)
		finite := true
		var most float64
		for i := range src {
			if len(raw) >= 4*i+4 {
				src[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
			}
			a := math.Abs(float64(src[i]))
			finite = finite && a <= math.MaxFloat32
			most = max(most, a)
		}
		for _, format := range Formats {
			buf, got := make([]byte, format.Bytes(2, 32)), make([]float32, 64)
			err := Quantise(format, buf, src, 2, 32)
			if !finite {
				if err == nil {
					t.Fatalf("%v took numbers that are not finite", format)
				}
				continue
			}
			if err != nil {
				if most < 60000 {
					t.Fatalf("%v: %v", format, err)
				}
				continue
			}
			Dequantise(format, got, buf, 2, 32)
			for i, v := range got {
				group := src[i/32*32 : i/32*32+32]
				var top float64
				for _, x := range group {
					top = max(top, math.Abs(float64(x)))
				}
				// Half a step and the scale's own rounding; q4's largest magnitude of the
				// other sign is cut at 7 of 8 steps.
				tol := map[Format]float64{F32: 0, F16: math.Abs(float64(src[i]))*0x1p-11 + 0x1p-25,
					Q8: top/254 + top*0x1p-10 + 0x1p-17, Q4: top/8*1.01 + 0x1p-20}[format]
				if diff := math.Abs(float64(v) - float64(src[i])); !(diff <= tol) {
					t.Fatalf("%v: element %d: %v became %v, more than %v off", format, i, src[i], v, tol)
				}
			}
		}
	})
}

func BenchmarkQuantise(b *testing.B) {
	const rows, cols = 64, 4096
	src := make([]float32, rows*cols)
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range src {
		src[i] = float32(rng.NormFloat64())
	}
	for _, f := range Formats {
		buf := make([]byte, f.Bytes(rows, cols))
		b.Run(fmt.Sprint(f), func(b *testing.B) {
			b.SetBytes(4 * rows * cols)
			for b.Loop() {
				if err := Quantise(f, buf, src, rows, cols); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprint("De/", f), func(b *testing.B) {
			b.SetBytes(4 * rows * cols)
			for b.Loop() {
				Dequantise(f, src, buf, rows, cols)
			}
		})
	}
}
