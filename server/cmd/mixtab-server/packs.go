package main

import (
	"fmt"
	"strings"

	"mixtab/packdir"
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

// Set takes "folder" or "name=folder".
func (p *packFlags) Set(value string) error {
	name, dir, named := strings.Cut(value, "=")
	if !named {
		dir = value
		var err error
		if name, err = packdir.ServedName(dir); err != nil {
			return err
		}
	}
	if !server.IsPackName(name) {
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
