package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"
)

// storeConfig says where the bucket is, and how patient to be with it.
type storeConfig struct {
	bucket, prefix string
	endpoint       string // "" is AWS itself
	region         string
	attempts       int           // of each request
	backoff        time.Duration // the longest wait between two attempts
	stall          time.Duration // how long a connection may stand still
}

// parseTarget cuts s3://BUCKET/PREFIX. The prefix may be empty.
func parseTarget(to string) (bucket, prefix string, err error) {
	rest, ok := strings.CutPrefix(to, "s3://")
	bucket, prefix, _ = strings.Cut(rest, "/")
	prefix = strings.TrimSuffix(prefix, "/")
	if !ok || bucket == "" || prefix != "" && path.Clean("/"+prefix) != "/"+prefix {
		return "", "", fmt.Errorf("-to: %q is no place in a bucket: write s3://BUCKET/packs/NAME", to)
	}
	return bucket, prefix, nil
}

// parseEndpoint refuses what would be misunderstood. Cloudflare's dashboard shows the
// endpoint with the bucket's name behind it, which would make that a part of each key.
func parseEndpoint(endpoint string) error {
	if endpoint == "" {
		return nil
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("-endpoint: %q is no URL: write https://HOST", endpoint)
	}
	if u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		return fmt.Errorf("-endpoint: %q has a path: leave it away, and name the bucket in -to", endpoint)
	}
	return nil
}

// openStore finds credentials where all AWS programs do: in the environment, in
// ~/.aws, or from the machine's role.
func openStore(ctx context.Context, cfg storeConfig) (*store, error) {
	options := []func(*config.LoadOptions) error{
		config.WithLogger(logging.Nop{}), // what matters comes back as an error
		// R2 and other stores answer some requests that carry the CRC32 of newer
		// SDKs with 501; ours carry a SHA-256 of their own.
		config.WithRequestChecksumCalculation(aws.RequestChecksumCalculationWhenRequired),
		config.WithResponseChecksumValidation(aws.ResponseChecksumValidationWhenRequired),
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.DialContext = dial(cfg.stall)
			// Each upload has a connection of its own. HTTP/2 would put them all on
			// one, which a single lost packet halts.
			t.Protocols = new(http.Protocols)
			t.Protocols.SetHTTP1(true)
			t.ForceAttemptHTTP2 = false
			t.MaxIdleConnsPerHost = 64
			t.WriteBufferSize = 256 << 10
		})),
		config.WithRetryer(func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts, o.MaxBackoff = cfg.attempts, cfg.backoff
			})
		}),
	}
	if cfg.region != "" {
		options = append(options, config.WithRegion(cfg.region))
	} else if cfg.endpoint != "" {
		options = append(options, config.WithRegion("auto")) // what R2 calls its only region; others do not look
	}
	loaded, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, err
	}
	if loaded.Region == "" {
		return nil, errors.New("-region is needed, or AWS_REGION, as there is no -endpoint")
	}
	if _, err := loaded.Credentials.Retrieve(ctx); err != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE (R2: make an API token with Object Read & Write): %w", lastLine(err))
	}
	cfg.region = loaded.Region
	client := s3.NewFromConfig(loaded, func(o *s3.Options) {
		if cfg.endpoint != "" {
			o.BaseEndpoint = aws.String(cfg.endpoint)
			o.UsePathStyle = true
		}
	})
	return &store{cfg: cfg, client: client}, nil
}
