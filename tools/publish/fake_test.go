package main

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A fakeStore is as much of S3 as a publisher needs, in memory, with faults on order. It
// believes every signature; with careless set it believes every hash, too.
type fakeStore struct {
	careless bool
	// fault may answer in the store's place; it says whether it did. The count is that
	// of requests so far with this method.
	fault func(w http.ResponseWriter, r *http.Request, count int) bool

	mu      sync.Mutex
	objects map[string]*fakeObject
	order   []string       // keys in the order in which they came to be
	count   map[string]int // of requests, by method
	rules   string         // CORS, in XML
}

type fakeObject struct {
	data   []byte
	header http.Header
	time   time.Time
}

func newFake(t *testing.T) (*fakeStore, string) {
	t.Helper()
	s := &fakeStore{objects: map[string]*fakeObject{}, count: map[string]int{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, server.URL
}

func (s *fakeStore) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.count[r.Method]++
	n := s.count[r.Method]
	s.mu.Unlock()
	if s.fault != nil && s.fault(w, r, n) {
		return
	}
	key, ok := strings.CutPrefix(r.URL.Path, "/weights/")
	switch {
	case !ok && r.URL.Path != "/weights":
		fail(w, r, http.StatusNotFound, "NoSuchBucket")
	case r.URL.Query().Has("cors"):
		s.cors(w, r)
	case r.URL.Query().Has("list-type"):
		s.list(w, r.URL.Query().Get("prefix"), r.URL.Query().Get("continuation-token"))
	case r.Method == http.MethodPut:
		s.put(w, r, key)
	case r.Method == http.MethodDelete:
		s.mu.Lock()
		delete(s.objects, key)
		s.mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
	default:
		s.get(w, r, key)
	}
}

// fail answers as S3 does; to HEAD without a body.
func fail(w http.ResponseWriter, r *http.Request, status int, code string) {
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		fmt.Fprintf(w, "<Error><Code>%s</Code><Message>so it is</Message></Error>", code)
	}
}

func (s *fakeStore) put(w http.ResponseWriter, r *http.Request, key string) {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return // the connection broke
	}
	sum := sha256.Sum256(data)
	switch given := r.Header.Get("x-amz-content-sha256"); {
	case s.careless:
	case given != hex.EncodeToString(sum[:]):
		fail(w, r, http.StatusBadRequest, "XAmzContentSHA256Mismatch")
		return
	}
	if given := r.Header.Get("x-amz-checksum-sha256"); given != "" && given != base64.StdEncoding.EncodeToString(sum[:]) && !s.careless {
		fail(w, r, http.StatusBadRequest, "BadDigest")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[key] = &fakeObject{data, r.Header, time.Now()}
	s.order = append(s.order, key)
}

func (s *fakeStore) get(w http.ResponseWriter, r *http.Request, key string) {
	s.mu.Lock()
	o := s.objects[key]
	s.mu.Unlock()
	if o == nil {
		fail(w, r, http.StatusNotFound, "NoSuchKey")
		return
	}
	for _, name := range []string{"Content-Type", "Cache-Control", "X-Amz-Meta-Sha256"} {
		w.Header().Set(name, o.header.Get(name))
	}
	if r.Header.Get("x-amz-checksum-mode") == "ENABLED" {
		w.Header().Set("x-amz-checksum-sha256", o.header.Get("x-amz-checksum-sha256"))
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(o.data)))
	w.Write(o.data)
}

// cors takes rules as R2 does, with a Content-MD5 and without the SDK's own checksums.
func (s *fakeStore) cors(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		fail(w, r, http.StatusNotFound, "NoSuchCORSConfiguration")
		return
	}
	text, err := io.ReadAll(r.Body)
	sum := md5.Sum(text)
	if err != nil || r.Header.Get("Content-MD5") != base64.StdEncoding.EncodeToString(sum[:]) {
		fail(w, r, http.StatusBadRequest, "InvalidDigest")
		return
	}
	for name := range r.Header {
		if strings.Contains(strings.ToLower(name), "checksum") {
			fail(w, r, http.StatusNotImplemented, "NotImplemented")
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = string(text)
}

// list has a few objects on a page.
func (s *fakeStore) list(w http.ResponseWriter, prefix, after string) {
	const most = 25
	type content struct {
		Key          string
		Size         int
		LastModified string
	}
	var page struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		Contents              []content
		IsTruncated           bool
		NextContinuationToken string `xml:",omitempty"`
	}
	for _, key := range s.keys() {
		switch {
		case !strings.HasPrefix(key, prefix) || key <= after:
		case len(page.Contents) == most:
			page.IsTruncated, page.NextContinuationToken = true, page.Contents[most-1].Key
		default:
			s.mu.Lock()
			o := s.objects[key]
			s.mu.Unlock()
			page.Contents = append(page.Contents, content{key, len(o.data), o.time.UTC().Format(time.RFC3339)})
		}
	}
	xml.NewEncoder(w).Encode(page)
}

// keys are those of the objects, sorted.
func (s *fakeStore) keys() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var keys []string
	for key := range s.objects {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func (s *fakeStore) has(key string) bool { return slices.Contains(s.keys(), key) }
