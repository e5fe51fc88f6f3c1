package box

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what Prometheus reads. Every label has few values, all of them ours.
type metrics struct {
	registry  *prometheus.Registry
	requests  *prometheus.CounterVec // by kind and code
	sent      *prometheus.CounterVec // by kind
	packSent  *prometheus.CounterVec // by pack
	ranges    prometheus.Counter
	aborted   prometheus.Counter
	panics    prometheus.Counter
	running   prometheus.Gauge
	limited   *prometheus.CounterVec // by limit
	certUntil prometheus.Gauge
}

func newMetrics() *metrics {
	m := &metrics{registry: prometheus.NewRegistry()}
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: "mixtab_" + name, Help: help})
		m.registry.MustRegister(c)
		return c
	}
	counters := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "mixtab_" + name, Help: help}, labels)
		m.registry.MustRegister(c)
		return c
	}
	gauge := func(name, help string) prometheus.Gauge {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Name: "mixtab_" + name, Help: help})
		m.registry.MustRegister(g)
		return g
	}
	m.requests = counters("requests_total", "Requests that were answered, by kind of thing and status code.", "kind", "code")
	m.sent = counters("response_bytes_total", "Bytes of bodies sent, by kind of thing.", "kind")
	m.packSent = counters("pack_bytes_total", "Bytes of bodies sent, by pack.", "pack")
	m.ranges = counter("ranges_total", "Responses that were a part of a file (206).")
	m.aborted = counter("aborted_total", "Responses that did not reach their client whole.")
	m.panics = counter("panics_total", "Panics of the handler, each a bug.")
	m.running = gauge("requests_running", "Requests that are being answered now.")
	m.limited = counters("limited_total", "Requests and connections that a limit refused, by limit.", "limit")
	m.certUntil = gauge("certificate_expires_seconds", "When the TLS certificate expires, in seconds since 1970; 0 without one.")
	for _, kind := range kinds {
		m.sent.WithLabelValues(kind) // so that a rate has a zero to start from
	}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewBuildInfoCollector())
	return m
}

// watchConnections and watchLogs add what is counted elsewhere, and asked for when the
// metrics are read.
func (m *metrics) watchConnections(g *gate) {
	m.registry.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "mixtab_connections_open", Help: "Connections that are open now."},
			func() float64 { open, _ := g.count(); return float64(open) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "mixtab_connections_total", Help: "Connections that were let in."},
			func() float64 { _, all := g.count(); return float64(all) }))
}

func (m *metrics) watchLogs(files []*LogFile) {
	m.registry.MustRegister(prometheus.NewCounterFunc(
		prometheus.CounterOpts{Name: "mixtab_log_records_dropped_total", Help: "Records of the logs that could not be written."},
		func() (dropped float64) {
			for _, l := range files {
				dropped += float64(l.Dropped())
			}
			return dropped
		}))
}

// done counts a request that has been answered.
func (m *metrics) done(t thing, w *writer) {
	code := "none" // cut before there was an answer
	if w.status != 0 {
		code = strconv.Itoa(w.status)
	}
	m.requests.WithLabelValues(t.kind, code).Inc()
	m.sent.WithLabelValues(t.kind).Add(float64(w.bytes))
	if t.pack != "" {
		m.packSent.WithLabelValues(t.pack).Add(float64(w.bytes))
	}
	if w.status == http.StatusPartialContent {
		m.ranges.Inc()
	}
	if w.failed {
		m.aborted.Inc()
	}
}

func (m *metrics) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	return mux
}
