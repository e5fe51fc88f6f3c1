package kerneltest

import (
	"path/filepath"
	"strings"
	"testing"
)

// Every kernel of the shaders folder has an op and a twin here, by the same stem.
func TestStems(t *testing.T) {
	files, err := filepath.Glob("../../../shaders/*.wgsl")
	if err != nil || len(files) != len(params) {
		t.Errorf("%d kernels in shaders, %d in the table of params: %v", len(files), len(params), err)
	}
	for _, file := range files {
		stem := strings.TrimSuffix(filepath.Base(file), ".wgsl")
		if _, ok := params[stem]; !ok {
			t.Errorf("%s is not in the table of params", stem)
		}
		for _, sibling := range []string{stem + ".go", "../../ref/" + stem + ".go"} {
			if found, _ := filepath.Glob(sibling); len(found) != 1 {
				t.Errorf("%s.wgsl has no %s", stem, sibling)
			}
		}
	}
}
