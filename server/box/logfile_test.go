package box

import (
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// told collects what a log says of itself.
type told struct {
	mu    sync.Mutex
	lines []string
}

func (t *told) tell(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines, text)
}

func (t *told) all() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lines
}

// failing is a file on a full disk.
type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestLogThatCannotBeWritten(t *testing.T) {
	for name, err := range map[string]error{"full disk": syscall.ENOSPC, "broken pipe": syscall.EPIPE} {
		t.Run(name, func(t *testing.T) {
			var told told
			l := NewLog(failing{err}, told.tell)
			s := start(t, Config{AccessLog: slog.New(slog.NewJSONHandler(l, nil)), LogFiles: []*LogFile{l}})
			for range 20 {
				if _, body := get(t, http.DefaultClient, s.url); body != "hello" {
					t.Fatalf("got %q", body)
				}
			}
			s.stop()
			<-s.ended
			l.Close()
			if n := l.Dropped(); n != 20 {
				t.Errorf("%d records were dropped, want 20", n)
			}
			if lines := told.all(); len(lines) != 1 || !strings.Contains(lines[0], err.Error()) {
				t.Errorf("told %q, want one line with %q", lines, err)
			}
			if got := scrape(t, s)["mixtab_log_records_dropped_total"]; got != "20" {
				t.Errorf("the metrics count %q", got)
			}
		})
	}
}

// /dev/full is a disk that is full for ever.
func TestLogOnAFullDevice(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("this system has no /dev/full")
	}
	var told told
	l, err := OpenLog("/dev/full", told.tell)
	if err != nil {
		t.Fatal(err)
	}
	l.Write([]byte("a record\n"))
	l.Close()
	if lines := told.all(); len(lines) != 1 || !strings.Contains(lines[0], "no space left") {
		t.Errorf("told %q", lines)
	}
}

// counting is a file that counts its calls, and takes so many bytes.
type counting struct{ calls, room int }

func (c *counting) Write(p []byte) (int, error) {
	c.calls++
	n := min(len(p), c.room)
	if c.room -= n; n < len(p) {
		return n, syscall.ENOSPC
	}
	return n, nil
}

// Records that wait go out together, and are lost one by one.
func TestLogWritesTogether(t *testing.T) {
	const records = 100
	file := &counting{room: 60*len("record\n") + 3}
	var told told
	l := &LogFile{tell: told.tell, file: file, records: make(chan []byte, queued), done: make(chan struct{})}
	for range records {
		l.Write([]byte("record\n"))
	}
	close(l.records)
	l.run()
	if most := records*len("record\n")/together + 1; file.calls > most {
		t.Errorf("%d calls for %d records, want at most %d", file.calls, records, most)
	}
	if n := l.Dropped(); n != 40 {
		t.Errorf("%d records were dropped, want 40", n)
	}
}

// stuck is a pipe whose other end does not read.
type stuck struct{ leave chan struct{} }

func (s stuck) Write(p []byte) (int, error) {
	<-s.leave
	return len(p), nil
}

func TestLogThatIsStuck(t *testing.T) {
	var told told
	leave := make(chan struct{})
	l := NewLog(stuck{leave}, told.tell)
	const records = queued + 1000
	start := time.Now()
	for range records {
		if n, err := l.Write([]byte("record\n")); n != 7 || err != nil {
			t.Fatal(n, err)
		}
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("%d records took %v", records, took)
	}
	const written = int64(together/len("record\n") + 1) // these may be with the goroutine
	if n := l.Dropped(); n < 1000-written || n > 1000 {
		t.Errorf("%d records were dropped, want 1000", n)
	}
	start = time.Now()
	l.Close()
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("the end took %v", took)
	}
	close(leave)
	<-l.done
	if lines := told.all(); len(lines) != 1 || !strings.Contains(lines[0], "too slow") {
		t.Errorf("told %q", lines)
	}
	l.Write([]byte("after the end\n"))
}

func TestLogIsOpenedAgain(t *testing.T) {
	name := filepath.Join(t.TempDir(), "access.log")
	l, err := OpenLog(name, func(text string) { t.Error(text) })
	if err != nil {
		t.Fatal(err)
	}
	reload := make(chan os.Signal)
	s := start(t, Config{AccessLog: slog.New(slog.NewTextHandler(l, nil)), LogFiles: []*LogFile{l}, Reload: reload})
	get(t, http.DefaultClient, s.url+"/before")
	content := func(name string) string {
		text, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		return string(text)
	}
	eventually(t, "the first request is in the log", func() bool { return strings.Contains(content(name), "/before") })
	if err := os.Rename(name, name+".1"); err != nil {
		t.Fatal(err)
	}
	reload <- os.Interrupt // any signal: the channel is for one kind
	eventually(t, "there is a new file", func() bool { _, err := os.Stat(name); return err == nil })
	get(t, http.DefaultClient, s.url+"/after")
	s.stop()
	<-s.ended
	l.Close()
	if old, new := content(name+".1"), content(name); strings.Contains(old, "/after") || !strings.Contains(new, "/after") || strings.Contains(new, "/before") {
		t.Errorf("the old file has %q, the new one %q", old, new)
	}
}

func TestLogMistakes(t *testing.T) {
	_, err := OpenLog(filepath.Join(t.TempDir(), "missing", "access.log"), nil)
	mentions(t, err, "missing", "may write")
}
