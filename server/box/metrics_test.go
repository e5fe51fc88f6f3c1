package box

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// scrape reads the metrics, by their names with their labels.
func scrape(t testing.TB, s *running) map[string]string {
	t.Helper()
	w := httptest.NewRecorder()
	s.site.metrics.handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	values := make(map[string]string)
	for _, line := range strings.Split(w.Body.String(), "\n") {
		if i := strings.LastIndexByte(line, ' '); i > 0 && line[0] != '#' {
			values[line[:i]] = line[i+1:]
		}
	}
	return values
}

// settled reads the metrics when no request runs any more: a client has its answer a little
// before it is counted.
func settled(t testing.TB, s *running) (got map[string]string) {
	t.Helper()
	eventually(t, "no request runs", func() bool {
		got = scrape(t, s)
		return got["mixtab_requests_running"] == "0"
	})
	return got
}

func TestMetrics(t *testing.T) {
	name := bigFile(t, 100_000)
	s := start(t, Config{Handler: files(name), Packs: []string{"demo"}, Metrics: "127.0.0.1:0"})
	get(t, http.DefaultClient, s.url+"/packs/demo/shards/00.bin")
	get(t, http.DefaultClient, s.url+"/packs/demo/shards/00.bin", "Range", "bytes=0-9")
	get(t, http.DefaultClient, s.url+"/packs/demo/shards/00.bin", "Range", "bytes=200000-")
	get(t, http.DefaultClient, s.url+"/packs.json")
	for i := range 50 { // what clients invent does not become labels
		get(t, http.DefaultClient, fmt.Sprintf("%s/packs/invented-%d/manifest.json", s.url, i), "Range", "bytes=0-0")
	}
	got := settled(t, s)
	for name, want := range map[string]string{
		`mixtab_requests_total{code="200",kind="shard"}`: "1",
		`mixtab_requests_total{code="206",kind="shard"}`: "1",
		`mixtab_requests_total{code="416",kind="shard"}`: "1",
		`mixtab_requests_total{code="200",kind="index"}`: "1",
		`mixtab_requests_total{code="206",kind="other"}`: "50",
		`mixtab_response_bytes_total{kind="index"}`:      "100000",
		`mixtab_ranges_total`:                            "51",
		`mixtab_requests_running`:                        "0",
		`mixtab_aborted_total`:                           "0",
		`mixtab_panics_total`:                            "0",
		`mixtab_connections_open`:                        "1",
		`mixtab_connections_total`:                       "1",
		`mixtab_log_records_dropped_total`:               "0",
		`mixtab_certificate_expires_seconds`:             "0",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %s", name, got[name], want)
		}
	}
	for _, name := range []string{"go_goroutines", "process_resident_memory_bytes", "process_open_fds", `mixtab_pack_bytes_total{pack="demo"}`} {
		if got[name] == "" || got[name] == "0" {
			t.Errorf("%s is %q", name, got[name])
		}
	}
	for name := range got {
		if strings.Contains(name, "invented") {
			t.Errorf("a client has made the metric %s", name)
		}
	}
	// On an address of their own, and there alone.
	resp, body := get(t, http.DefaultClient, "http://"+s.asides[0].listener.Addr().String()+"/metrics")
	if resp.StatusCode != 200 || !strings.Contains(body, "mixtab_requests_total") {
		t.Errorf("on their own address: %s", resp.Status)
	}
	if _, body := get(t, http.DefaultClient, s.url+"/metrics"); strings.Contains(body, "mixtab_requests_total") {
		t.Error("visitors can read the metrics")
	}
}

