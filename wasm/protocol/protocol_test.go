//go:build !js

package protocol

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the page's fixtures")

// fixtures is where the page's compiler checks the examples: `satisfies` refuses a
// missing field, one too many, and a value outside a union.
const fixtures = "../../web/lib/src/protocol.fixtures.ts"

func p[T any](v T) *T { return &v }

// requests and events have each message at least once, every field set.
var requests = []Request{
	Open{Type: "open", ID: 1, Pack: "https://example.org/packs/demo/", Context: 2048, ExpertBudget: 2 << 30, Arithmetic: "f16"},
	Chat{Type: "chat", ID: 2, Messages: []Message{{Role: "system", Content: "Be brief."}, {Role: "user", Content: "Hello"},
		{Role: "assistant", Content: "Hi"}, {Role: "user", Content: "¿Qué tal? \u2028 </s>"}},
		Sampling: Sampling{Temperature: p(0.5), TopP: p(0.9), TopK: p(40), MinP: p(0.05), Seed: p(int64(1) << 53), MaxTokens: p(256),
			Stop: []string{"\n\n"}, FrequencyPenalty: p(-0.5), PresencePenalty: p(1.0),
			RepetitionPenalty: p(1.25), LogitBias: map[int32]float32{7: -100, 22557: 2.5}, PromptLookup: p(4), TopLogprobs: p(5),
			Format: &Format{Type: FormatSchema, Schema: `{"type":"object"}`}}, Overflow: OverflowDrop, Routing: true, Begun: []int32{}},
	Chat{Type: "chat", ID: 3, Messages: []Message{{Role: "user", Content: "Hello"}}, Sampling: Sampling{Stop: []string{}}, Overflow: OverflowError, Begun: []int32{415, 3247}},
	Chat{Type: "chat", ID: 3, Messages: []Message{{Role: "user", Content: "Hello"}, {Role: "assistant", Content: "Hi, I"}}, Sampling: Sampling{Stop: []string{}}, Overflow: OverflowError, Continue: true, Begun: []int32{}},
	Complete{Type: "complete", ID: 4, Prompt: "Once upon", Sampling: Sampling{Stop: []string{}, Temperature: p(0.0), Format: &Format{Type: FormatObject}}, Routing: true, Begun: []int32{727}},
	Cancel{Type: "cancel", ID: 4},
	Tokenize{Type: "tokenize", ID: 5, Text: "Hello"},
	Detokenize{Type: "detokenize", ID: 6, Tokens: []int32{1, 22557}},
	Stats{Type: "stats", ID: 7},
	SetExpertBudget{Type: "setExpertBudget", ID: 8, Bytes: 4 << 30},
	Preflight{Type: "preflight", ID: 9, Pack: "https://example.org/packs/demo/", ExpertBudget: 8 << 30},
	Cache{Type: "cache", ID: 10, Action: CacheSave, Key: "a conversation", LimitBytes: 1 << 30,
		Messages: []Message{{Role: "user", Content: "Hello"}, {Role: "assistant", Content: "Hi"}}},
	Cache{Type: "cache", ID: 11, Action: CacheRestore, Key: "a conversation", Messages: []Message{}},
	Cache{Type: "cache", ID: 12, Action: CacheDrop, Messages: []Message{}},
}

