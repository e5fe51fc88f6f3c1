package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"mixtab/server/box"
)

const aboutHealthcheck = `mixtab-server healthcheck asks a running server whether it is ready, and ends with 0 if so.
It takes the flags and the environment of the server and asks at the first address that they name.

`

// healthcheck is for containers and scripts: the image has no other program.
func healthcheck(ctx context.Context, args []string, stdout, _ io.Writer) error {
	cfg, err := parse(args, stdout, aboutHealthcheck)
	if err != nil {
		return err
	}
	spec := cfg.listen.items[0]
	if spec == "systemd" {
		return errors.New("the address of systemd's sockets is not known here: name it with -listen")
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dialSpec(ctx, spec) },
		// The question is whether the process answers, on this machine. Who it is does not
		// matter, and localhost is not in most certificates.
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: serverName(cfg.tls)},
	}
	defer transport.CloseIdleConnections()
	scheme := "http"
	if cfg.tls.Mode != "" && cfg.tls.Mode != box.TLSOff && !strings.HasPrefix(spec, "unix:") {
		scheme = "https"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://localhost/readyz", nil)
	if err != nil {
		return err
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return fmt.Errorf("no answer on %s: %w", spec, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 200))
	if err != nil {
		return fmt.Errorf("half an answer on %s: %w", spec, err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the server on %s is not ready: %s: %s", spec, response.Status, strings.TrimSpace(string(text)))
	}
	fmt.Fprint(stdout, string(text))
	return nil
}

// dialSpec connects to an entry of -listen. Every interface is reached by localhost, too.
func dialSpec(ctx context.Context, spec string) (net.Conn, error) {
	var dialer net.Dialer
	if path, unix := strings.CutPrefix(spec, "unix:"); unix {
		return dialer.DialContext(ctx, "unix", path)
	}
	return dialer.DialContext(ctx, "tcp", spec) // an empty or unspecified host is this machine's
}

// serverName is what autocert has a certificate for.
func serverName(t box.TLS) string {
	if t.Mode == box.TLSAutocert && len(t.Hosts) > 0 {
		return t.Hosts[0]
	}
	return "localhost"
}
