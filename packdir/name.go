package packdir

import (
	"path/filepath"
	"strings"
)

// ServedName is the name that a pack is served by where nobody gives it one: its folder's,
// in small letters and with a dash for each character that a URL would have to escape.
func ServedName(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '_' {
			return r
		}
		return '-'
	}, strings.ToLower(filepath.Base(abs))), nil
}