func TestThings(t *testing.T) {
	packs := map[string]bool{"demo": true}
	for path, want := range map[string]thing{
		"/":                            {kind: "page"},
		"/index.html":                  {kind: "page"},
		"/nothing/at/all":              {kind: "page"},
		"/assets/x-1.js":               {kind: "asset"},
		"/lib/mixtab.js":               {kind: "asset"},
		"/workers/x-1.js":              {kind: "asset"},
		"/packs.json":                  {kind: "index"},
		"/healthz":                     {kind: "probe"},
		"/readyz":                      {kind: "probe"},
		"/packs/demo/manifest.json":    {"manifest", "demo"},
		"/packs/demo/tokenizer.model":  {"tokenizer", "demo"},
		"/packs/demo/pack.torrent":     {"torrent", "demo"},
		"/packs/demo/shards/00.bin":    {"shard", "demo"},
		"/packs/demo/else":             {"other", "demo"},
		"/packs/another/manifest.json": {kind: "other"},
		"/packs/":                      {kind: "other"},
	} {
		got := thingAt(path, packs)
		if got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
}

func TestDebugAddress(t *testing.T) {
	for _, address := range []string{":6060", "0.0.0.0:6060", "192.0.2.1:6060", "example.org:6060", "nonsense"} {
		mentions(t, opens(Config{Listen: []string{"127.0.0.1:0"}, Debug: address}), "-debug-addr", address, "ssh -L")
	}
	s := start(t, Config{Debug: "localhost:0"})
	if resp, body := get(t, http.DefaultClient, "http://"+s.asides[0].listener.Addr().String()+"/debug/pprof/"); resp.StatusCode != 200 || !strings.Contains(body, "goroutine") {
		t.Errorf("profiles: %s", resp.Status)
	}
	if _, body := get(t, http.DefaultClient, s.url+"/debug/pprof/"); body != "hello" {
		t.Error("visitors can read profiles")
	}
}

// A panic is told in the log and costs nothing but its own request.
func TestPanics(t *testing.T) {
	s := start(t, Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/early":
			w.Header().Set("Content-Length", "1000")
			panic("an early mistake")
		case "/late":
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, "the first bytes")
			http.NewResponseController(w).Flush()
			panic("a late mistake")
		case "/abort":
			panic(http.ErrAbortHandler)
		}
		io.WriteString(w, "hello")
	})})
	resp, body := get(t, http.DefaultClient, s.url+"/early")
	if resp.StatusCode != 500 || strings.Contains(body, "mistake") || resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("early: %s %q", resp.Status, body)
	}
	late, err := http.Get(s.url + "/late")
	if err != nil {
		t.Fatal(err)
	}
	defer late.Body.Close()
	if body, err := io.ReadAll(late.Body); err == nil {
		t.Errorf("late: a cut response looks whole: %q", body)
	}
	if resp, err := http.Get(s.url + "/abort"); err == nil {
		resp.Body.Close()
		t.Errorf("abort: %s", resp.Status)
	}
	if _, body := get(t, http.DefaultClient, s.url); body != "hello" {
		t.Errorf("afterwards: %q", body)
	}
	log := s.log.String()
	for _, want := range []string{"an early mistake", "a late mistake", "path=/early", "metrics_test.go"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not tell of %q: %s", want, log)
		}
	}
	got := settled(t, s)
	for name, want := range map[string]string{
		"mixtab_panics_total": "2", "mixtab_aborted_total": "2", "mixtab_requests_running": "0",
		`mixtab_requests_total{code="500",kind="page"}`:  "1",
		`mixtab_requests_total{code="none",kind="page"}`: "1",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %s", name, got[name], want)
		}
	}
}

func TestAccessLog(t *testing.T) {
	for _, c := range []struct {
		level     slog.Level
		has, lack []string
	}{
		{slog.LevelInfo, []string{"path=/packs/demo/shards/00.bin", "pack=demo", "status=206", "bytes=10", `range="bytes=0-9"`, "client=192.0.2.1", "id=mine-1", "took=", "path=/missing", "…"}, nil},
		{slog.LevelWarn, []string{"path=/missing", "status=404"}, []string{"status=206"}},
		{slog.LevelError, []string{"status=500", "path=/broken"}, []string{"status=206", "status=404"}},
	} {
		t.Run(c.level.String(), func(t *testing.T) {
			var out syncBuffer
			name := bigFile(t, 1000)
			trust, _ := ParseProxies([]string{"127.0.0.1"})
			s := start(t, Config{Packs: []string{"demo"}, Trust: trust, AccessLog: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: c.level})),
				Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					switch r.URL.Path {
					case "/missing":
						http.NotFound(w, r)
					case "/broken":
						panic("broken")
					default:
						files(name).ServeHTTP(w, r)
					}
				})})
			get(t, http.DefaultClient, s.url+"/packs/demo/shards/00.bin", "Range", "bytes=0-9", "X-Forwarded-For", "192.0.2.1", "X-Request-Id", "mine-1")
			get(t, http.DefaultClient, s.url+"/missing", "X-Request-Id", "not trusted")
			get(t, http.DefaultClient, s.url+"/broken")
			get(t, http.DefaultClient, s.url+"/"+strings.Repeat("long", 1000))
			s.stop()
			<-s.ended
			for _, want := range c.has {
				if !strings.Contains(out.String(), want) {
					t.Errorf("no %q in %s", want, out.String())
				}
			}
			for _, lack := range append(c.lack, "not trusted", strings.Repeat("long", 100)) {
				if strings.Contains(out.String(), lack) {
					t.Errorf("%q in %s", lack, out.String())
				}
			}
		})
	}
}

// What a client writes into its request makes no line of its own in the log.
func TestAccessLogIsOneLineEach(t *testing.T) {
	var out bytes.Buffer
	r := httptest.NewRequest("GET", "/", nil)
	r.URL.Path = "/x\nlevel=ERROR msg=forged"
	r.Header.Set("Range", "bytes=0-\r\nmsg=forged")
	record(slog.New(slog.NewTextHandler(&out, nil)), r, &writer{status: 200}, thing{kind: "page"}, addr("192.0.2.1"), false, 0)
	if n := strings.Count(out.String(), "\n"); n != 1 {
		t.Errorf("%d lines: %s", n, &out)
	}
}
