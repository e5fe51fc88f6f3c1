package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/peterbourgon/ff/v3"

	"mixtab/server/box"
)

// config is what the flags say.
type config struct {
	packs    packFlags
	listen   listFlag
	unixMode modeFlag
	trust    listFlag

	tls      box.TLS
	tlsHosts listFlag
	redirect string

	limits              box.Limits
	minRate, headerSize sizeFlag

	logLevel, accessLevel slog.Level
	logFormat             string
	accessLog             string
	metrics, debug        string

	lameDuck, drain time.Duration
}

// flags are all there are. docs/SERVER.md has the same texts, which a test sees to.
func (c *config) flags() *flag.FlagSet {
	f := flag.NewFlagSet("mixtab-server", flag.ContinueOnError)
	f.Var(&c.packs, "pack", "`folder` of a pack, or name=folder; may be repeated, and the page opens the first; without it, the demo")

	c.listen.items = []string{"localhost:8080"}
	f.Var(&c.listen, "listen", "`address` to listen on: host:port (\":8080\" is every interface), unix:PATH, or systemd for the sockets that it hands over; may be repeated")
	f.Var(&c.listen, "addr", "the same as -listen, for one `address`")
	c.unixMode = 0o660
	f.Var(&c.unixMode, "unix-mode", "`permissions` of the sockets of unix:PATH; whoever may write may connect")
	f.Var(&c.trust, "trust-proxy", "`networks` of proxies whose X-Forwarded-For and X-Request-Id are believed, such as 10.0.0.0/8, or unix for those on a unix socket; none by default")

	f.StringVar(&c.tls.Mode, "tls", "", "`how` to have TLS: off, files (-tls-cert and -tls-key), self (a certificate of our own) or autocert (from an authority, for -tls-hosts); off by default, files where a certificate is named")
	f.StringVar(&c.tls.Cert, "tls-cert", "", "`file` of the certificate with its chain, in PEM; read again when it changes")
	f.StringVar(&c.tls.Key, "tls-key", "", "`file` of the certificate's key, in PEM")
	f.Var(&c.tlsHosts, "tls-hosts", "`names` of this server: all of them for autocert; for self, those beside the machine's own names and addresses")
	f.StringVar(&c.tls.Email, "tls-email", "", "`address` that the authority of autocert may write to")
	f.StringVar(&c.tls.Directory, "tls-authority", "", "`URL` of the ACME directory of autocert; Let's Encrypt's by default")
	f.StringVar(&c.redirect, "redirect", "", "`host:port` of a listener that sends plain HTTP on to TLS, and answers the authority of autocert; none by default")
	f.StringVar(&c.tls.State, "state", "", "`folder` that keeps the certificates of self and autocert; by default systemd's state directory, or mixtab-server in the user's configuration folder")

	f.DurationVar(&c.limits.HeaderTimeout, "header-timeout", 10*time.Second, "how long the head of a request may take")
	f.DurationVar(&c.limits.IdleTimeout, "idle-timeout", time.Minute, "how long a connection may wait for its next request")
	c.headerSize = 32 << 10
	f.Var(&c.headerSize, "max-header", "`size` of a request's head, at most")
	c.minRate = 16 << 10
	f.Var(&c.minRate, "min-rate", "`size` that a reader has to take in a second, over each MiB and after 30 s of grace; 0 waits for ever")
	f.IntVar(&c.limits.Connections, "max-conns", 10240, "`number` of open connections, at most; 0 is no limit but the system's")
	f.IntVar(&c.limits.ClientConnections, "max-conns-per-client", 256, "`number` of open connections of one client; 0 is no limit")
	f.IntVar(&c.limits.Requests, "max-requests", 2048, "`number` of requests that run at the same time, at most; 0 is no limit")
	f.IntVar(&c.limits.ClientRequests, "max-requests-per-client", 64, "`number` of requests of one client that run at the same time; 0 is no limit")
	f.Float64Var(&c.limits.Rate, "rate", 0, "`number` of requests a second, in bursts of up to four seconds' worth; 0 is no limit")
	f.Float64Var(&c.limits.ClientRate, "rate-per-client", 100, "`number` of requests a second of one client, in bursts of up to four seconds' worth; 0 is no limit")

	f.TextVar(&c.logLevel, "log", slog.LevelInfo, "`level` of the log on stderr: debug, info, warn, error")
	f.StringVar(&c.logFormat, "log-format", "text", "`form` of both logs: text or json")
	f.StringVar(&c.accessLog, "access-log", "off", "where a line for each request goes: off, stderr, or a `file`, which SIGHUP opens again")
	f.TextVar(&c.accessLevel, "access-level", slog.LevelInfo, "`level` of the access log: info has all requests, warn those that failed, error those that failed by our fault")
	f.StringVar(&c.metrics, "metrics-addr", "", "`host:port` of Prometheus' metrics, under /metrics; none by default")
	f.StringVar(&c.debug, "debug-addr", "", "`host:port` of Go's profiles, under /debug/pprof/; only of this machine (localhost), none by default")

	f.DurationVar(&c.lameDuck, "lame-duck", 0, "how long to serve on after SIGINT or SIGTERM, while /readyz says 503 already")
	f.DurationVar(&c.drain, "drain", 20*time.Second, "how long running downloads may go on after that")
	return f
}

