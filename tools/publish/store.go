package main

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

// A store is the place in a bucket where a pack goes. Every object is sent by one PUT.
// The SDK's transfermanager would cut a shard in parts of 8 MB: nine requests, which stores
// bill, for one; a checksum of checksums, which cannot be compared with the shard's
// name; and parts that a killed publisher leaves behind and the bucket's owner pays for.
// Of one PUT there is either the whole object or nothing.
type store struct {
	cfg    storeConfig
	client *s3.Client
	// noChecksums is set when the store turns out to refuse checksum headers.
	noChecksums atomic.Bool
}

func (s *store) key(name string) string { return path.Join(s.cfg.prefix, name) }

func (s *store) String() string { return "s3://" + path.Join(s.cfg.bucket, s.cfg.prefix) }

// put sends a file as one object. All who could check it are told its hash: the store's
// signature check, the checksum that it keeps, and whoever reads the metadata.
func (s *store) put(ctx context.Context, f file, b *body) error {
	return s.withChecksums(func(checksums bool) error {
		if _, err := b.Seek(0, io.SeekStart); err != nil {
			return err
		}
		in := &s3.PutObjectInput{
			Bucket: &s.cfg.bucket, Key: aws.String(s.key(f.name)), Body: b, ContentLength: &f.size,
			ContentType: &f.mime, CacheControl: &f.cache,
			Metadata: map[string]string{metaSHA256: f.sha256},
		}
		if checksums {
			in.ChecksumSHA256 = aws.String(toBase64(f.sha256))
		}
		_, err := s.client.PutObject(ctx, in, s3.WithAPIOptions(signWith(f.sha256)))
		return err
	})
}

// withChecksums makes a request with a checksum header, or asks for one, and without if
// the store turns out to have none.
func (s *store) withChecksums(do func(checksums bool) error) error {
	if s.noChecksums.Load() {
		return do(false)
	}
	err := do(true)
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() == "NotImplemented" {
		s.noChecksums.Store(true)
		err = do(false)
	}
	return err
}

const metaSHA256 = "sha256"

// signWith lets the request be signed with a hash that is known, where the client would
// otherwise read the whole file to compute it.
func signWith(hash string) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("KnownPayloadHash",
			func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
				return next.HandleInitialize(v4.SetPayloadHash(ctx, hash), in)
			}), middleware.After)
	}
}

// An object is what the store says of one.
type object struct {
	size     int64
	computed string // SHA-256 of what the store received, as the store computed it; "" if it does not say
	claimed  string // SHA-256 as whoever sent it wrote it beside
}

// head asks about an object; nil where there is none.
func (s *store) head(ctx context.Context, name string) (*object, error) {
	var out *s3.HeadObjectOutput
	err := s.withChecksums(func(checksums bool) (err error) {
		in := &s3.HeadObjectInput{Bucket: &s.cfg.bucket, Key: aws.String(s.key(name))}
		if checksums {
			in.ChecksumMode = types.ChecksumModeEnabled
		}
		out, err = s.client.HeadObject(ctx, in)
		return err
	})
	if notFound(err) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	// A checksum of parts ends in -N and is no hash of the bytes.
	return &object{aws.ToInt64(out.ContentLength), toHex(aws.ToString(out.ChecksumSHA256)), out.Metadata[metaSHA256]}, nil
}

// holds says whether the object is the file. Whoever wrote the metadata had the request
// signed with the same hash, so that it is right if our kind of publisher wrote it.
func (o *object) holds(f file) bool {
	if o == nil || o.size != f.size {
		return false
	}
	if o.computed != "" {
		return o.computed == f.sha256
	}
	return o.claimed == f.sha256
}

// get reads an object.
func (s *store) get(ctx context.Context, name string) (io.ReadCloser, error) {
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.cfg.bucket, Key: aws.String(s.key(name))})
	if err != nil {
		return nil, err
	}
	return out.Body, nil
}

// A listed object is one that the bucket has under shards/.
type listed struct {
	size int64
	time time.Time
}

// shards lists what lies under shards/, by name, and tries each request so often.
func (s *store) shards(ctx context.Context, attempts int) (map[string]listed, error) {
	found := make(map[string]listed)
	pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &s.cfg.bucket, Prefix: aws.String(s.key("shards") + "/")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx, func(o *s3.Options) { o.RetryMaxAttempts = attempts })
		if err != nil {
			return nil, err
		}
		for _, o := range page.Contents {
			name := strings.TrimPrefix(strings.TrimPrefix(aws.ToString(o.Key), s.cfg.prefix), "/")
			found[name] = listed{aws.ToInt64(o.Size), aws.ToTime(o.LastModified)}
		}
	}
	return found, nil
}

func (s *store) delete(ctx context.Context, name string) error {
	_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.cfg.bucket, Key: aws.String(s.key(name))})
	return err
}

func toBase64(hash string) string {
	b, _ := hex.DecodeString(hash) // ParseManifest has checked it
	return base64.StdEncoding.EncodeToString(b)
}

// toHex is "" for what is no SHA-256.
func toHex(sum string) string {
	b, err := base64.StdEncoding.DecodeString(sum)
	if err != nil || len(b) != 32 {
		return ""
	}
	return hex.EncodeToString(b)
}
