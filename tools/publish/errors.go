package main

import (
	"crypto/tls"
	"encoding/xml"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// explain turns what the store or the network said into one line that tells what to do.
// The AWS client's own errors begin with its inner life and hide the reason at the end.
func explain(err error, cfg storeConfig) error {
	var unfit packError
	var operation *smithy.OperationError
	switch {
	case errors.As(err, &unfit):
		return unfit // without what the client put around it
	case !errors.As(err, &operation):
		return err // our own
	}
	where := cfg.endpoint
	if where == "" {
		where = "AWS in " + cfg.region
	}
	if api := (smithy.APIError)(nil); errors.As(err, &api) {
		if what := explainCode(api, err, cfg, where); what != "" {
			return fmt.Errorf("%s (%s)", what, api.ErrorCode())
		}
	}
	var (
		dns         *net.DNSError
		certificate *tls.CertificateVerificationError
		syntax      *xml.SyntaxError
		netErr      net.Error
	)
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return fmt.Errorf("there is no host %s: check -endpoint", dns.Name)
	case errors.As(err, &dns):
		return fmt.Errorf("the name of %s could not be looked up (%v): check the network, and run the same command again", dns.Name, dns)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("nothing answers at %s: check -endpoint", where)
	case errors.As(err, &certificate):
		return fmt.Errorf("%s has a certificate that is not to be trusted (%w): check -endpoint", where, lastLine(err))
	case errors.As(err, &syntax):
		return fmt.Errorf("%s answers, but not as S3 does: check -endpoint", where)
	case errors.As(err, &netErr) && netErr.Timeout(), errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("%s stopped answering: check the network, and run the same command again, it continues where it stopped", where)
	}
	if strings.HasSuffix(err.Error(), "server gave HTTP response to HTTPS client") {
		return fmt.Errorf("%s speaks HTTP without TLS: write http:// in -endpoint", where)
	}
	var sent interface{ ConnectionError() bool }
	if errors.As(err, &sent) && sent.ConnectionError() || errors.Is(err, syscall.ECONNRESET) {
		return fmt.Errorf("the connection to %s was lost (%w): run the same command again, it continues where it stopped", where, lastLine(err))
	}
	return fmt.Errorf("%s failed at %s: %w", operation.OperationName, where, lastLine(err))
}

// explainCode knows the codes of S3, R2, MinIO and Versity's gateway; "" if not this one.
func explainCode(api smithy.APIError, err error, cfg storeConfig, where string) string {
	again := "run the same command again later, it continues where it stopped"
	switch api.ErrorCode() {
	case "NoSuchBucket":
		return fmt.Sprintf("there is no bucket %q at %s: create it, or check -to and -endpoint", cfg.bucket, where)
	case "InvalidAccessKeyId", "Unauthorized", "XAdminUserNotFound":
		return fmt.Sprintf("%s does not know this access key: check AWS_ACCESS_KEY_ID and -endpoint", where)
	case "SignatureDoesNotMatch":
		return "the secret does not belong to this access key: check AWS_SECRET_ACCESS_KEY"
	case "ExpiredToken", "TokenRefreshRequired", "InvalidToken":
		return "the credentials have expired: get new ones"
	case "AccessDenied", "Forbidden", "AllAccessDisabled":
		return fmt.Sprintf("these credentials may not list, read and write in the bucket %q: give them that right (R2: Object Read & Write; -cors set needs Admin Read & Write)", cfg.bucket)
	case "RequestTimeTooSkewed", "RequestExpired", "InvalidSignatureException":
		return "this machine's clock is wrong: set it"
	case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException":
		return fmt.Sprintf("the bucket %q is in another region: name it with -region", cfg.bucket)
	case "QuotaExceeded", "InsufficientStorage", "InsufficientCapacity", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "StorageFull":
		return fmt.Sprintf("%s has no room left: delete something or raise the quota, and run the same command again", where)
	case "EntityTooLarge":
		return fmt.Sprintf("%s does not take objects of this size", where)
	case "XAmzContentSHA256Mismatch", "BadDigest", "InvalidDigest":
		return fmt.Sprintf("%s received other bytes than were sent: the network or its disk is damaging them", where)
	case "SlowDown", "TooManyRequests", "RequestLimitExceeded", "ServiceUnavailable", "Throttling", "ThrottlingException":
		return fmt.Sprintf("%s is busy and keeps refusing: %s, or use a smaller -parallel", where, again)
	}
	var response *awshttp.ResponseError
	if !errors.As(err, &response) {
		return ""
	}
	switch code := response.HTTPStatusCode(); {
	case code == http.StatusInsufficientStorage:
		return fmt.Sprintf("%s has no room left: delete something or raise the quota, and run the same command again", where)
	case code == http.StatusForbidden || code == http.StatusUnauthorized:
		return fmt.Sprintf("these credentials may not do this in the bucket %q: give them the right to list, read and write", cfg.bucket)
	case code >= 500:
		return fmt.Sprintf("%s fails with HTTP status %d: %s", where, code, again)
	case api.ErrorMessage() == "":
		return fmt.Sprintf("%s answers with HTTP status %d, which S3 would not: check -endpoint", where, code)
	}
	return fmt.Sprintf("%s says: %s", where, oneLine(api.ErrorMessage()))
}

func notFound(err error) bool {
	var response *awshttp.ResponseError
	return errors.As(err, &response) && response.HTTPStatusCode() == http.StatusNotFound
}

// lastLine is the innermost error, without what the client put around it.
func lastLine(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return errors.New(oneLine(err.Error()))
		}
		err = inner
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
