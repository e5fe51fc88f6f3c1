package soak

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"mixtab/server/conformance"
)

// A kind of request, and how many of a thousand are of it.
type kind struct {
	name  string
	share int
	ask   func(*crowd, context.Context, *rand.Rand) error
}

var kinds = []kind{
	{"manifest", 150, (*crowd).manifest},
	{"not modified", 80, (*crowd).notModified},
	{"short text", 150, (*crowd).text},
	{"range", 300, (*crowd).ranged},
	{"64 MiB", 10, (*crowd).shard},
	{"head", 100, (*crowd).head},
	{"not found", 80, (*crowd).notFound},
	{"broken off", 70, (*crowd).brokenOff},
	{"broken off while the bucket is silent", 10, (*crowd).silent},
	{"bucket fails", 50, (*crowd).failing},
}

func pick(random *rand.Rand) kind {
	n := random.IntN(1000)
	for _, k := range kinds {
		if n -= k.share; n < 0 {
			return k
		}
	}
	panic("the shares are less than a thousand")
}

// crowd is many clients that know what they should get.
type crowd struct {
	client *http.Client
	url    string
	big    string // name of the shard of 64 MiB
	file   *os.File
	small  string // name of a shard of the small pack
	bytes  []byte // its manifest

	sent, whole atomic.Int64
}

func newCrowd(url, dir string) (*crowd, error) {
	c := &crowd{client: client(), url: url}
	small := filepath.Join(dir, "packs", conformance.Small)
	shards, err := filepath.Glob(filepath.Join(small, "shards", "*.bin"))
	if err != nil || len(shards) == 0 {
		return nil, fmt.Errorf("the small pack has no shards (%v)", err)
	}
	c.small = "shards/" + filepath.Base(shards[0])
	if c.bytes, err = os.ReadFile(filepath.Join(small, "manifest.json")); err != nil {
		return nil, err
	}
	c.big = conformance.BigShard()
	c.file, err = os.Open(filepath.Join(dir, "packs", conformance.Large, c.big))
	return c, err
}

func (c *crowd) close() {
	c.file.Close()
	c.client.CloseIdleConnections()
}

// get makes a request and wants a status. The body is the caller's to close.
func (c *crowd) get(ctx context.Context, method, path string, want int, header ...string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.url+path, nil)
	if err != nil {
		return nil, err
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := c.client.Do(r)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != want {
		defer resp.Body.Close()
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 200))
		return nil, fmt.Errorf("%s %s: status %d, want %d: %s", method, path, resp.StatusCode, want, text)
	}
	return resp, nil
}

// body makes a request and reads all of the answer.
func (c *crowd) body(ctx context.Context, method, path string, want int, header ...string) ([]byte, http.Header, error) {
	resp, err := c.get(ctx, method, path, want, header...)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	c.sent.Add(int64(len(data)))
	if err != nil {
		err = fmt.Errorf("%s %s: after %d bytes: %w", method, path, len(data), err)
	}
	return data, resp.Header, err
}

func (c *crowd) manifest(ctx context.Context, _ *rand.Rand) error {
	data, _, err := c.body(ctx, "GET", "/packs/small/manifest.json", 200)
	if err == nil && !bytes.Equal(data, c.bytes) {
		err = fmt.Errorf("another manifest, of %d bytes", len(data))
	}
	return err
}

func (c *crowd) notModified(ctx context.Context, _ *rand.Rand) error {
	sum := sha256.Sum256(c.bytes)
	data, _, err := c.body(ctx, "GET", "/packs/small/manifest.json", 304, "If-None-Match", `"`+hex.EncodeToString(sum[:])+`"`)
	if err == nil && len(data) > 0 {
		err = errors.New("it has a body")
	}
	return err
}

func (c *crowd) text(ctx context.Context, random *rand.Rand) error {
	path := []string{"/healthz", "/readyz", "/version", "/packs.json", "/packs/small/tokenizer.model"}[random.IntN(5)]
	_, _, err := c.body(ctx, "GET", path, 200)
	return err
}

func (c *crowd) ranged(ctx context.Context, random *rand.Rand) error {
	want := make([]byte, 1+random.IntN(256<<10))
	from := random.Int64N(64<<20 - int64(len(want)))
	if _, err := c.file.ReadAt(want, from); err != nil {
		return err
	}
	data, _, err := c.body(ctx, "GET", "/packs/large/"+c.big, 206, "Range", fmt.Sprintf("bytes=%d-%d", from, from+int64(len(want))-1))
	if err == nil && !bytes.Equal(data, want) {
		err = fmt.Errorf("%d wrong bytes from %d on", len(want), from)
	}
	return err
}

func (c *crowd) shard(ctx context.Context, _ *rand.Rand) error {
	resp, err := c.get(ctx, "GET", "/packs/large/"+c.big, 200)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	h := sha256.New()
	n, err := io.Copy(h, resp.Body)
	c.sent.Add(n)
	c.whole.Add(1)
	if err == nil && !strings.Contains(c.big, hex.EncodeToString(h.Sum(nil))) {
		err = fmt.Errorf("%d bytes with another hash", n)
	}
	return err
}

func (c *crowd) head(ctx context.Context, _ *rand.Rand) error {
	_, header, err := c.body(ctx, "HEAD", "/packs/large/"+c.big, 200)
	if want := strconv.Itoa(64 << 20); err == nil && header.Get("Content-Length") != want {
		err = fmt.Errorf("Content-Length is %q, want %q", header.Get("Content-Length"), want)
	}
	return err
}

func (c *crowd) notFound(ctx context.Context, random *rand.Rand) error {
	path := []string{"/nothing", "/packs/small/nothing", "/packs/nothing/manifest.json", "/packs/small/shards/00.bin"}[random.IntN(4)]
	_, _, err := c.body(ctx, "GET", path, 404)
	return err
}

// brokenOff reads some of a shard and hangs up.
func (c *crowd) brokenOff(ctx context.Context, random *rand.Rand) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	resp, err := c.get(ctx, "GET", "/packs/large/"+c.big, 200)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	n, err := io.CopyN(io.Discard, resp.Body, random.Int64N(2<<20))
	c.sent.Add(n)
	return err
}

// silent hangs up while the Worker waits for the bucket.
func (c *crowd) silent(ctx context.Context, random *rand.Rand) error {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(1+random.IntN(50))*time.Millisecond)
	defer cancel()
	resp, err := c.get(ctx, "GET", "/packs/silent/"+c.small, 200)
	if err == nil {
		resp.Body.Close()
		return errors.New("a bucket that says nothing was answered for")
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

func (c *crowd) failing(ctx context.Context, random *rand.Rand) error {
	pack := []string{"throws", "gone", "other"}[random.IntN(3)]
	status := http.StatusBadGateway
	if pack == "gone" {
		status = http.StatusNotFound
	}
	_, _, err := c.body(ctx, "GET", "/packs/"+pack+"/"+c.small, status)
	return err
}
