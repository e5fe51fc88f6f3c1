package box

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// selfValid is how long a certificate of our own lasts: browsers refuse those with more
// than 398 days. It is made anew at a start in its last month.
const selfValid = 397 * 24 * time.Hour

// SelfSigned is a certificate that this server made for its machine.
type SelfSigned struct {
	Cert, Key   string // the files
	Fingerprint string // SHA-256, in the form that browsers show
}

// selfSigned takes the certificate that the folder keeps, so that a browser that was told
// to trust it does so after a restart, or makes one: there was none, it comes to its end,
// or the machine has a name or an address that it does not.
func selfSigned(folder string, extra []string, now time.Time) (*SelfSigned, error) {
	made := &SelfSigned{Cert: filepath.Join(folder, "self-cert.pem"), Key: filepath.Join(folder, "self-key.pem")}
	names, addresses := ownNames(extra)
	kept, err := readPair(made.Cert, made.Key, now.Add(30*24*time.Hour))
	if err == nil && covers(kept.Leaf, names, addresses) {
		made.Fingerprint = fingerprint(kept.Leaf.Raw)
		return made, nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("the folder for the certificate: %w: name one that this user may write with -state", err)
	}
	raw, err := makeCertificate(made, names, addresses, now)
	if err != nil {
		return nil, fmt.Errorf("making a certificate: %w", err)
	}
	made.Fingerprint = fingerprint(raw)
	return made, nil
}

func makeCertificate(made *SelfSigned, names []string, addresses []net.IP, now time.Time) (raw []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "mixtab on " + names[0]},
		NotBefore:    now.Add(-time.Hour), // clocks differ
		NotAfter:     now.Add(selfValid),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:     names,
		IPAddresses:  addresses,
		// Not an authority: whoever trusts it, trusts this server and nothing that its key
		// could sign.
		BasicConstraintsValid: true,
	}
	raw, err = x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	// The key first: a start between the two finds that they do not match, and makes both.
	if err := writePEM(made.Key, "PRIVATE KEY", secret, 0o600); err != nil {
		return nil, err
	}
	return raw, writePEM(made.Cert, "CERTIFICATE", raw, 0o644)
}

// writePEM replaces the file at once, so that none is ever half written.
func writePEM(path, kind string, data []byte, mode fs.FileMode) error {
	part := path + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err // of an earlier start, perhaps with another mode
	}
	if err := os.WriteFile(part, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data}), mode); err != nil {
		return err
	}
	return os.Rename(part, path)
}

// ownNames are the names and addresses that this machine may be asked for by: its own, and
// those that were named.
func ownNames(extra []string) (names []string, addresses []net.IP) {
	if host, err := os.Hostname(); err == nil && host != "" && host != "localhost" {
		names = append(names, strings.ToLower(host))
		if !strings.Contains(host, ".") {
			names = append(names, strings.ToLower(host)+".local")
		}
	}
	names = append(names, "localhost")
	addresses = []net.IP{net.IPv4(127, 0, 0, 1).To4(), net.IPv6loopback}
	for _, name := range extra {
		if ip := net.ParseIP(name); ip != nil {
			addresses = append(addresses, shortest(ip))
		} else {
			names = append(names, strings.ToLower(name))
		}
	}
	interfaces, err := net.InterfaceAddrs()
	if err != nil {
		return names, addresses // the names are enough to start with
	}
	for _, a := range interfaces {
		if network, ok := a.(*net.IPNet); ok && network.IP.IsGlobalUnicast() {
			addresses = append(addresses, shortest(network.IP))
		}
	}
	return names, addresses
}

// shortest is the form in which certificates hold an address.
func shortest(ip net.IP) net.IP {
	if four := ip.To4(); four != nil {
		return four
	}
	return ip
}

func covers(cert *x509.Certificate, names []string, addresses []net.IP) bool {
	for _, name := range names {
		if !slices.Contains(cert.DNSNames, name) {
			return false
		}
	}
	for _, ip := range addresses {
		if !slices.ContainsFunc(cert.IPAddresses, ip.Equal) {
			return false
		}
	}
	return true
}

func fingerprint(raw []byte) string {
	sum := sha256.Sum256(raw)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum), " ", ":")
}