// stateFolder is where this user's programs keep things. A user without a home, as in a
// container, has to name a folder where one is needed.
func stateFolder() string {
	if folder := os.Getenv("STATE_DIRECTORY"); folder != "" { // of systemd's StateDirectory=
		return folder
	}
	folder, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(folder, "mixtab-server")
}

// parse reads the arguments of the command, which has about as help.
func parse(args []string, stdout io.Writer, about string) (*config, error) {
	c := new(config)
	flags := c.flags()
	flags.SetOutput(io.Discard) // a mistake is told in one line, by main
	flags.Usage = func() {}
	err := ff.Parse(flags, args, ff.WithEnvVarPrefix("MIXTAB"), ff.WithEnvVarSplit(","))
	switch {
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(stdout)
		fmt.Fprint(stdout, about)
		flags.PrintDefaults()
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w (-h lists the flags)", explain(flags, err))
	case flags.NArg() > 0:
		return nil, fmt.Errorf("unexpected argument %q: packs are named with -pack", flags.Arg(0))
	}
	return c, c.check()
}

// explain says which variable and which value of it is wrong; ff has the name only.
func explain(flags *flag.FlagSet, err error) error {
	flags.VisitAll(func(f *flag.Flag) {
		if name := variable(f); strings.Contains(err.Error(), strconv.Quote(name)) {
			for inner := err; inner != nil; inner = errors.Unwrap(inner) {
				err = inner
			}
			err = fmt.Errorf("%s=%s: %w", name, os.Getenv(name), err)
			if f.DefValue != "" {
				err = fmt.Errorf("%w: a value looks like %s", err, f.DefValue)
			}
		}
	})
	return err
}

// variable is the name of a flag in the environment.
func variable(f *flag.Flag) string {
	return "MIXTAB_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
}

// check finds what no flag can see by itself.
func (c *config) check() error {
	if c.logFormat != "text" && c.logFormat != "json" {
		return fmt.Errorf("-log-format: %q is no form of a log: use text or json", c.logFormat)
	}
	if c.tls.Mode == "" && (c.tls.Cert != "" || c.tls.Key != "") {
		c.tls.Mode = box.TLSFiles
	}
	for name, file := range map[string]string{"tls-cert": c.tls.Cert, "tls-key": c.tls.Key} {
		if c.tls.Mode != "" && c.tls.Mode != box.TLSFiles && file != "" {
			return fmt.Errorf("-tls %s and -%s exclude each other: leave one out", c.tls.Mode, name)
		}
	}
	if c.tls.State == "" {
		c.tls.State = stateFolder()
	}
	if (c.tls.Mode == box.TLSSelf || c.tls.Mode == box.TLSAutocert) && c.tls.State == "" {
		return fmt.Errorf("-tls %s needs a folder to keep its certificate in, and this user has no home: name one with -state", c.tls.Mode)
	}
	for name, negative := range map[string]bool{
		"max-conns": c.limits.Connections < 0, "max-conns-per-client": c.limits.ClientConnections < 0, "max-requests": c.limits.Requests < 0,
		"max-requests-per-client": c.limits.ClientRequests < 0, "rate": c.limits.Rate < 0, "rate-per-client": c.limits.ClientRate < 0,
		"header-timeout": c.limits.HeaderTimeout < 0, "idle-timeout": c.limits.IdleTimeout < 0, "drain": c.drain < 0, "lame-duck": c.lameDuck < 0,
	} {
		if negative {
			return fmt.Errorf("-%s is negative: use 0 or more", name)
		}
	}
	for name, rate := range map[string]float64{"rate": c.limits.Rate, "rate-per-client": c.limits.ClientRate} {
		if !(rate <= 1e9) {
			return fmt.Errorf("-%s: %g is no number of requests: use 1e9 or less, or 0 for no limit", name, rate)
		}
	}
	c.tls.Hosts = c.tlsHosts.items
	c.limits.MinRate, c.limits.HeaderBytes = int64(c.minRate), int(c.headerSize)
	return nil
}

// A listFlag collects items, with commas between them or one flag each. What it has
// before the first of them is its default.
type listFlag struct {
	items []string
	set   bool
}

func (l *listFlag) String() string { return strings.Join(l.items, ",") }

func (l *listFlag) Set(value string) error {
	if !l.set {
		l.items, l.set = nil, true
	}
	for _, item := range strings.Split(value, ",") {
		if item = strings.TrimSpace(item); item == "" {
			return errors.New("an item of the list is empty")
		}
		l.items = append(l.items, item)
	}
	return nil
}

// A sizeFlag is a number of bytes, such as 16KiB.
type sizeFlag uint64

func (s *sizeFlag) String() string { return strings.ReplaceAll(humanize.IBytes(uint64(*s)), " ", "") }

func (s *sizeFlag) Set(value string) error {
	bytes, err := humanize.ParseBytes(value)
	if err != nil || bytes > 1<<40 {
		return errors.New("use a size such as 16KiB")
	}
	*s = sizeFlag(bytes)
	return nil
}

// A modeFlag is permissions in octal digits.
type modeFlag fs.FileMode

func (m *modeFlag) String() string { return fmt.Sprintf("%04o", *m) }

func (m *modeFlag) Set(value string) error {
	mode, err := strconv.ParseUint(value, 8, 32)
	if err != nil || mode > 0o777 {
		return errors.New("use permissions in octal, such as 0660")
	}
	*m = modeFlag(mode)
	return nil
}
