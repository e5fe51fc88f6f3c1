//go:build js && wasm

package source

import "context"

// Room is what of a pack is missing, and what the browser says of the room for it. Quota
// and usage are its estimate, which may be far off.
type Room struct {
	NeededBytes, Quota, Usage int64
	Persisted                 bool // the browser does not delete it by itself
}

// Room asks the store.
func (p *Pack) Room(ctx context.Context) (r Room, err error) {
	v, err := p.store.call(ctx, "room", p.URL)
	if err != nil {
		return r, err
	}
	for name, to := range map[string]*int64{"needed": &r.NeededBytes, "quota": &r.Quota, "usage": &r.Usage} {
		n, err := number(v, name)
		if err != nil {
			return r, err
		}
		*to = int64(n)
	}
	r.Persisted, err = truth(v, "persisted")
	return r, err
}
