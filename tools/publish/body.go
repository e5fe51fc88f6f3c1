package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
)

// A body is a file on its way to the store. It hashes what it hands out and keeps back
// the last bytes until the hash is right. So a request with other bytes than the object's
// name promises is never complete, and no store, however careless, can make an object of
// it. The file is read once, and only a buffer of it is ever in memory.
type body struct {
	src  io.ReadSeeker
	name string // what errors call it
	size int64
	want string // SHA-256, in hexadecimal
	sent func(n int64)

	at   int64
	hash hash.Hash
}

func newBody(src io.ReadSeeker, name string, f file, sent func(n int64)) *body {
	return &body{src: src, name: name, size: f.size, want: f.sha256, sent: sent, hash: sha256.New()}
}

func (b *body) Read(p []byte) (int, error) {
	if b.at == b.size {
		return 0, io.EOF
	}
	n, err := b.src.Read(p[:min(int64(len(p)), b.size-b.at)])
	b.hash.Write(p[:n])
	b.at += int64(n)
	b.sent(int64(n))
	switch {
	case b.at == b.size && hex.EncodeToString(b.hash.Sum(nil)) != b.want:
		return 0, packError{fmt.Errorf("%s: has other bytes than its name says, and was not published: pack or download the model again", b.name)}
	case b.at == b.size:
		err = nil // the next Read says io.EOF
	case errors.Is(err, io.EOF):
		return 0, packError{fmt.Errorf("%s: was cut short while it was being published: run the same command again when nothing writes there", b.name)}
	case err != nil:
		return 0, packError{fmt.Errorf("%s: %w", b.name, err)}
	}
	return n, err
}

// Seek goes back to the start, as the client does before it sends the file again, and
// tells the place and the size, which the client may ask for. More it does not know.
func (b *body) Seek(offset int64, whence int) (int64, error) {
	switch {
	case offset == 0 && whence == io.SeekCurrent:
		return b.at, nil
	case offset == 0 && whence == io.SeekEnd:
		return b.size, nil
	case offset != 0 || whence != io.SeekStart:
		return 0, errors.New("a body goes back to its start only")
	}
	if _, err := b.src.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	b.sent(-b.at)
	b.at = 0
	b.hash.Reset()
	return 0, nil
}
