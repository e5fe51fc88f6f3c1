package box

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// An authority speaks as much of ACME (RFC 8555) as a client needs for one certificate. It
// checks that the name leads to the server, by one kind of challenge, and believes
// signatures.
type authority struct {
	t         *testing.T
	url       string
	challenge string // http-01 or tls-alpn-01
	plain     string // where the name's port 80 is
	secure    string // and 443
	name      string

	key       *ecdsa.PrivateKey
	root      *x509.Certificate
	validated atomic.Bool
	issued    atomic.Pointer[[]byte]
}

func newAuthority(t *testing.T, challenge, name string) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a test's authority"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	root, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{t: t, challenge: challenge, name: name, key: key, root: root}
	srv := httptest.NewServer(a)
	t.Cleanup(srv.Close)
	a.url = srv.URL
	return a
}

func (a *authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Replay-Nonce", fmt.Sprint(time.Now().UnixNano()))
	say := func(code int, v any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		json.NewEncoder(w).Encode(v)
	}
	order := map[string]any{"status": "pending", "identifiers": []any{map[string]string{"type": "dns", "value": a.name}},
		"authorizations": []string{a.url + "/authorization"}, "finalize": a.url + "/finalize"}
	switch {
	case a.issued.Load() != nil:
		order["status"], order["certificate"] = "valid", a.url+"/certificate"
	case a.validated.Load():
		order["status"] = "ready"
	}
	state := map[bool]string{false: "pending", true: "valid"}[a.validated.Load()]
	challenge := map[string]string{"type": a.challenge, "url": a.url + "/challenge", "token": "a-token", "status": state}
	switch r.URL.Path {
	case "/directory":
		say(200, map[string]string{"newNonce": a.url + "/nonce", "newAccount": a.url + "/account", "newOrder": a.url + "/order"})
	case "/nonce":
	case "/account":
		w.Header().Set("Location", a.url+"/account/1")
		say(201, map[string]string{"status": "valid"})
	case "/order":
		w.Header().Set("Location", a.url+"/order/1")
		say(201, order)
	case "/order/1":
		w.Header().Set("Location", a.url+"/order/1")
		say(200, order)
	case "/authorization":
		say(200, map[string]any{"status": state, "identifier": map[string]string{"type": "dns", "value": a.name}, "challenges": []any{challenge}})
	case "/challenge":
		if err := a.validate(); err != nil {
			a.t.Errorf("the authority does not find the name here: %v", err)
			say(400, map[string]string{"type": "urn:ietf:params:acme:error:unauthorized"})
			return
		}
		a.validated.Store(true)
		challenge["status"] = "valid"
		say(200, challenge)
	case "/finalize":
		a.sign(r)
		order["status"], order["certificate"] = "valid", a.url+"/certificate"
		w.Header().Set("Location", a.url+"/order/1")
		say(200, order)
	case "/certificate":
		w.Header().Set("Content-Type", "application/pem-certificate-chain")
		for _, raw := range [][]byte{*a.issued.Load(), a.root.Raw} {
			pem.Encode(w, &pem.Block{Type: "CERTIFICATE", Bytes: raw})
		}
	default:
		a.t.Errorf("the authority was asked for %s", r.URL.Path)
	}
}

// validate looks whether the name's server knows of the order.
func (a *authority) validate() error {
	if a.challenge == "tls-alpn-01" {
		c, err := tls.Dial("tcp", a.secure, &tls.Config{ServerName: a.name, NextProtos: []string{"acme-tls/1"}, InsecureSkipVerify: true})
		if err != nil {
			return err
		}
		defer c.Close()
		return c.ConnectionState().PeerCertificates[0].VerifyHostname(a.name)
	}
	r, err := http.NewRequest("GET", "http://"+a.plain+"/.well-known/acme-challenge/a-token", nil)
	if err != nil {
		return err
	}
	r.Host = a.name
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if text, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != 200 || !strings.HasPrefix(string(text), "a-token.") {
		return fmt.Errorf("%s %q (%v)", resp.Status, text, err)
	}
	return nil
}

// sign makes the certificate that the request's payload asks for.
func (a *authority) sign(r *http.Request) {
	var signed struct{ Payload string }
	var payload struct{ CSR string }
	err := json.NewDecoder(r.Body).Decode(&signed)
	if err == nil {
		var text []byte
		if text, err = base64.RawURLEncoding.DecodeString(signed.Payload); err == nil {
			err = json.Unmarshal(text, &payload)
		}
	}
	raw, err2 := base64.RawURLEncoding.DecodeString(payload.CSR)
	request, err3 := x509.ParseCertificateRequest(raw)
	if err != nil || err2 != nil || err3 != nil {
		a.t.Errorf("no request for a certificate: %v, %v, %v", err, err2, err3)
		return
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: request.DNSNames, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * 24 * time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, a.root, request.PublicKey, a.key)
	if err != nil {
		a.t.Error(err)
	}
	a.issued.Store(&cert)
}

// An authority is asked for a certificate when the name is first asked for, and finds the
// name here by plain HTTP or by TLS.
func TestAutocert(t *testing.T) {
	const name = "weights.example.org"
	for _, challenge := range []string{"http-01", "tls-alpn-01"} {
		t.Run(challenge, func(t *testing.T) {
			a := newAuthority(t, challenge, name)
			cfg := Config{TLS: TLS{Mode: TLSAutocert, Hosts: []string{name}, State: t.TempDir(), Directory: a.url + "/directory"}}
			if challenge == "http-01" {
				cfg.Redirect = "127.0.0.1:0"
			}
			s := start(t, cfg)
			a.secure = s.Addresses()[0].Bound().String()
			if len(s.asides) > 0 {
				a.plain = s.asides[0].listener.Addr().String()
			}
			roots := x509.NewCertPool()
			roots.AddCert(a.root)
			for range 2 { // the second time out of the cache
				c, err := tls.Dial("tcp", a.secure, &tls.Config{ServerName: name, RootCAs: roots})
				if err != nil {
					t.Fatal(err)
				}
				c.Close()
			}
			if c, err := tls.Dial("tcp", a.secure, &tls.Config{ServerName: "another.example.org", InsecureSkipVerify: true}); err == nil {
				c.Close()
				t.Error("a name that is not ours was served")
			}
			if got := scrape(t, s)["mixtab_certificate_expires_seconds"]; got == "0" {
				t.Error("the metrics do not know when the certificate expires")
			}
		})
	}
}