var events = []Event{
	Ready{Type: "ready", Version: "1.0.0"},
	Progress{Type: "progress", ID: 1, Phase: PhaseDevice},
	Progress{Type: "progress", ID: 1, Phase: PhaseWeights, LoadedBytes: 1 << 30, TotalBytes: 26 << 30},
	Progress{Type: "progress", ID: 1, Phase: PhaseKernels},
	Restoring{Type: "restoring", LoadedBytes: 1 << 20, TotalBytes: 1 << 30}, Restoring{Type: "restoring", Done: true},
	Download{Type: "download", Phase: DownloadWaiting},
	Download{Type: "download", Phase: DownloadRuns, DoneBytes: 20 << 30, TotalBytes: 24 << 30, BytesPerSecond: 12.5e6,
		SecondsLeft: p(343.6), SecondsPerToken: p(51.25), WaitingTokens: 0.998},
	Download{Type: "download", Phase: DownloadVerifying}, Download{Type: "download", Phase: DownloadPaused},
	Download{Type: "download", Phase: DownloadDone, DoneBytes: 1, TotalBytes: 1, SecondsLeft: p(0.0), SecondsPerToken: p(0.5)},
	Download{Type: "download", Phase: DownloadFailed, Failure: &Failure{Code: CodeStorage, Message: "no room"}},
	Opened{Type: "opened", ID: 1, Model: "mixtab demo", Format: "q8", PackBytes: 6_700_000, Parameters: 6_300_000, Context: 1152,
		Temperature: 0.5, Adapter: "swiftshader", AdapterKind: "cpu", Layers: 32, Experts: 8, ExpertsPerToken: 2},
	Delta{Type: "delta", ID: 2, Text: "Bonjour \"", Tokens: 3, IDs: []int32{9, 28739}},
	Delta{Type: "delta", ID: 2, Text: "é", Tokens: 5, IDs: []int32{198, 172}, Logprobs: []TokenLogprobs{
		{TokenLogprob{Token: 198, Text: `\xc3`, Bytes: []int{0xc3}, Logprob: -0.25}, []TokenLogprob{{Token: 2, Text: "</s>", Bytes: []int{}, Logprob: -1.5}}},
		{TokenLogprob{Token: 172, Text: `\xa9`, Bytes: []int{0xa9}}, []TokenLogprob{}}}},
	Routing{Type: "routing", ID: 2, Index: 3, Experts: []int{3, 0, 7, 1}, Weights: []float32{0.625, 0.375, 0.75, 0.25}, Loads: []int{2}},
	Done{Type: "done", ID: 2, FinishReason: FinishStop, PromptTokens: 15, CachedTokens: 7, CompletionTokens: 20, DroppedMessages: 2, DraftedTokens: 12, AcceptedTokens: 9, SpeculationOff: "not all experts are on the device",
		PrefillMs: 12.5, DecodeMs: 300.25, Seed: 42},
	Done{Type: "done", ID: 3, FinishReason: FinishLength},
	Done{Type: "done", ID: 4, FinishReason: FinishCancelled},
	Result{Type: "result", ID: 5, Tokens: []int32{22557}, Text: "Hello",
		Stats: &EngineStats{Dispatches: 1, Submits: 2, HostCalls: 3, GPUBytes: 4, GoHeapBytes: 5, Experts: ExpertStats{BudgetBytes: 6, TotalBytes: 7,
			Slots: 8, Resident: true, SharedPool: true, Uses: 9, Loads: 10, HitRate: 0.5, LoadedBytes: 11, WaitMs: 12.5}}},
	Result{Type: "result", ID: 6, Tokens: []int32{}},
	Cached{Type: "cached", ID: 10, Tokens: 96},
	Report{Type: "report", ID: 9, Adapter: "swiftshader", StoreBytes: 26 << 30, ResidentBytes: 1 << 30, CacheBytes: 1 << 29, ExpertBytes: 8 << 30,
		StoredBytes: 20 << 30, NeededBytes: 6 << 30, Quota: 36 << 30, Usage: 20 << 30, Persisted: true, GrantedBytes: 7 << 30, CopyGBPerS: 1.5,
		LoadGBPerS: 2.5, FirstLoadGBPerS: 0.5, FirstLoadFromNetwork: true, Regime: RegimeSlots, Slots: 72, SmallestBudgetBytes: 800 << 20,
		ComputeSecondsPerToken: 0.25, WaitSecondsPerToken: 0.75, HitRate: 0.5, TokensPerSecond: 1},
	Report{Type: "report", ID: 9, Regime: RegimeResident}, Report{Type: "report", ID: 9, Regime: RegimePool},
	Report{Type: "report", ID: 9, Regime: RegimeTooSmall},
	Failed{Type: "failed", ID: 2, Code: CodeNoWebGPU, Message: "no adapter"},
	Failed{Type: "failed", Code: CodeDeviceLost}, Failed{Type: "failed", Code: CodeOutOfMemory}, Failed{Type: "failed", Code: CodeBadPack},
	Failed{Type: "failed", Code: CodeNetwork}, Failed{Type: "failed", Code: CodeContextFull}, Failed{Type: "failed", Code: CodeBadRequest},
	Failed{Type: "failed", Code: CodeInternal}, Failed{Type: "failed", Code: CodeStorage},
}

// TestPageAgrees writes the examples as TypeScript, for the page's compiler to check.
func TestPageAgrees(t *testing.T) {
	var want bytes.Buffer
	want.WriteString("// Made by `go test ./wasm/protocol -update`: examples of every message, as Go writes them.\n" +
		"// That this file compiles is the test that both sides agree.\n" +
		"// biome-ignore-all format: as JSON writes it\n\n")
	used := map[string]bool{"EngineRequest": true, "EngineEvent": true}
	var body bytes.Buffer
	list(t, &body, used, "requests", "EngineRequest", requests)
	list(t, &body, used, "events", "EngineEvent", events)
	names := strings.Join(slices.Sorted(maps.Keys(used)), ", ")
	fmt.Fprintf(&want, "import type { %s } from './protocol.ts';\n\n", names)
	want.Write(body.Bytes())
	if *update {
		if err := os.WriteFile(fixtures, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(fixtures)
	if err != nil {
		t.Fatalf("%v; run go test ./wasm/protocol -update", err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Errorf("%s is not what the Go side writes; run go test ./wasm/protocol -update, then make check", fixtures)
	}
}

func list[M any](t *testing.T, out *bytes.Buffer, used map[string]bool, name, union string, messages []M) {
	t.Helper()
	fmt.Fprintf(out, "export const %s: %s[] = [\n", name, union)
	for _, m := range messages {
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		typeName := reflect.TypeOf(m).Name()
		used[typeName] = true
		fmt.Fprintf(out, "  %s satisfies %s,\n", text, typeName)
	}
	out.WriteString("];\n")
}

// TestRequestsRoundTrip parses what the page sends back to what it was made of.
func TestRequestsRoundTrip(t *testing.T) {
	for _, want := range requests {
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseRequest(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

func TestParseRequestRefuses(t *testing.T) {
	for _, text := range []string{``, `{`, `[]`, `{}`, `{"type":"nonsense","id":1}`, `{"type":"chat","messages":"no list"}`, `{"type":"ready"}`} {
		if got, err := ParseRequest([]byte(text)); err == nil {
			t.Errorf("%q gave %+v, want an error", text, got)
		}
	}
}
