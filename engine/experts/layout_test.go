package experts

import (
	"errors"
	"strings"
	"testing"
)

var mixtral = Shape{Layers: 32, Experts: 8, TopK: 2, Bytes: 99_090_432}

func TestNewLayout(t *testing.T) {
	small := Shape{Layers: 2, Experts: 4, TopK: 2, Bytes: 1000}
	for _, tt := range []struct {
		name   string
		shape  Shape
		budget int64
		pool   int
		first  int // slots of the first layer
		last   int
	}{
		{"all", mixtral, 0, 0, 8, 8},
		{"more than all", mixtral, 1 << 60, 0, 8, 8},
		{"exactly all", mixtral, 256 * mixtral.Bytes, 0, 8, 8},
		{"all but one", mixtral, 256*mixtral.Bytes - 1, 0, 8, 7},
		{"8 GiB", mixtral, 8 << 30, 0, 3, 2},
		{"two a layer", mixtral, 64 * mixtral.Bytes, 0, 2, 2},
		{"one less", mixtral, 64*mixtral.Bytes - 1, 63, 0, 0},
		{"4 GiB", mixtral, 4 << 30, 43, 0, 0},
		{"least", mixtral, 8 * mixtral.Bytes, 8, 0, 0},
		{"a small model never needs a pool", small, 4000, 0, 2, 2},
		{"one layer", Shape{Layers: 1, Experts: 4, TopK: 2, Bytes: 1000}, 2000, 0, 2, 2},
		{"top 3", Shape{Layers: 4, Experts: 8, TopK: 3, Bytes: 1000}, 13000, 0, 4, 3},
		{"top 1", Shape{Layers: 32, Experts: 4, TopK: 1, Bytes: 1000}, 31000, 31, 0, 0},
	} {
		l, err := NewLayout(tt.shape, tt.budget)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		first, last := 0, 0
		if l.PerLayer != nil {
			first, last = l.PerLayer[0], l.PerLayer[len(l.PerLayer)-1]
		}
		if l.Pool != tt.pool || first != tt.first || last != tt.last || (l.Pool > 0) == (l.PerLayer != nil) {
			t.Errorf("%s: pool of %d, slots %v", tt.name, l.Pool, l.PerLayer)
		}
		if want := tt.first == tt.shape.Experts && tt.last == tt.first; l.Resident() != want {
			t.Errorf("%s: resident is %v", tt.name, l.Resident())
		}
		if tt.budget > 0 && (l.Bytes() > tt.budget || !l.Resident() && l.Bytes()+tt.shape.Bytes <= tt.budget) {
			t.Errorf("%s: %d bytes of a budget of %d", tt.name, l.Bytes(), tt.budget)
		}
	}
}

func TestBudgetTooSmall(t *testing.T) {
	top3 := mixtral
	top3.TopK = 3
	for _, tt := range []struct {
		shape  Shape
		budget int64
		want   string
	}{
		{mixtral, 500e6, "500 MB holds 5 experts; the least that works is 793 MB (8 experts)"},
		{mixtral, -1, "0 kB holds 0 experts; the least that works is 793 MB (8 experts)"},
		{top3, 4e9, "4.00 GB holds 40 experts; the least that works is 9.52 GB (96 experts)"},
		{Shape{Layers: 2, Experts: 4, TopK: 2, Bytes: 1001}, 3000, "3 kB holds 2 experts; the least that works is 5 kB (4 experts)"},
	} {
		_, err := NewLayout(tt.shape, tt.budget)
		if !errors.Is(err, ErrBudget) || !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("%v, %d: %v, want …%s", tt.shape, tt.budget, err, tt.want)
		}
	}
	// The budget that the message names works.
	if _, err := NewLayout(mixtral, 793e6); err != nil {
		t.Error(err)
	}
	if _, err := NewLayout(top3, 952e7); err != nil {
		t.Error(err)
	}
}
