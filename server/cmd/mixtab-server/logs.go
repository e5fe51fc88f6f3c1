package main

import (
	"fmt"
	"io"
	"log/slog"

	"mixtab/server/box"
)

// logs are that of the program, on standard error, and that of requests.
type logs struct {
	program *slog.Logger
	access  *slog.Logger // nil: none
	files   []*box.LogFile
}

func openLogs(cfg *config, stderr io.Writer) (*logs, error) {
	l := new(logs)
	tell := func(text string) { l.program.Warn(text) }
	program := box.NewLog(stderr, tell)
	l.files = append(l.files, program)
	l.program = newLogger(cfg.logFormat, program, cfg.logLevel)
	switch cfg.accessLog {
	case "off", "":
	case "stderr":
		l.access = newLogger(cfg.logFormat, program, cfg.accessLevel)
	default:
		file, err := box.OpenLog(cfg.accessLog, tell)
		if err != nil {
			l.close()
			return nil, fmt.Errorf("-access-log: %w", err)
		}
		l.files = append(l.files, file)
		l.access = newLogger(cfg.logFormat, file, cfg.accessLevel)
	}
	return l, nil
}

func newLogger(format string, out io.Writer, level slog.Level) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(out, options))
	}
	return slog.New(slog.NewTextHandler(out, options))
}

// close ends the access log first, which may have something to tell the program's.
func (l *logs) close() {
	for i := len(l.files) - 1; i >= 0; i-- {
		l.files[i].Close()
	}
}
