package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"mixtab/engine/weights"
	"mixtab/tools/benchserver/packs"
)

// A pack is what is served, and what clients compare with.
type pack struct {
	dir    string
	shards []packs.Shard
	files  map[string]*os.File // by hash: the shards
	small  []byte              // the manifest
}

func openPack(dir string) (*pack, error) {
	shards, err := packs.Middle(dir)
	if err != nil {
		return nil, err
	}
	p := &pack{dir: dir, shards: shards, files: make(map[string]*os.File)}
	for _, s := range shards {
		if p.files[s.Hash], err = os.Open(filepath.Join(dir, s.Path)); err != nil {
			return nil, err
		}
	}
	p.small, err = os.ReadFile(filepath.Join(dir, weights.ManifestPath))
	return p, err
}

func (p *pack) close() {
	for _, f := range p.files {
		f.Close()
	}
}

// A client does nothing wrong, and looks at every byte that it gets.
type client struct {
	base string // http://…/packs/noise/ or https://…
	pack *pack
	http *http.Client
	t    *tally
	rng  *rand.Rand
}

// The ways to talk to a server. Each client is on an address of its own, or those that
// connect for each request would use up the ports.
const (
	keptAlive = iota
	oneShot
	overHTTP2
	ways
)

func newClient(way, n int, plain, secure string, p *pack, t *tally) *client {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+n%250))}}
	transport := &http.Transport{
		DialContext: dialer.DialContext, DisableKeepAlives: way == oneShot, ResponseHeaderTimeout: time.Minute,
		IdleConnTimeout:   time.Second,                                                              // CloseIdleConnections leaves one whose last response was just cut
		ForceAttemptHTTP2: way == overHTTP2, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // nobody has signed it
	}
	base := "http://" + plain
	if way == overHTTP2 {
		base = "https://" + secure
	}
	return &client{base + "/packs/noise/", p, &http.Client{Transport: transport}, t, rand.New(rand.NewPCG(uint64(way), uint64(n)))}
}

// run asks for one thing after the other until ctx ends.
func (c *client) run(ctx context.Context) {
	defer c.http.CloseIdleConnections()
	for ctx.Err() == nil {
		c.once(ctx)
	}
}

func (c *client) once(ctx context.Context) {
	s := c.pack.shards[c.rng.IntN(len(c.pack.shards))]
	etag := `"` + s.Hash + `"`
	from := c.rng.Int64N(s.Bytes)
	to := min(s.Bytes, from+1+c.rng.Int64N(1<<20)) // one behind the last byte
	piece := func(header ...string) { c.want(ctx, s, http.StatusPartialContent, from, to, header...) }
	span := fmt.Sprintf("bytes=%d-%d", from, to-1)
	switch c.rng.IntN(10) {
	case 0:
		c.want(ctx, s, http.StatusOK, 0, s.Bytes)
	case 1, 2:
		piece("Range", span)
	case 3:
		piece("Range", span, "If-Range", etag)
	case 4:
		c.want(ctx, s, http.StatusOK, 0, s.Bytes, "Range", span, "If-Range", `"an older one"`)
	case 5:
		from, to = max(0, s.Bytes-c.rng.Int64N(1<<20)-1), s.Bytes
		if c.rng.IntN(2) == 0 {
			piece("Range", fmt.Sprintf("bytes=%d-", from))
		} else {
			piece("Range", fmt.Sprintf("bytes=-%d", to-from))
		}
	case 6:
		c.status(ctx, http.MethodHead, s, http.StatusOK)
	case 7:
		c.status(ctx, http.MethodGet, s, http.StatusNotModified, "If-None-Match", etag)
	case 8:
		c.status(ctx, http.MethodGet, s, http.StatusRequestedRangeNotSatisfiable, "Range", fmt.Sprintf("bytes=%d-", s.Bytes))
	case 9:
		c.manifest(ctx)
	}
}

// ask sends a request. Where there is no answer to look at, that is counted and resp is nil.
func (c *client) ask(ctx context.Context, method, path string, header ...string) (resp *http.Response) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, nil)
	if err != nil {
		panic(err) // the addresses are ours
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err = c.http.Do(req)
	switch {
	case ctx.Err() != nil && err != nil:
	case err != nil:
		c.t.refuse()
	case resp.StatusCode == http.StatusServiceUnavailable || resp.StatusCode == http.StatusTooManyRequests:
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		c.t.refuse()
	default:
		return resp
	}
	return nil
}

// want asks for a shard and compares all that comes with its bytes from and up to to.
func (c *client) want(ctx context.Context, s packs.Shard, status int, from, to int64, header ...string) {
	if resp := c.ask(ctx, http.MethodGet, s.Path, header...); resp != nil {
		c.compare(ctx, resp, s, status, from, to)
	}
}

func (c *client) compare(ctx context.Context, resp *http.Response, s packs.Shard, status int, from, to int64) {
	defer resp.Body.Close()
	where := fmt.Sprintf("GET %s Range %q If-Range %q over %s", s.Path, resp.Request.Header.Get("Range"), resp.Request.Header.Get("If-Range"), resp.Proto)
	if etag := resp.Header.Get("ETag"); resp.StatusCode != status || resp.ContentLength != to-from || etag != `"`+s.Hash+`"` {
		c.t.bad("%s: %s with %d bytes and ETag %s, want %d with %d", where, resp.Status, resp.ContentLength, etag, status, to-from)
		return
	}
	got, want := sha256.New(), sha256.New()
	n, err := io.Copy(got, resp.Body)
	switch {
	case err != nil && ctx.Err() != nil:
		return
	case err != nil || n != to-from:
		c.t.bad("%s: cut after %d of %d bytes: %v", where, n, to-from, err)
		return
	}
	sum := s.Hash
	if n < s.Bytes {
		if _, err := io.Copy(want, io.NewSectionReader(c.pack.files[s.Hash], from, to-from)); err != nil {
			c.t.bad("our own copy: %v", err)
			return
		}
		sum = hex.EncodeToString(want.Sum(nil))
	}
	if hex.EncodeToString(got.Sum(nil)) != sum {
		c.t.bad("%s: wrong bytes", where)
		return
	}
	c.t.right(n)
}

// status asks for something that has no body to compare.
func (c *client) status(ctx context.Context, method string, s packs.Shard, status int, header ...string) {
	resp := c.ask(ctx, method, s.Path, header...)
	if resp == nil {
		return
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	if err != nil && ctx.Err() != nil {
		return
	}
	length := resp.Header.Get("Content-Length")
	if resp.StatusCode != status || err != nil || n > 1000 || method == http.MethodHead && length != strconv.FormatInt(s.Bytes, 10) {
		c.t.bad("%s %s %q over %s: %s, Content-Length %q, %d bytes, %v; want %d", method, s.Path, header, resp.Proto, resp.Status, length, n, err, status)
		return
	}
	c.t.right(0)
}

func (c *client) manifest(ctx context.Context) {
	resp := c.ask(ctx, http.MethodGet, weights.ManifestPath)
	if resp == nil {
		return
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	switch {
	case err != nil && ctx.Err() != nil:
	case resp.StatusCode != http.StatusOK || err != nil || !bytes.Equal(got, c.pack.small):
		c.t.bad("GET %s over %s: %s, %d bytes, %v: not the file", weights.ManifestPath, resp.Proto, resp.Status, len(got), err)
	default:
		c.t.right(int64(len(got)))
	}
}
