package web

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestCheckedRefusesAnUnbuiltPage(t *testing.T) {
	_, err := checked(fstest.MapFS{".keep": {}})
	if err == nil || !strings.Contains(err.Error(), "make build") {
		t.Errorf("got %v, want an error that names make build", err)
	}
}

func TestCheckedTakesABuiltPage(t *testing.T) {
	dist, err := checked(fstest.MapFS{"index.html": {}})
	if err != nil || dist == nil {
		t.Errorf("got %v, %v", dist, err)
	}
}
