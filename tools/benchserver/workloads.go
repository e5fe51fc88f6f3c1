package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"mixtab/tools/benchserver/packs"
)

// A workload is one row: what clients ask one server for, in one of its modes.
type workload struct {
	name   string
	mode   mode
	small  bool // counted in requests, not in bytes
	long   bool // for two seconds instead of one, as a bar hangs on it
	beside bool // beside others, whose share of the server's processor time nobody knows
	run    func(ctx context.Context, addr string, d time.Duration) (load, error)
	bar    float64 // the least that the rate may be, in those of nginx; 0: nobody asks
	cpuBar float64 // the most that the processor time may be
}

// choose picks the files of the page that are asked for: one of 1 KB that is served as it
// is, and the script nearest 32 KB that the build has compressed.
func choose(page fs.FS) (small, coded string, err error) {
	type file struct {
		name  string
		bytes int64
		coded bool
	}
	var all []file
	err = fs.WalkDir(page, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || slices.Contains([]string{".br", ".gz", ".zst"}, path.Ext(name)) || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		_, missing := fs.Stat(page, name+".gz")
		all = append(all, file{name, info.Size(), missing == nil})
		return nil
	})
	nearest := func(size int64, fits func(file) bool) (name string) {
		best := int64(-1)
		for _, f := range all {
			if off := max(f.bytes-size, size-f.bytes); fits(f) && (best < 0 || off < best) {
				name, best = f.name, off
			}
		}
		return name
	}
	small = nearest(1024, func(f file) bool { return !f.coded })
	coded = nearest(32<<10, func(f file) bool { return f.coded && path.Ext(f.name) == ".js" })
	if err == nil && (small == "" || coded == "") {
		err = fmt.Errorf("the page is not built: run make build")
	}
	return "/" + small, "/" + coded, err
}

// workloads are the rows of the table.
func workloads(small, coded string, shard packs.Shard) []workload {
	large := "/packs/noise/" + shard.Path
	whole := download{path: large, size: shard.Bytes, clients: 8}
	ranges := download{path: large, size: shard.Bytes, span: 1 << 20, clients: 8}
	many := func(file string, connections int, header ...string) func(context.Context, string, time.Duration) (load, error) {
		return func(ctx context.Context, addr string, d time.Duration) (load, error) {
			return wrk(ctx, "http://"+addr+file, connections, d, header...)
		}
	}
	over := func(protocol, file string, connections int) func(context.Context, string, time.Duration) (load, error) {
		return func(ctx context.Context, addr string, d time.Duration) (load, error) {
			return h2load(ctx, protocol, "https://"+addr+file, connections, d)
		}
	}
	return []workload{
		{name: "64 MB shard, 8 at a time", long: true, run: whole.run, bar: 0.95, cpuBar: 1.7},
		{name: "64 MB shard, 8 at a time, access log on", mode: logged, run: whole.run},
		{name: "ranges of 1 MB, 8 at a time", run: ranges.run},
		{name: "page file of 1 KB, 50 connections", small: true, long: true, run: many(small, 50), bar: 0.5},
		{name: "page file of 1 KB, 50 connections, access log on", mode: logged, small: true, run: many(small, 50)},
		{name: "precompressed script, 50 connections", small: true, run: many(coded, 50, "Accept-Encoding: gzip")},
		{name: "page file of 1 KB, 16 connections, beside 4 downloads", small: true, beside: true, run: mixed(whole, many(small, 16))},
		{name: "64 MB shard, 8 at a time, TLS, HTTP/1.1", mode: secure, run: over("http/1.1", large, 8)},
		{name: "64 MB shard, 8 at a time, TLS, HTTP/2", mode: secure, run: over("h2", large, 8)},
		{name: "page file of 1 KB, 50 connections, TLS, HTTP/1.1", mode: secure, small: true, run: over("http/1.1", small, 50)},
		{name: "page file of 1 KB, 50 connections, TLS, HTTP/2", mode: secure, small: true, run: over("h2", small, 50)},
	}
}

// mixed runs a load of small files while shards are downloaded from the same server. What
// is told is of the small files.
func mixed(large download, small func(context.Context, string, time.Duration) (load, error)) func(context.Context, string, time.Duration) (load, error) {
	large.clients = 4
	return func(ctx context.Context, addr string, d time.Duration) (load, error) {
		group, ctx := errgroup.WithContext(ctx)
		group.Go(func() error {
			_, err := large.run(ctx, addr, d)
			return err
		})
		l, err := small(ctx, addr, d)
		if other := group.Wait(); err == nil {
			err = other
		}
		return l, err
	}
}

// same asks both servers for a file, and fails where they do not send the same bytes. Each
// row would otherwise be a race to the best error page.
func same(ctx context.Context, file string, gzip bool, addrs ...string) error {
	var first string
	for i, addr := range addrs {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+file, nil)
		if err != nil {
			return err
		}
		req.Header.Set("Accept-Encoding", "identity")
		if gzip {
			req.Header.Set("Accept-Encoding", "gzip")
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			return err
		}
		got := fmt.Sprintf("%s, %q, hash %x", resp.Status, resp.Header.Get("Content-Encoding"), hash(body))
		if i == 0 {
			first = got
		}
		if got != first || resp.StatusCode != http.StatusOK || gzip != (resp.Header.Get("Content-Encoding") == "gzip") {
			return fmt.Errorf("%s: one server sends %s, the other %s", file, first, got)
		}
	}
	return nil
}
