package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"mixtab/server"
)

// packFlags collects -pack.
type packFlags []namedPack

type namedPack struct{ name, dir string }

func (p *packFlags) String() string {
	var dirs []string
	for _, pack := range *p {
		dirs = append(dirs, pack.name+"="+pack.dir)
	}
	return strings.Join(dirs, ",")
}

// Set takes "folder" or "name=folder". Without a name, the folder's own, in small letters
// and with a dash for each character that a URL would have to escape.
func (p *packFlags) Set(value string) error {
	name, dir, named := strings.Cut(value, "=")
	if !named {
		dir = value
		abs, err := filepath.Abs(dir)
		if err != nil {
			return err
		}
		name = strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '_' {
				return r
			}
			return '-'
		}, strings.ToLower(filepath.Base(abs)))
	}
	if !server.PackName.MatchString(name) {
		return fmt.Errorf("%q is no name for a pack: use -pack name=folder with lower-case letters, digits, '.', '_' and '-'", name)
	}
	for _, other := range *p {
		if other.name == name {
			return fmt.Errorf("two packs are called %q: use -pack name=folder", name)
		}
	}
	*p = append(*p, namedPack{name, dir})
	return nil
}
