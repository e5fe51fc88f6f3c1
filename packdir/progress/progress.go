// Package progress draws a tool's progress bar: on a terminal only, and only for work
// that takes longer than a second.
package progress

import (
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// A Bar counts bytes. Its zero value draws nothing.
type Bar struct {
	text  string
	start time.Time

	mu  sync.Mutex
	bar *progressbar.ProgressBar
}

// New makes a bar on standard error; nothing is drawn where that is no terminal.
func New(text string) *Bar {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return &Bar{}
	}
	return &Bar{text: text, start: time.Now()}
}

// Set moves the bar. It may be called from any goroutine, in any order.
func (b *Bar) Set(done, total int64) {
	if b.start.IsZero() || time.Since(b.start) < time.Second {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bar == nil {
		b.bar = progressbar.NewOptions64(total,
			progressbar.OptionSetDescription(b.text),
			progressbar.OptionSetWriter(os.Stderr),
			progressbar.OptionShowBytes(true),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionFullWidth(),
			progressbar.OptionClearOnFinish())
	}
	if done > b.bar.State().CurrentNum {
		b.bar.Set64(done)
	}
}

// Clear removes the bar, so that other text can follow.
func (b *Bar) Clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bar != nil {
		b.bar.Clear()
		b.bar = nil
		b.start = time.Time{}
	}
}
