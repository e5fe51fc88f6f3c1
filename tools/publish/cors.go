package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// What -cors does.
const (
	corsPrint = "print"
	corsSet   = "set"
)

// A rule says which pages may read the bucket from another origin, in the JSON that R2's
// dashboard takes and that AWS's console shows.
type rule struct {
	AllowedOrigins []string
	AllowedMethods []string
	AllowedHeaders []string
	ExposeHeaders  []string
	MaxAgeSeconds  int32
}

// corsRule is what the page needs: it resumes a shard with Range and If-Range, and goes by
// the headers that it then reads. Whoever may read the bucket at all may do so from any page.
var corsRule = rule{
	AllowedOrigins: []string{"*"},
	AllowedMethods: []string{"GET", "HEAD"},
	AllowedHeaders: []string{"Range", "If-Range", "If-Match", "If-None-Match"},
	ExposeHeaders:  []string{"Accept-Ranges", "Content-Encoding", "Content-Length", "Content-Range", "ETag"},
	MaxAgeSeconds:  86400,
}

// corsID marks our rule among those of the bucket.
const corsID = "mixtab"

func corsText() string {
	text, err := json.MarshalIndent([]rule{corsRule}, "", "  ")
	if err != nil {
		panic(err) // strings and a number
	}
	return string(text) + "\n"
}

// setCORS puts our rule beside those that the bucket has.
func (s *store) setCORS(ctx context.Context) error {
	var rules []types.CORSRule
	has, err := s.client.GetBucketCors(ctx, &s3.GetBucketCorsInput{Bucket: &s.cfg.bucket})
	var api smithy.APIError
	switch {
	case err == nil:
		rules = has.CORSRules
	case !errors.As(err, &api) || api.ErrorCode() != "NoSuchCORSConfiguration":
		return fmt.Errorf("-cors: %w", err)
	}
	rules = slices.DeleteFunc(rules, func(r types.CORSRule) bool { return aws.ToString(r.ID) == corsID })
	rules = append(rules, types.CORSRule{
		ID: aws.String(corsID), AllowedOrigins: corsRule.AllowedOrigins, AllowedMethods: corsRule.AllowedMethods,
		AllowedHeaders: corsRule.AllowedHeaders, ExposeHeaders: corsRule.ExposeHeaders, MaxAgeSeconds: &corsRule.MaxAgeSeconds,
	})
	_, err = s.client.PutBucketCors(ctx, &s3.PutBucketCorsInput{Bucket: &s.cfg.bucket, CORSConfiguration: &types.CORSConfiguration{CORSRules: rules}}, s3.WithAPIOptions(contentMD5))
	if err != nil {
		return fmt.Errorf("-cors: %w", err)
	}
	return nil
}

// contentMD5 gives the request the checksum that all stores know, in place of the SDK's
// CRC32, which R2 does not take with this operation.
func contentMD5(stack *middleware.Stack) error {
	if _, err := stack.Initialize.Remove("AWSChecksum:SetupInputContext"); err != nil {
		return err
	}
	return smithyhttp.AddContentChecksumMiddleware(stack)
}
