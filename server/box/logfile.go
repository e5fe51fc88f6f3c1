package box

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// queued is how many records wait while their file is slow. Each is a few hundred bytes.
	queued = 4096

	// together is how many bytes of records are written in one call: with one more, about
	// what a pipe takes as a whole, so that the lines of its other writers stay whole.
	together = 3 << 10
)

// A LogFile takes the records of a log without ever holding up who writes them: a
// goroutine of its own writes them out. Where it cannot, because the disk is full, the pipe
// is broken or its other end does not read, records are dropped and counted, and that is
// told, at most once a minute.
type LogFile struct {
	path    string            // "" where the file is not ours to open again
	tell    func(text string) // what becomes of the log, in one line
	records chan []byte
	reopen  chan chan error
	done    chan struct{}
	dropped atomic.Int64 // since the start

	closing sync.RWMutex // held while a record is handed over, so that none comes after the end
	closed  bool

	// The rest is the goroutine's.
	file  io.Writer
	batch []byte
	told  int64 // of dropped
	next  time.Time
}

// NewLog writes to a stream that is open already, such as standard error.
func NewLog(stream io.Writer, tell func(text string)) *LogFile {
	l := &LogFile{tell: tell, file: stream, records: make(chan []byte, queued), reopen: make(chan chan error), done: make(chan struct{})}
	go l.run()
	return l
}

// OpenLog appends to a file.
func OpenLog(path string, tell func(text string)) (*LogFile, error) {
	file, err := openLog(path)
	if err != nil {
		return nil, err
	}
	l := NewLog(file, tell)
	l.path = path
	return l, nil
}

func openLog(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
	if err != nil {
		return nil, fmt.Errorf("%w: name a file that this user may write", err)
	}
	return file, nil
}

// Write takes a record. It never blocks and never fails.
func (l *LogFile) Write(record []byte) (int, error) {
	l.closing.RLock()
	defer l.closing.RUnlock()
	if l.closed {
		return len(record), nil
	}
	select {
	case l.records <- append([]byte(nil), record...): // the caller uses its memory again
	default:
		l.dropped.Add(1)
	}
	return len(record), nil
}

// Dropped is how many records were lost since the start.
func (l *LogFile) Dropped() int64 { return l.dropped.Load() }

// Reopen opens the file by its name again, after somebody has moved it away. A stream
// stays what it is.
func (l *LogFile) Reopen() error {
	if l.path == "" {
		return nil
	}
	answer := make(chan error, 1)
	select {
	case l.reopen <- answer:
		return <-answer
	case <-time.After(time.Second):
		return fmt.Errorf("%s: the log is stuck in a write, and was not opened again", l.path)
	}
}

// Close writes what still waits, but does not wait long for a file that takes nothing.
func (l *LogFile) Close() {
	l.closing.Lock()
	l.closed = true
	close(l.records)
	l.closing.Unlock()
	select {
	case <-l.done:
	case <-time.After(time.Second):
	}
}

func (l *LogFile) run() {
	defer close(l.done)
	for {
		select {
		case record, open := <-l.records:
			if !open {
				l.closeFile()
				return
			}
			l.tellOfLosses(l.write(record))
		case answer := <-l.reopen:
			file, err := openLog(l.path)
			if err == nil {
				l.closeFile()
				l.file = file
			}
			answer <- err
		}
	}
}

// write writes a record, and with it those that others are about to hand over: whoever can
// run does so first. A call for each, and to be woken for each, would cost a busy server
// more than to make the record.
func (l *LogFile) write(record []byte) error {
	runtime.Gosched()
	l.batch = append(l.batch[:0], record...)
	for more := true; more && len(l.batch) < together; {
		select {
		case record = <-l.records: // nothing from the end on
			l.batch = append(l.batch, record...)
			more = record != nil
		default:
			more = false
		}
	}
	n, err := l.file.Write(l.batch)
	if err != nil {
		l.dropped.Add(int64(bytes.Count(l.batch[n:], newline)))
	}
	return err
}

// newline ends a record, and is nowhere else in it.
var newline = []byte("\n")

// tellOfLosses speaks from the goroutine and not from Write, whose caller may hold the
// lock of the very log that tell writes to.
func (l *LogFile) tellOfLosses(err error) {
	lost, now := l.dropped.Load(), time.Now()
	if lost == l.told || now.Before(l.next) {
		return
	}
	why := "its reader is too slow"
	if err != nil {
		why = err.Error()
	}
	l.told, l.next = lost, now.Add(time.Minute)
	l.tell(fmt.Sprintf("%d records of the log are lost, and more may be: %s", lost, why))
}

func (l *LogFile) closeFile() {
	if file, ok := l.file.(*os.File); ok && l.path != "" {
		file.Close()
	}
}
