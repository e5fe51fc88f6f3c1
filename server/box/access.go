package box

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"time"
)

// record writes a request's line into the access log: its level is that of what came out,
// so that a log at warn has the requests that went wrong and no others.
func record(log *slog.Logger, r *http.Request, w *writer, t thing, client netip.Addr, forwarded bool, took time.Duration) {
	level := slog.LevelInfo
	switch {
	case w.status >= 500:
		level = slog.LevelError
	case w.status >= 400 || w.failed:
		level = slog.LevelWarn
	}
	if !log.Enabled(context.Background(), level) {
		return
	}
	attrs := make([]slog.Attr, 0, 12)
	attrs = append(attrs, slog.String("id", requestID(r, forwarded)), slog.String("client", clientText(client)),
		slog.String("method", short(r.Method)), slog.String("path", short(r.URL.Path)))
	if t.pack != "" {
		attrs = append(attrs, slog.String("pack", t.pack))
	}
	if ranges := r.Header.Get("Range"); ranges != "" {
		attrs = append(attrs, slog.String("range", short(ranges)))
	}
	attrs = append(attrs, slog.Int("status", w.status), slog.Int64("bytes", w.bytes), slog.Duration("took", took), slog.String("proto", r.Proto))
	if w.failed {
		attrs = append(attrs, slog.Bool("aborted", true))
	}
	log.LogAttrs(context.Background(), level, "request", attrs...)
}

func clientText(client netip.Addr) string {
	if !client.IsValid() {
		return "unix"
	}
	return client.String()
}

// short keeps what a client may have made long out of the log.
func short(text string) string {
	const most = 200
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}

// requestID is what a trusted proxy calls the request, or a name of our own.
func requestID(r *http.Request, trusted bool) string {
	if id := r.Header.Get("X-Request-Id"); trusted && wellFormed(id) {
		return id
	}
	var id [8]byte
	binary.BigEndian.PutUint64(id[:], rand.Uint64())
	return hex.EncodeToString(id[:])
}

func wellFormed(id string) bool {
	for _, c := range id {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.') {
			return false
		}
	}
	return id != "" && len(id) <= 64
}
