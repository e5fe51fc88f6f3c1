package kerneltest

import (
	_ "embed"
	"encoding/json"
)

// unitCases are small cases of RMSNorm, RoPE, SiLU and the router that an independent
// implementation (Hugging Face's, in PyTorch) computed.
//
//go:embed testdata/unit_cases.json
var unitCases []byte

// unit decodes one of the unit cases.
func (c *trial) unit(name string, into any) {
	c.Helper()
	var all map[string]json.RawMessage
	if err := json.Unmarshal(unitCases, &all); err != nil {
		c.Fatal(err)
	}
	if err := json.Unmarshal(all[name], into); err != nil {
		c.Fatalf("unit case %s: %v", name, err)
	}
}
