package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"mixtab/engine/weights"
	"mixtab/packdir"
	"mixtab/packdir/torrent"
	"mixtab/server"
)

// options are what the flags say.
type options struct {
	pack, name, out    string
	webSeeds, trackers []string
	private            bool
}

// addWebSeed takes the address to which clients put the pack's name and a file's path. It
// has to end with a slash, or some of them put them in place of its last part.
func (o *options) addWebSeed(value string) error {
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		return errors.New("is no http or https URL")
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return errors.New("must end with a folder: clients put the path of a file behind it")
	}
	o.webSeeds = append(o.webSeeds, strings.TrimSuffix(u.String(), "/")+"/")
	return nil
}

func (o *options) addTracker(value string) error {
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "udp" || u.Host == "" {
		return errors.New("is no http, https or udp URL")
	}
	o.trackers = append(o.trackers, value)
	return nil
}

// check looks at what the flags say together.
func (o *options) check() error {
	switch {
	case o.pack == "":
		return errors.New("-pack is needed: see -h")
	case len(o.webSeeds)+len(o.trackers) == 0:
		return errors.New("-web-seed is needed, or -tracker: a client has to get the pack from somewhere")
	case o.private && len(o.trackers) == 0:
		return errors.New("-private needs -tracker: without one, clients would find nobody")
	}
	if o.name == "" {
		name, err := packdir.ServedName(o.pack)
		if err != nil {
			return fmt.Errorf("-pack: %w", err)
		}
		o.name = name
	}
	if !server.IsPackName(o.name) {
		return fmt.Errorf("%q is no name for a pack: use -name with lower-case letters, digits, '.', '_' and '-'", o.name)
	}
	for _, seed := range o.webSeeds {
		if path.Base(seed) == o.name {
			return fmt.Errorf("-web-seed %s: name the folder above, %s: clients add the pack's name %s themselves",
				seed, strings.TrimSuffix(seed, o.name+"/"), o.name)
		}
	}
	if o.out == "" {
		o.out = filepath.Join(o.pack, weights.TorrentPath)
	}
	return nil
}

type result struct {
	Out         string  `json:"out"`
	Name        string  `json:"name"`
	InfoHash    string  `json:"info_hash"`
	Magnet      string  `json:"magnet"`
	Files       int     `json:"files"`
	Bytes       int64   `json:"bytes"`
	Pieces      int     `json:"pieces"`
	PieceLength int64   `json:"piece_length"`
	Seconds     float64 `json:"seconds"`
	MBs         float64 `json:"mb_s"`
}

// create reads and checks the pack, and writes its torrent.
func create(ctx context.Context, o options, progress func(done, total int64)) (result, error) {
	var r result
	start := time.Now()
	if err := o.check(); err != nil {
		return r, err
	}
	root, err := os.OpenRoot(o.pack)
	if err != nil {
		return r, fmt.Errorf("-pack: %w: name a folder that holds a pack", err)
	}
	defer root.Close()
	p, err := packdir.OpenRoot(root)
	if err != nil {
		return r, err
	}
	length := torrent.PieceLength(p.Manifest().Bytes())
	checked, err := p.Check(ctx, length, progress)
	switch {
	case errors.Is(err, context.Canceled):
		return r, fmt.Errorf("%s: interrupted: no torrent was written", o.pack)
	case err != nil:
		return r, err
	case len(checked.Faults) == 1:
		return r, checked.Faults[0]
	case len(checked.Faults) > 1:
		return r, fmt.Errorf("%w; and %d more files have faults, which mixtab-server verify lists", checked.Faults[0], len(checked.Faults)-1)
	}
	made := torrent.Torrent{Name: o.name, PieceLength: length, Pieces: checked.Pieces, Files: checked.Files,
		WebSeeds: o.webSeeds, Trackers: o.trackers, Private: o.private}
	b, err := made.Encode()
	if err != nil {
		return r, err
	}
	t, err := torrent.Parse(b) // as whoever gets it will
	if err != nil {
		return r, fmt.Errorf("the torrent of %s cannot be read: %w", o.pack, err)
	}
	if err := packdir.WriteFile(o.out, b); err != nil {
		return r, err
	}
	r = result{Out: o.out, Name: t.Name, InfoHash: t.InfoHash(), Files: len(t.Files), Pieces: len(t.Pieces), PieceLength: t.PieceLength}
	if r.Magnet, err = t.Magnet(); err != nil {
		return r, err
	}
	for _, f := range t.Files {
		r.Bytes += f.Bytes
	}
	r.Seconds = time.Since(start).Seconds()
	r.MBs = float64(r.Bytes) / 1e6 / r.Seconds
	return r, nil
}
