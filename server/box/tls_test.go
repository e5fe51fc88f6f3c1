package box

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// writePair makes a certificate for localhost that is valid from a day before now on, for
// days.
func writePair(t testing.TB, now time.Time) (certFile, keyFile string) {
	t.Helper()
	dir := t.TempDir()
	made := &SelfSigned{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
	if _, err := makeCertificate(made, []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1)}, now); err != nil {
		t.Fatal(err)
	}
	return made.Cert, made.Key
}

// trusting is a client that believes the certificate in a file and no other.
func trusting(t testing.TB, certFile string) *http.Client {
	t.Helper()
	text, err := os.ReadFile(certFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		t.Fatal("no certificate in " + certFile)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestTLSMistakes(t *testing.T) {
	now := time.Now()
	cert, key := writePair(t, now)
	_, otherKey := writePair(t, now)
	oldCert, oldKey := writePair(t, now.AddDate(-2, 0, 0))
	newCert, newKey := writePair(t, now.AddDate(0, 0, 3))
	missing := filepath.Join(t.TempDir(), "missing.pem")
	garbage := filepath.Join(t.TempDir(), "garbage.pem")
	if err := os.WriteFile(garbage, []byte("no PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	date := func(when time.Time) string { return when.UTC().Format(time.DateOnly) }
	for _, c := range []struct {
		name string
		tls  TLS
		want []string
	}{
		{"expired", TLS{Mode: TLSFiles, Cert: oldCert, Key: oldKey}, []string{oldCert, "expired", date(now.AddDate(-2, 0, 0).Add(selfValid)), "renew"}},
		{"not yet valid", TLS{Mode: TLSFiles, Cert: newCert, Key: newKey}, []string{newCert, "only from", date(now.AddDate(0, 0, 3).Add(-time.Hour)), "clock"}},
		{"another key", TLS{Mode: TLSFiles, Cert: cert, Key: otherKey}, []string{cert, otherKey, "does not match", "the key that it was made for"}},
		{"swapped", TLS{Mode: TLSFiles, Cert: key, Key: cert}, []string{cert, key, "PEM"}},
		{"no key", TLS{Mode: TLSFiles, Cert: cert}, []string{"name both"}},
		{"missing", TLS{Mode: TLSFiles, Cert: missing, Key: key}, []string{missing, "the certificate"}},
		{"missing key", TLS{Mode: TLSFiles, Cert: cert, Key: missing}, []string{missing, "the key"}},
		{"garbage", TLS{Mode: TLSFiles, Cert: garbage, Key: key}, []string{garbage, "PEM"}},
		{"no such mode", TLS{Mode: "on"}, []string{`"on"`, "self", "autocert"}},
		{"autocert without names", TLS{Mode: TLSAutocert}, []string{"-tls-hosts"}},
		{"autocert for an address", TLS{Mode: TLSAutocert, Hosts: []string{"192.0.2.1"}}, []string{"192.0.2.1", "names"}},
		{"autocert for a short name", TLS{Mode: TLSAutocert, Hosts: []string{"gpu"}}, []string{"gpu", "internet"}},
		{"autocert from nowhere", TLS{Mode: TLSAutocert, Hosts: []string{"a.example.org"}, Directory: "pebble:14000/dir"}, []string{"pebble:14000/dir", "ACME"}},
		{"no folder", TLS{Mode: TLSSelf, State: garbage}, []string{garbage, "-state"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			mentions(t, opens(Config{Listen: []string{"127.0.0.1:0"}, TLS: c.tls}), append(c.want, "-tls")...)
		})
	}
	mentions(t, opens(Config{Listen: []string{"127.0.0.1:0"}, Redirect: "127.0.0.1:0"}), "-redirect", "-tls")
}

func TestHTTP2OverTLS(t *testing.T) {
	const size = 3<<20 + 7
	name := bigFile(t, size)
	cert, key := writePair(t, time.Now())
	s := start(t, Config{Handler: files(name), TLS: TLS{Mode: TLSFiles, Cert: cert, Key: key}, Limits: Limits{MinRate: 16 << 10}})
	client := trusting(t, cert)
	resp, body := get(t, client, s.url)
	want, _ := os.ReadFile(name)
	if resp.ProtoMajor != 2 || resp.StatusCode != 200 || body != string(want) {
		t.Errorf("%s %s with %d bytes of %d", resp.Proto, resp.Status, len(body), size)
	}
	if resp.Header.Get("Strict-Transport-Security") != "" {
		t.Error("a browser is told to refuse this host without TLS for ever")
	}
	old := &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}
	if c, err := tls.Dial("tcp", s.Addresses()[0].Bound().String(), old); err == nil {
		c.Close()
		t.Error("TLS 1.1 is still spoken")
	}
}

// A file that has become shorter than was said ends its stream with an error: a cache that
// does not count bytes would keep half a shard for ever.
func TestShortFileOverHTTP2(t *testing.T) {
	name := bigFile(t, 3<<20)
	cert, key := writePair(t, time.Now())
	short := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		file, err := os.Open(name)
		if err != nil {
			t.Error(err)
			return
		}
		defer file.Close()
		w.Header().Set("Content-Length", "4000000")
		io.CopyN(w, file, 4_000_000)
	})
	s := start(t, Config{Handler: short, TLS: TLS{Mode: TLSFiles, Cert: cert, Key: key}, Metrics: "127.0.0.1:0"})
	resp, err := trusting(t, cert).Get(s.url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if n, err := io.Copy(io.Discard, resp.Body); err == nil || !strings.Contains(err.Error(), "INTERNAL_ERROR") {
		t.Errorf("%d bytes and %v, want the stream's end by an error", n, err)
	}
	if n := scrape(t, s)["mixtab_aborted_total"]; n != "1" {
		t.Errorf("%s responses count as aborted, want 1", n)
	}
}

// A reader of a stream is under deadlines as one of a connection is.
func TestSlowReaderOverHTTP2(t *testing.T) {
	t.Parallel()
	name := bigFile(t, 24<<20)
	cert, key := writePair(t, time.Now())
	s := start(t, Config{Handler: files(name), TLS: TLS{Mode: TLSFiles, Cert: cert, Key: key}, Limits: Limits{MinRate: 1 << 20}},
		func(s *Server) { s.site.grace = 300 * time.Millisecond })
	resp, err := trusting(t, cert).Get(s.url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	eventually(t, "the stalled stream is given up", func() bool { return scrape(t, s)["mixtab_aborted_total"] == "1" })
	if n, err := io.Copy(io.Discard, resp.Body); err == nil {
		t.Errorf("the stream looks whole, with %d bytes", n)
	}
}

// A certificate that is renewed under a running server is taken; one that is no good is
// not, and the old one stays.
func TestCertificateIsReadAgain(t *testing.T) {
	cert, key := writePair(t, time.Now())
	reload := make(chan os.Signal)
	s := start(t, Config{TLS: TLS{Mode: TLSFiles, Cert: cert, Key: key}, Reload: reload})
	serial := func() string {
		c, err := tls.Dial("tcp", s.Addresses()[0].Bound().String(), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.ConnectionState().PeerCertificates[0].SerialNumber.String()
	}
	first := serial()
	put := func(fromCert, fromKey string) {
		for from, to := range map[string]string{fromCert: cert, fromKey: key} {
			if err := os.Rename(from, to); err != nil {
				t.Fatal(err)
			}
		}
	}

	put(writePair(t, time.Now().AddDate(-2, 0, 0)))
	if !s.tls.pair.changed() {
		t.Error("a changed file is not seen")
	}
	reload <- os.Interrupt // any signal: the channel is for one kind
	eventually(t, "the log tells of the expired certificate", func() bool { return strings.Contains(s.log.String(), "the old one stays") })
	if serial() != first {
		t.Error("an expired certificate was taken")
	}
	if s.tls.pair.changed() {
		t.Error("files that were looked at are still new")
	}

	put(writePair(t, time.Now().Add(10*24*time.Hour-selfValid)))
	reload <- os.Interrupt
	eventually(t, "the new certificate is in use", func() bool { return serial() != first })
	eventually(t, "the log warns of its end", func() bool {
		return strings.Contains(s.log.String(), "expires soon") && strings.Contains(s.log.String(), "days=9")
	})
}

// Another file is seen as such with the size and the time of the one that it replaces.
func TestReplacedPairIsChanged(t *testing.T) {
	cert, key := writePair(t, time.Now())
	pair := &keyPair{certFile: cert, keyFile: key, metrics: newMetrics()}
	if err := pair.load(time.Now()); err != nil {
		t.Fatal(err)
	}
	if pair.changed() {
		t.Error("files that were just read are called changed")
	}
	was, err := os.Stat(key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(key+".new", text, 0o600), os.Chtimes(key+".new", was.ModTime(), was.ModTime()), os.Rename(key+".new", key)); err != nil {
		t.Fatal(err)
	}
	if !pair.changed() {
		t.Error("a replaced file is not seen")
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if !pair.changed() {
		t.Error("a file that is gone is not seen")
	}
}

func TestSelfSigned(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	now := time.Now()
	first, err := selfSigned(state, []string{"gpu.lan", "192.0.2.7"}, now)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := readPair(first.Cert, first.Key, now)
	if err != nil {
		t.Fatal(err)
	}
	host, _ := os.Hostname()
	for _, name := range []string{"localhost", "127.0.0.1", "::1", strings.ToLower(host), "gpu.lan", "192.0.2.7"} {
		if err := pair.Leaf.VerifyHostname(name); err != nil {
			t.Error(err)
		}
	}
	if pair.Leaf.IsCA || pair.Leaf.PublicKeyAlgorithm != x509.ECDSA || pair.Leaf.NotAfter.Sub(now) > 398*24*time.Hour {
		t.Errorf("authority %v, %v, valid until %v", pair.Leaf.IsCA, pair.Leaf.PublicKeyAlgorithm, pair.Leaf.NotAfter)
	}
	if info, err := os.Stat(first.Key); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key is %v (%v)", info.Mode(), err)
	}
	if parts := strings.Split(first.Fingerprint, ":"); len(parts) != 32 || len(parts[0]) != 2 {
		t.Errorf("the fingerprint is %s", first.Fingerprint)
	}
	for _, c := range []struct {
		name  string
		extra []string
		when  time.Time
		same  bool
	}{
		{"a restart", []string{"gpu.lan", "192.0.2.7"}, now.Add(time.Hour), true},
		{"fewer names", nil, now.Add(time.Hour), true},
		{"its last month", nil, now.Add(selfValid - 20*24*time.Hour), false},
		{"a new name", []string{"other.lan"}, now, false},
	} {
		before, err := selfSigned(state, nil, now)
		if err != nil {
			t.Fatal(err)
		}
		after, err := selfSigned(state, c.extra, c.when)
		if err != nil || (after.Fingerprint == before.Fingerprint) != c.same {
			t.Errorf("%s: kept %v, want %v (%v)", c.name, after.Fingerprint == before.Fingerprint, c.same, err)
		}
	}
}

func TestSelfSignedServes(t *testing.T) {
	s := start(t, Config{TLS: TLS{Mode: TLSSelf, State: t.TempDir()}})
	if _, body := get(t, trusting(t, s.SelfSigned().Cert), s.url); body != "hello" {
		t.Errorf("got %q", body)
	}
}

func TestRedirect(t *testing.T) {
	cert, key := writePair(t, time.Now())
	s := start(t, Config{TLS: TLS{Mode: TLSFiles, Cert: cert, Key: key}, Redirect: "127.0.0.1:0"})
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Transport: &http.Transport{DisableKeepAlives: true}}
	plain := s.asides[0].listener.Addr().String()
	resp, _ := get(t, client, "http://"+plain+"/a%20b?q=1")
	_, port, _ := net.SplitHostPort(s.Addresses()[0].Bound().String())
	if want := fmt.Sprintf("https://127.0.0.1:%s/a%%20b?q=1", port); resp.StatusCode != 308 || resp.Header.Get("Location") != want {
		t.Errorf("got %s to %s, want 308 to %s", resp.Status, resp.Header.Get("Location"), want)
	}
	post, err := client.Post("http://"+plain+"/", "text/plain", strings.NewReader("a secret"))
	if err != nil {
		t.Fatal(err)
	}
	post.Body.Close()
	if post.StatusCode != 405 {
		t.Errorf("a POST by plain HTTP: %s", post.Status)
	}
}
