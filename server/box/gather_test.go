package box

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// An answer from memory that net/http cuts in two leaves in one call, which the counter
// does not see, as it is none of Write's.
func TestGathersAnswers(t *testing.T) {
	body := strings.Repeat("0123456789", 1000)
	counter := new(countingListener)
	s := start(t, Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		io.WriteString(w, body)
	})}, counted(counter))
	if _, got := get(t, http.DefaultClient, s.url); got != body {
		t.Errorf("got %d bytes, want %d", len(got), len(body))
	}
	s.stop()
	<-s.ended
	if n := counter.written.Load(); n > 0 {
		t.Errorf("%d bytes left in other calls", n)
	}
}

// However an answer is cut into writes, and wherever net/http's buffer of 4 KB ends, its
// bytes arrive in order, and the connection stays good for the next.
func TestGatheringLosesNothing(t *testing.T) {
	all := make([]byte, 100_000)
	for i := range all {
		all[i] = byte(i >> 3)
	}
	s := start(t, Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		size, _ := strconv.Atoi(r.URL.Query().Get("size"))
		step, _ := strconv.Atoi(r.URL.Query().Get("step"))
		if r.URL.Query().Has("length") {
			w.Header().Set("Content-Length", strconv.Itoa(size))
		}
		for at := 0; at < size; at += step {
			w.Write(all[at:min(at+step, size)])
		}
	})})
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
	defer client.CloseIdleConnections()
	for _, size := range []int{0, 1, 3000, 3900, 4096, 5000, 8191, 12288, 100_000} {
		for _, step := range []int{700, 4096, 6000, 100_000} {
			for _, length := range []string{"", "&length"} {
				query := "?size=" + strconv.Itoa(size) + "&step=" + strconv.Itoa(step) + length
				if _, got := get(t, client, s.url+query); got != string(all[:size]) {
					t.Errorf("%s: got %d bytes, or others", query, len(got))
				}
			}
		}
	}
}

// What was held and did not go out leaves a hole that nothing may follow.
func TestGatheringAfterALoss(t *testing.T) {
	theirs, ours := net.Pipe()
	defer theirs.Close()
	g := &gatherer{Conn: ours}
	g.gather()
	if n, err := g.Write([]byte("held")); n != 4 || err != nil {
		t.Fatalf("holding: %d, %v", n, err)
	}
	ours.SetWriteDeadline(time.Now().Add(-time.Second))
	if err := g.release(); !isTimeout(err) {
		t.Errorf("release: %v, want a timeout", err)
	}
	ours.SetWriteDeadline(time.Time{})
	if n, err := g.Write([]byte("more")); n != 0 || !isTimeout(err) {
		t.Errorf("behind a loss, %d bytes were written, %v", n, err)
	}

	theirs, ours = net.Pipe()
	g = &gatherer{Conn: ours}
	g.gather()
	g.Write([]byte("one, "))
	go func() {
		g.Write(bytes.Repeat([]byte("two"), 2))
		ours.Close()
	}()
	if got, err := io.ReadAll(theirs); string(got) != "one, twotwo" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
