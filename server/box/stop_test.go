package box

import (
	"bytes"
	"crypto/sha256"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// A server that is told to stop takes no more connections, and every download that runs
// arrives whole.
func TestStopLosesNoDownload(t *testing.T) {
	t.Parallel()
	name := bigFile(t, 64<<20)
	want := hashOf(t, name)
	t.Run("HTTP/1.1", func(t *testing.T) {
		stopUnderDownloads(t, start(t, Config{Handler: files(name), Drain: 30 * time.Second}), http.DefaultClient, want)
	})
	t.Run("HTTP/2", func(t *testing.T) {
		cert, key := writePair(t, time.Now())
		s := start(t, Config{Handler: files(name), Drain: 30 * time.Second, TLS: TLS{Mode: TLSFiles, Cert: cert, Key: key}})
		stopUnderDownloads(t, s, trusting(t, cert), want)
	})
}

func stopUnderDownloads(t *testing.T, s *running, client *http.Client, want []byte) {
	const downloads = 4

	begun, leave := make(chan struct{}, downloads), make(chan struct{})
	var all sync.WaitGroup
	for range downloads {
		all.Go(func() {
			resp, err := client.Get(s.url)
			if err != nil {
				t.Error(err)
				begun <- struct{}{}
				return
			}
			defer resp.Body.Close()
			hash := sha256.New()
			_, err = io.CopyN(hash, resp.Body, 1000)
			begun <- struct{}{}
			<-leave
			if err == nil {
				_, err = io.Copy(hash, resp.Body)
			}
			if err != nil || !bytes.Equal(hash.Sum(nil), want) {
				t.Errorf("a download did not arrive as it is (%v)", err)
			}
		})
	}
	for range downloads {
		<-begun
	}
	s.stop()
	eventually(t, "connections are refused", func() bool {
		c, err := net.Dial("tcp", s.Addresses()[0].Bound().String())
		if err == nil {
			c.Close()
		}
		return err != nil
	})
	select {
	case err := <-s.ended:
		t.Fatalf("the server ended in the middle of downloads (%v)", err)
	default:
	}
	close(leave)
	all.Wait()
	if err := <-s.ended; err != nil {
		t.Error(err)
	}
	if strings.Contains(s.log.String(), "cut") {
		t.Errorf("the log tells of cut downloads: %s", s.log)
	}
}

func hashOf(t *testing.T, name string) []byte {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		t.Fatal(err)
	}
	return hash.Sum(nil)
}

// halting sends half of its body, and the rest when it may.
type halting struct{ half, leave chan struct{} }

func (h halting) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "9")
	io.WriteString(w, "half")
	http.NewResponseController(w).Flush()
	close(h.half)
	<-h.leave
	io.WriteString(w, " whole")
}

func TestStopDoesNotWaitForEver(t *testing.T) {
	h := halting{make(chan struct{}), make(chan struct{})}
	s := start(t, Config{Handler: h, Drain: 50 * time.Millisecond})
	resp, err := http.Get(s.url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	<-h.half
	s.stop()
	if err := <-s.ended; err != nil {
		t.Error(err)
	}
	close(h.leave)
	if _, err := io.ReadAll(resp.Body); err == nil {
		t.Error("a download that was cut looks whole")
	}
	if !strings.Contains(s.log.String(), "cut=1") {
		t.Errorf("the log does not tell of it: %s", s.log)
	}
}

// Before it stops, the server says so and serves on.
func TestLameDuck(t *testing.T) {
	told := make(chan struct{})
	s := start(t, Config{LameDuck: time.Second, Stopping: func() { close(told) }})
	s.stop()
	<-told
	if resp, body := get(t, http.DefaultClient, s.url); resp.StatusCode != 200 || body != "hello" {
		t.Errorf("while the news spreads: %s %q", resp.Status, body)
	}
	if err := <-s.ended; err != nil {
		t.Error(err)
	}
	if resp, err := http.Get(s.url); err == nil {
		resp.Body.Close()
		t.Error("the server serves after its end")
	}
}
