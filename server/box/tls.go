package box

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// TLS says where the certificate comes from.
type TLS struct {
	Mode string // TLSOff, TLSFiles, TLSSelf or TLSAutocert

	Cert, Key string   // TLSFiles: files in PEM, the certificate with its chain
	Hosts     []string // TLSAutocert: all names that are served; TLSSelf: names beside this machine's own
	State     string   // TLSSelf and TLSAutocert: the folder that keeps what was made
	Directory string   // TLSAutocert: the authority's ACME directory; "" is Let's Encrypt's
	Email     string   // TLSAutocert: where the authority may write to; may be ""
}

// The modes of TLS.
const (
	TLSOff      = "off"
	TLSFiles    = "files"
	TLSSelf     = "self"
	TLSAutocert = "autocert"
)

// certificates are where a running server has its certificate from.
type certificates struct {
	config  *tls.Config
	pair    *keyPair          // nil with autocert
	manager *autocert.Manager // nil without
	made    *SelfSigned       // nil where the certificate is not our own
}

// openTLS finds or makes the certificate. It is nil where there is no TLS.
func openTLS(cfg TLS, m *metrics) (*certificates, error) {
	switch cfg.Mode {
	case TLSOff, "":
		return nil, nil
	case TLSFiles:
		if cfg.Cert == "" || cfg.Key == "" {
			return nil, errors.New("a certificate needs its key, and a key its certificate: name both")
		}
		return openPair(cfg.Cert, cfg.Key, m)
	case TLSSelf:
		made, err := selfSigned(cfg.State, cfg.Hosts, time.Now())
		if err != nil {
			return nil, err
		}
		c, err := openPair(made.Cert, made.Key, m)
		if err == nil {
			c.made = made
		}
		return c, err
	case TLSAutocert:
		return openAutocert(cfg, m)
	}
	return nil, fmt.Errorf("%q is no way to have TLS: use off, files, self or autocert", cfg.Mode)
}

func openPair(cert, key string, m *metrics) (*certificates, error) {
	p := &keyPair{certFile: cert, keyFile: key, metrics: m}
	if err := p.load(time.Now()); err != nil {
		return nil, err
	}
	get := func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return p.current.Load(), nil }
	return &certificates{config: &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: get}, pair: p}, nil
}

// openAutocert has certificates made by an authority when their names are first asked for.
func openAutocert(cfg TLS, m *metrics) (*certificates, error) {
	if len(cfg.Hosts) == 0 {
		return nil, errors.New("autocert needs the names to have certificates for: list them with -tls-hosts")
	}
	for _, host := range cfg.Hosts {
		if net.ParseIP(host) != nil || !strings.Contains(host, ".") {
			return nil, fmt.Errorf("autocert cannot have a certificate for %q: use names that the whole internet finds this server by", host)
		}
	}
	manager := &autocert.Manager{
		Prompt:     autocert.AcceptTOS,
		Cache:      autocert.DirCache(filepath.Join(cfg.State, "autocert")),
		HostPolicy: autocert.HostWhitelist(cfg.Hosts...),
		Email:      cfg.Email,
	}
	if cfg.Directory != "" {
		if u, err := url.Parse(cfg.Directory); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
			return nil, fmt.Errorf("%q is no address of an authority: use the URL of its ACME directory", cfg.Directory)
		}
		manager.Client = &acme.Client{DirectoryURL: cfg.Directory}
	}
	config := manager.TLSConfig()
	config.MinVersion = tls.VersionTLS12
	get := config.GetCertificate
	config.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		cert, err := get(hello)
		if err == nil && cert.Leaf != nil {
			m.certUntil.Set(float64(cert.Leaf.NotAfter.Unix()))
		}
		return cert, err
	}
	return &certificates{config: config, manager: manager}, nil
}

// watch keeps an eye on the files of a certificate until ctx ends: it takes new ones, and
// warns when the one in use comes to its end.
func (c *certificates) watch(ctx context.Context, log *slog.Logger) {
	if c.pair == nil {
		return // autocert renews by itself
	}
	c.pair.warn(time.Now(), log)
	look, warn := time.NewTicker(30*time.Second), time.NewTicker(24*time.Hour)
	defer look.Stop()
	defer warn.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			if c.pair.changed() {
				c.pair.reload(log)
			}
		case now := <-warn.C:
			c.pair.warn(now, log)
		}
	}
}

// redirect sends whoever comes by plain HTTP to the same page by TLS, on port.
func redirect(port string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, "use https", http.StatusMethodNotAllowed)
			return
		}
		host := r.Host
		if host == "" { // HTTP/1.0
			http.Error(w, "use https, or say by which name this server is asked", http.StatusBadRequest)
			return
		}
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		host = strings.Trim(host, "[]")
		if port != "443" {
			host = net.JoinHostPort(host, port)
		} else if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		http.Redirect(w, r, "https://"+host+r.URL.RequestURI(), http.StatusPermanentRedirect)
	})
}
