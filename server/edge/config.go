//go:build js && wasm

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/hack-pad/safejs"
	"github.com/syumai/workers/cloudflare"
)

// config is what wrangler.jsonc says.
type config struct {
	packs  map[string]*bucket
	preset string
}

// readConfig reads the Worker's bindings: the bucket BUCKET, and the variables PACKS, a
// JSON object from the names of packs to their folders in the bucket, and DEFAULT, which
// may be left out where there is one pack.
func readConfig() (config, error) {
	if r2().Type() != safejs.TypeObject {
		return config{}, errors.New("there is no bucket: wrangler.jsonc needs r2_buckets with the binding BUCKET")
	}
	var folders map[string]string
	text, err := asJSON(safejs.Safe(cloudflare.GetBinding("PACKS")))
	if err == nil {
		err = json.Unmarshal([]byte(text), &folders)
	}
	if err != nil || len(folders) == 0 {
		return config{}, errors.New(`the variable PACKS of wrangler.jsonc has to be an object such as {"demo": "packs/demo"}, from names to folders in the bucket`)
	}
	cfg := config{packs: make(map[string]*bucket)}
	for name, folder := range folders {
		cfg.packs[name] = &bucket{strings.Trim(folder, "/") + "/", make(map[string]string)}
	}
	preset := safejs.Safe(cloudflare.GetBinding("DEFAULT"))
	if preset.IsUndefined() {
		return cfg, nil
	}
	if cfg.preset, err = preset.String(); err != nil {
		return config{}, fmt.Errorf("the variable DEFAULT of wrangler.jsonc has to be the name of a pack: %w", err)
	}
	return cfg, nil
}

func asJSON(v safejs.Value) (string, error) {
	converter, err := safejs.Global().Get("JSON")
	if err != nil {
		return "", err
	}
	text, err := converter.Call("stringify", v)
	if err != nil {
		return "", err
	}
	return text.String()
}
