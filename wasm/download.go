//go:build js && wasm

package main

import (
	"context"
	"errors"

	"mixtab/wasm/host"
	"mixtab/wasm/protocol"
	"mixtab/wasm/source"
)

// download brings what is missing of a pack into the store and tells the page how far it
// is. If it fails, the engine goes on: what a token wants, its Source still fetches.
// arrived is told the bytes that have come.
func (s *server) download(pack *source.Pack, have source.State, arrived func(int64)) {
	if have.Complete || !have.Persistent {
		return
	}
	last := source.Progress{DoneBytes: have.StoredBytes, TotalBytes: have.Manifest.Bytes()}
	event := func(phase protocol.DownloadPhase) protocol.Download {
		missing := host.MissingOf(have.Manifest, last.DoneBytes, last.BytesPerSecond)
		perToken := missing.SecondsPerToken(s.fastest.Seconds())
		if missing.Share == 0 && s.fastest == 0 {
			perToken = -1 // no answer yet
		}
		return protocol.Download{
			Type: "download", Phase: phase, DoneBytes: last.DoneBytes, TotalBytes: last.TotalBytes, BytesPerSecond: last.BytesPerSecond,
			SecondsLeft: known(last.SecondsLeft), SecondsPerToken: known(perToken), WaitingTokens: missing.Waits(),
		}
	}
	err := pack.Download(func(p source.Progress) {
		last = p
		arrived(p.DoneBytes - have.StoredBytes)
		s.emit(event(protocol.DownloadPhase(p.Phase)))
	})
	last.BytesPerSecond, last.SecondsLeft = 0, -1
	switch {
	case errors.Is(err, context.Canceled): // by somebody who paused it
		s.emit(event(protocol.DownloadPaused))
		return
	case err != nil:
		failed := event(protocol.DownloadFailed)
		failed.Failure = &protocol.Failure{Code: codeOf(err), Message: err.Error()}
		s.emit(failed)
		return
	}
	last.DoneBytes, last.SecondsLeft = last.TotalBytes, 0
	s.emit(event(protocol.DownloadDone))
}

// known is nil for a number that is negative because nobody knows it.
func known(n float64) *float64 {
	if n < 0 {
		return nil
	}
	return &n
}
