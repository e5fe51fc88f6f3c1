package box

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Pebble is Let's Encrypt's own authority for tests: it checks every signature, and finds
// the server by DNS, which the test answers.
func TestAutocertWithPebble(t *testing.T) {
	pebble, err := exec.LookPath("pebble")
	if err != nil {
		t.Skip("pebble is not here (Debian: apt-get install pebble)")
	}
	const name = "weights.example.org"
	dir := t.TempDir()
	cert, key := writePair(t, time.Now())
	directory, management := freePort(t), freePort(t)
	s := start(t, Config{
		TLS:      TLS{Mode: TLSAutocert, Hosts: []string{name}, State: dir, Directory: fmt.Sprintf("https://localhost:%d/dir", directory)},
		Redirect: "127.0.0.1:0",
	}, func(s *Server) { s.tls.manager.Client.HTTPClient = trusting(t, cert) })
	config, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": fmt.Sprintf("127.0.0.1:%d", directory), "managementListenAddress": fmt.Sprintf("127.0.0.1:%d", management),
		"certificate": cert, "privateKey": key,
		"httpPort": port(s.asides[0].listener.Addr()), "tlsPort": port(s.Addresses()[0].Bound()),
	}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "pebble.json")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		t.Fatal(err)
	}
	var out syncBuffer
	authority := exec.Command(pebble, "-config", file, "-dnsserver", answerDNS(t))
	authority.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1")
	authority.Stdout, authority.Stderr = &out, &out
	if err := authority.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		authority.Process.Kill()
		authority.Wait()
	})

	client := trusting(t, cert)
	var root string
	eventually(t, "pebble tells of its root", func() bool {
		resp, err := client.Get(fmt.Sprintf("https://localhost:%d/roots/0", management))
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		root = string(text)
		return err == nil
	})
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(root)) {
		t.Fatalf("pebble's root is %q", root)
	}
	c, err := tls.DialWithDialer(&net.Dialer{Timeout: 30 * time.Second}, "tcp", s.Addresses()[0].Bound().String(), &tls.Config{ServerName: name, RootCAs: roots})
	if err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	c.Close()
}

// freePort is one that was free a moment ago.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return port(l.Addr())
}

func port(a net.Addr) int { return a.(*net.TCPAddr).Port }

// answerDNS runs a name server for which every name is this machine.
func answerDNS(t *testing.T) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		buffer := make([]byte, 512)
		for {
			n, from, err := c.ReadFrom(buffer)
			if err != nil {
				return
			}
			c.WriteTo(dnsAnswer(buffer[:n]), from)
		}
	}()
	return c.LocalAddr().String()
}

// dnsAnswer repeats the question (RFC 1035, 4.1) and, where it is for an IPv4 address, says
// 127.0.0.1.
func dnsAnswer(query []byte) []byte {
	const header = 12
	end := header
	for end < len(query) && query[end] != 0 {
		end += int(query[end]) + 1
	}
	end += 5 // the name's last byte, type and class
	if end > len(query) {
		return nil
	}
	answer := append([]byte(nil), query[:end]...)
	copy(answer[2:], []byte{0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}) // an answer, one question, nothing else
	if query[end-3] == 1 {
		answer[7] = 1
		answer = append(answer, 0xc0, header, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1)
	}
	return answer
}
