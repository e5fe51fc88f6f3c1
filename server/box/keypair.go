package box

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// warnBefore is when the end of a certificate becomes a warning.
const warnBefore = 14 * 24 * time.Hour

// A keyPair is a certificate and its key in two files, which may change under a running
// server.
type keyPair struct {
	certFile, keyFile string
	metrics           *metrics
	current           atomic.Pointer[tls.Certificate]

	mu   sync.Mutex
	seen [2]os.FileInfo // as they were last read, for better or worse; nil where there was none
}

// load reads the files, and keeps what it had where they are no good.
func (p *keyPair) load(now time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = p.state()
	cert, err := readPair(p.certFile, p.keyFile, now)
	if err != nil {
		return err
	}
	p.current.Store(cert)
	p.metrics.certUntil.Set(float64(cert.Leaf.NotAfter.Unix()))
	return nil
}

func readPair(certFile, keyFile string, now time.Time) (*tls.Certificate, error) {
	certText, err := readPEM(certFile, "certificate")
	if err != nil {
		return nil, err
	}
	keyText, err := readPEM(keyFile, "key")
	if err != nil {
		return nil, err
	}
	cert, err := tls.X509KeyPair(certText, keyText)
	if err != nil {
		return nil, fmt.Errorf("the certificate %s and the key %s: %w: name a certificate and the key that it was made for, both in PEM", certFile, keyFile, err)
	}
	switch leaf := cert.Leaf; {
	case now.After(leaf.NotAfter):
		return nil, fmt.Errorf("the certificate %s expired on %s: renew it and put the new one in its place", certFile, leaf.NotAfter.Format(time.DateTime))
	case now.Before(leaf.NotBefore):
		return nil, fmt.Errorf("the certificate %s is valid only from %s on: set this machine's clock right (it says %s), or wait", certFile,
			leaf.NotBefore.Format(time.DateTime), now.UTC().Format(time.DateTime))
	}
	return &cert, nil
}

func readPEM(file, what string) ([]byte, error) {
	text, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("the %s: %w: let this user read the file", what, err)
	case err != nil:
		return nil, fmt.Errorf("the %s: %w: name a file in PEM", what, err)
	}
	return text, nil
}

func (p *keyPair) state() (s [2]os.FileInfo) {
	for i, name := range []string{p.certFile, p.keyFile} {
		if info, err := os.Stat(name); err == nil {
			s[i] = info
		}
	}
	return s
}

// changed says whether the files are others than those last read.
func (p *keyPair) changed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.state()
	return !sameFile(now[0], p.seen[0]) || !sameFile(now[1], p.seen[1])
}

// sameFile looks beyond size and time: a file that was put in another's place can have both,
// from cp -p or by a clock of some milliseconds.
func sameFile(a, b os.FileInfo) bool {
	if a == nil || b == nil {
		return a == b
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

func (p *keyPair) reload(log *slog.Logger) {
	if err := p.load(time.Now()); err != nil {
		log.Error("the certificate was not taken, and the old one stays", "reason", err)
		return
	}
	log.Info("the certificate was read again", "until", p.current.Load().Leaf.NotAfter)
	p.warn(time.Now(), log)
}

// warn tells of an end that is near, or past.
func (p *keyPair) warn(now time.Time, log *slog.Logger) {
	until := p.current.Load().Leaf.NotAfter
	switch left := until.Sub(now); {
	case left <= 0:
		log.Error("the certificate has expired, and browsers refuse it: renew it", "file", p.certFile, "since", until)
	case left < warnBefore:
		log.Warn("the certificate expires soon: renew it", "file", p.certFile, "days", int(left/(24*time.Hour)), "until", until)
	}
}
