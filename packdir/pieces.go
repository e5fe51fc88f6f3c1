package packdir

import (
	"crypto/sha1"
	"hash"
	"sync"
)

// pieces are the SHA-1 sums that a torrent has: all files of a pack lie one after the
// other, and the whole is cut every length bytes. Where the files meet is nobody's
// concern, so a piece may have bytes of several. Files can be read in any order and at
// the same time.
type pieces struct {
	length, total int64
	sums          [][sha1.Size]byte

	mu    sync.Mutex
	seams map[int64]*seam
}

// A seam is a piece with bytes of several files. Whoever brings the last of them sums it.
type seam struct {
	data    []byte
	missing int
}

func newPieces(files []File, length int64) *pieces {
	p := &pieces{length: length, seams: map[int64]*seam{}}
	for _, f := range files {
		p.total += f.Bytes
	}
	p.sums = make([][sha1.Size]byte, (p.total+length-1)/length)
	return p
}

// A cutter takes the bytes of one file, which is at a place in the whole.
type cutter struct {
	*pieces
	first, end int64 // the file's place
	at         int64 // of the next byte
	sum        hash.Hash
}

func (p *pieces) file(first, bytes int64) *cutter {
	return &cutter{p, first, first + bytes, first, sha1.New()}
}

func (c *cutter) write(b []byte) {
	for len(b) > 0 {
		i := c.at / c.length
		start := i * c.length
		end := min(start+c.length, c.total)
		n := min(len(b), int(end-c.at))
		if start < c.first || end > c.end {
			c.fill(i, int(c.at-start), b[:n], int(end-start))
		} else {
			c.sum.Write(b[:n])
			if c.at+int64(n) == end {
				c.sum.Sum(c.sums[i][:0])
				c.sum.Reset()
			}
		}
		c.at += int64(n)
		b = b[n:]
	}
}

// fill brings bytes to a place in piece i, which has size bytes. No two files have the
// same place, so only the count needs the lock.
func (p *pieces) fill(i int64, at int, b []byte, size int) {
	p.mu.Lock()
	s := p.seams[i]
	if s == nil {
		s = &seam{make([]byte, size), size}
		p.seams[i] = s
	}
	p.mu.Unlock()
	copy(s.data[at:], b)
	p.mu.Lock()
	s.missing -= len(b)
	last := s.missing == 0
	if last {
		delete(p.seams, i)
	}
	p.mu.Unlock()
	if last {
		p.sums[i] = sha1.Sum(s.data)
	}
}
