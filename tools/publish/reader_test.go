package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"mixtab/engine/weights"
	"mixtab/packdir"
)

// publicBucket makes the bucket readable for everybody, as a public domain does.
func (s *realStore) publicBucket(t *testing.T) *store {
	t.Helper()
	st, err := openStore(t.Context(), storeConfig{bucket: "weights", endpoint: s.url, attempts: 1, stall: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	_, err = st.client.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String("weights"), Policy: aws.String(
		`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::weights/*"}]}`)})
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// The demo goes up, and comes back to whoever reads it as mixtab does: by plain HTTP, the
// manifest first, the shards in ranges, and every hash compared.
func TestReadBack(t *testing.T) {
	t.Parallel()
	s := newRealStore(t)
	st := s.publicBucket(t)
	start(t.Context(), "-pack", "../../demo/pack", "-to", "s3://weights/packs/demo", "-endpoint", s.url, "-cors", "set", "-verify").want(t, 0, "4 by the store's hash, 0 by download")

	base := s.url + "/weights/packs/demo/"
	p, err := packdir.OpenFS(httpFS(base))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Verify(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	shard := p.Manifest().Shards[0]
	get := func(name string, header ...string) *http.Response {
		t.Helper()
		r, err := http.NewRequest(http.MethodGet, base+name, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", "https://chat.example.com")
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { resp.Body.Close() })
		return resp
	}
	for _, tt := range []struct{ name, mime, cache string }{
		{"manifest.json", "application/json", "no-cache"},
		{"tokenizer.model", "application/octet-stream", "no-cache"},
		{weights.ShardPath(shard.SHA256), "application/octet-stream", "public, max-age=31536000, immutable"},
	} {
		h := get(tt.name).Header
		if h.Get("Content-Type") != tt.mime || h.Get("Cache-Control") != tt.cache || h.Get("Access-Control-Allow-Origin") == "" {
			t.Errorf("%s: %v", tt.name, h)
		}
		if exposed := h.Get("Access-Control-Expose-Headers"); !strings.Contains(exposed, "ETag") || !strings.Contains(exposed, "Content-Range") {
			t.Errorf("%s exposes %q", tt.name, exposed)
		}
	}
	// A shard that was cut goes on with Range and If-Range.
	etag := get(weights.ShardPath(shard.SHA256)).Header.Get("ETag")
	half := get(weights.ShardPath(shard.SHA256), "Range", fmt.Sprintf("bytes=%d-", shard.Bytes/2), "If-Range", etag)
	if n, err := io.Copy(io.Discard, half.Body); half.StatusCode != http.StatusPartialContent || err != nil || n != shard.Bytes-shard.Bytes/2 {
		t.Errorf("half a shard: %s, %d bytes, %v", half.Status, n, err)
	}

	// What others had allowed stays, and ours is there once.
	set := func(rules ...types.CORSRule) {
		t.Helper()
		_, err := st.client.PutBucketCors(t.Context(), &s3.PutBucketCorsInput{Bucket: aws.String("weights"), CORSConfiguration: &types.CORSConfiguration{CORSRules: rules}})
		if err != nil {
			t.Fatal(err)
		}
	}
	set(types.CORSRule{ID: aws.String("other"), AllowedMethods: []string{"PUT"}, AllowedOrigins: []string{"https://upload.example.com"}})
	for range 2 {
		start(t.Context(), "-pack", "../../demo/pack", "-to", "s3://weights/packs/demo", "-endpoint", s.url, "-cors", "set").want(t, 0, "all of which were there")
	}
	out, err := st.client.GetBucketCors(t.Context(), &s3.GetBucketCorsInput{Bucket: aws.String("weights")})
	if err != nil || len(out.CORSRules) != 2 || aws.ToString(out.CORSRules[0].ID) != "other" || aws.ToString(out.CORSRules[1].ID) != corsID {
		t.Errorf("rules %+v, %v", out, err)
	}
}

// What a server's own hash is worth: it tells what arrived, not what is on the disk today.
func TestRealServerRots(t *testing.T) {
	t.Parallel()
	s := newRealStore(t)
	dir := newPack(t, 1)
	args := []string{"-pack", dir, "-to", target, "-endpoint", s.url}
	start(t.Context(), args...).want(t, 0, "published")
	name := filepath.Join(s.data, "weights/packs/test/shards", filepath.Base(aShard(t, dir)))
	data := read(t, name)
	data[9] ^= 1
	write(t, name, data)
	start(t.Context(), append(args, "-verify")...).want(t, 0, "verified")
	start(t.Context(), append(args, "-verify=download")...).want(t, 1, "with other bytes: delete it there, and publish again")
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	start(t.Context(), append(args, "-verify=download")...).want(t, 0, "1 of them")
}

// What goes wrong with a real server is told as with the one of our own.
func TestRealServerRefuses(t *testing.T) {
	s := newRealStore(t)
	dir := newPack(t, 1)
	start(t.Context(), "-pack", dir, "-to", "s3://elsewhere/packs/test", "-endpoint", s.url).want(t, 1, `there is no bucket "elsewhere"`)
	start(t.Context(), "-pack", dir, "-to", target, "-endpoint", s.url, "-region", "mars").want(t, 1, "name it with -region")

	shard := aShard(t, dir)
	data := read(t, shard)
	data[9] ^= 1
	write(t, shard, data)
	start(t.Context(), "-pack", dir, "-to", target, "-endpoint", s.url).want(t, 2, "has other bytes than its name says")
	for _, key := range s.objects(t) {
		if strings.HasSuffix(key, filepath.Base(shard)) || strings.HasSuffix(key, weights.ManifestPath) {
			t.Errorf("%s was published", key)
		}
	}

	t.Setenv("AWS_SECRET_ACCESS_KEY", "wrong")
	start(t.Context(), "-pack", dir, "-to", target, "-endpoint", s.url).want(t, 1, "check AWS_SECRET_ACCESS_KEY")
	t.Setenv("AWS_ACCESS_KEY_ID", "nobody")
	start(t.Context(), "-pack", dir, "-to", target, "-endpoint", s.url).want(t, 1, "check AWS_ACCESS_KEY_ID")
}

// httpFS is what lies below a URL, as files that are read in ranges.
type httpFS string

func (base httpFS) Open(name string) (fs.File, error) {
	resp, err := http.Head(string(base) + name)
	if err != nil {
		return nil, err
	}
	resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
		return &httpFile{url: string(base) + name, name: name, size: resp.ContentLength}, nil
	case http.StatusNotFound:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: errors.New(resp.Status)}
}

type httpFile struct {
	url, name string
	size, at  int64
}

func (f *httpFile) Stat() (fs.FileInfo, error) { return httpInfo{f}, nil }
func (f *httpFile) Close() error               { return nil }

func (f *httpFile) Read(p []byte) (int, error) {
	n, err := f.ReadAt(p, f.at)
	f.at += int64(n)
	return n, err
}

func (f *httpFile) ReadAt(p []byte, at int64) (int, error) {
	if at >= f.size {
		return 0, io.EOF
	}
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, f.url, nil)
	if err != nil {
		return 0, err
	}
	end := min(at+int64(len(p)), f.size)
	r.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", at, end-1))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusPartialContent {
		return 0, errors.New(resp.Status)
	}
	n, err := io.ReadFull(resp.Body, p[:end-at])
	if err == nil && end-at < int64(len(p)) {
		err = io.EOF
	}
	return n, err
}

type httpInfo struct{ f *httpFile }

func (i httpInfo) Name() string       { return filepath.Base(i.f.name) }
func (i httpInfo) Size() int64        { return i.f.size }
func (i httpInfo) Mode() fs.FileMode  { return 0o444 }
func (i httpInfo) ModTime() time.Time { return time.Time{} }
func (i httpInfo) IsDir() bool        { return false }
func (i httpInfo) Sys() any           { return nil }
