package conformance

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"testing"
)

// large asks for a shard of 64 MiB, whose bytes are compared as they come.
func (s *suite) large(t *testing.T) {
	path := "/packs/" + Large + "/" + s.fixture.big
	t.Run("whole", func(t *testing.T) {
		if err := s.fetchBig(dial(t, s.target), path); err != nil {
			s.problem(t, "%v", err)
		}
	})
	t.Run("several at once", func(t *testing.T) {
		var all sync.WaitGroup
		errs := make([]error, 4)
		for i := range errs {
			c := dial(t, s.target)
			all.Go(func() { errs[i] = s.fetchBig(c, path) })
		}
		all.Wait()
		if err := errors.Join(errs...); err != nil {
			s.problem(t, "%v", err)
		}
	})
	for name, r := range map[string]struct {
		set      string
		from, to int64
	}{
		"across all buffers": {"bytes=1234567-9876543", 1234567, 9876543},
		"to the end":         {"bytes=" + itoa(bigBytes-100001) + "-", bigBytes - 100001, bigBytes - 1},
		"suffix":             {"bytes=-65537", bigBytes - 65537, bigBytes - 1},
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, s.target)
			if err := c.send("GET", path, []string{"Range: " + r.set}); err != nil {
				t.Fatal(err)
			}
			resp, err := c.answer("GET")
			if err != nil {
				s.problem(t, "%v", err)
				return
			}
			got, err := io.ReadAll(resp.Body)
			want, _ := io.ReadAll(io.NewSectionReader(counting{bigBytes}, r.from, r.to+1-r.from))
			if resp.StatusCode != 206 || err != nil || !bytes.Equal(got, want) {
				s.problem(t, "status %d and %d bytes (%v), want 206 and the %d of the range", resp.StatusCode, len(got), err, len(want))
			}
		})
	}
	t.Run("head", func(t *testing.T) {
		s.check(t, dial(t, s.target), exchange{method: "HEAD", path: path, status: 200,
			headers: map[string]string{"Content-Length": itoa(bigBytes), "ETag": etagOf(s.fixture.big), "Accept-Ranges": "bytes"}})
	})
	t.Run("client that breaks off", func(t *testing.T) {
		for i := range 20 {
			c := dial(t, s.target)
			if err := c.send("GET", path, nil); err != nil {
				t.Fatal(err)
			}
			io.CopyN(io.Discard, c, int64(i)<<15) // from before the head to half a megabyte
			c.Close()
		}
		if err := s.fetchBig(dial(t, s.target), path); err != nil {
			s.problem(t, "afterwards: %v", err)
		}
	})
}

// fetchBig fetches the large shard and compares its hash.
func (s *suite) fetchBig(c *conn, path string) error {
	if err := c.send("GET", path, nil); err != nil {
		return err
	}
	resp, err := c.answer("GET")
	if err != nil {
		return err
	}
	h := sha256.New()
	n, err := io.Copy(h, resp.Body)
	if err != nil {
		return fmt.Errorf("status %d, and the body breaks off after %d bytes: %w", resp.StatusCode, n, err)
	}
	if got, want := `"`+hex.EncodeToString(h.Sum(nil))+`"`, etagOf(s.fixture.big); resp.StatusCode != 200 || n != bigBytes || got != want {
		return fmt.Errorf("status %d and %d bytes with the hash %s, want 200, %d and %s", resp.StatusCode, n, got, int64(bigBytes), want)
	}
	return nil
}

func itoa(n int) string { return strconv.Itoa(n) }
