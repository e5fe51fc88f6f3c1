// Package torrent makes and checks the torrent of a pack: one file, pack.torrent, by which
// any BitTorrent client fetches the whole pack, from web seeds (BEP 19) and from others who
// have it. A server of packs is a web seed as it is.
//
// It is a torrent of version 1. Version 2, and hybrids of both, would align every file to a
// piece with padding files, which clients that do not know them (aria2 for one) ask the web
// seeds for.
package torrent

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/anacrolix/torrent/bencode"
	"github.com/anacrolix/torrent/metainfo"

	"mixtab/engine/weights"
	"mixtab/packdir"
)

// A Torrent is what pack.torrent says.
type Torrent struct {
	Name        string // of the folder that clients make, and of the one below each web seed
	PieceLength int64
	Pieces      [][sha1.Size]byte
	Files       []packdir.File // in the order of the pieces
	WebSeeds    []string
	Trackers    []string
	Private     bool

	file string // what errors call it
	meta *metainfo.MetaInfo
}

// Bounds of a piece's length: a pack's reader has one in memory, and clients know no others.
const (
	minPiece = 16 << 10
	maxPiece = 64 << 20
)

// PieceLength is a good length of pieces for a pack of that many bytes: 2,048 to 4,096 of
// them, between 256 KiB and 16 MiB, which makes 3,148 of 8 MiB for the 26.4 GB of Mixtral
// at q4. The torrent then has 63 KB of sums; a client throws away 8 MiB at most for a wrong
// byte, and has something to give to others after the first 8 MiB. Lengths above 16 MiB are
// refused by some clients.
func PieceLength(size int64) int64 {
	return metainfo.ChoosePieceLengthEx(metainfo.ChoosePieceLengthOpts{
		TotalLength: size, MinPieceSize: 256 << 10, MaxPieceSize: 16 << 20, SoftMaxPieceCount: 4096})
}

// Encode writes the torrent of the files and pieces that packdir.Check has found. Equal
// torrents give equal bytes: there is no date in them.
func (t *Torrent) Encode() ([]byte, error) {
	info := metainfo.Info{Name: t.Name, PieceLength: t.PieceLength}
	if t.Private {
		info.Private = &t.Private
	}
	for _, f := range t.Files {
		info.Files = append(info.Files, metainfo.FileInfo{Path: strings.Split(f.Path, "/"), Length: f.Bytes})
	}
	for _, sum := range t.Pieces {
		info.Pieces = append(info.Pieces, sum[:]...)
	}
	raw, err := bencode.Marshal(info)
	if err != nil {
		return nil, err
	}
	meta := metainfo.MetaInfo{InfoBytes: raw, CreatedBy: "mixtab", UrlList: t.WebSeeds}
	if len(t.Trackers) > 0 {
		meta.Announce = t.Trackers[0]
	}
	if len(t.Trackers) > 1 {
		meta.AnnounceList = metainfo.AnnounceList{t.Trackers}
	}
	var b bytes.Buffer
	err = meta.Write(&b)
	return b.Bytes(), err
}

// Of reads and checks the torrent in a pack's folder; nil if there is none. Whether it is
// the torrent of this pack, FitsPack and Compare say.
func Of(p *packdir.Pack) (*Torrent, error) {
	b, err := p.Torrent()
	if b == nil || err != nil {
		return nil, err
	}
	file := filepath.Join(p.Name(), weights.TorrentPath)
	t, err := Parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: is damaged or no torrent of a pack (%w): %s", file, err, again)
	}
	t.file = file
	return t, nil
}

const again = "make it again with tools/torrent, or remove it"

// Parse reads a torrent, of which nothing is believed.
func Parse(b []byte) (*Torrent, error) {
	const most = 4 << 20 // Mixtral's has 150 KB
	if len(b) > most {
		return nil, fmt.Errorf("it has %d bytes", len(b))
	}
	meta, err := metainfo.Load(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	info, err := meta.UnmarshalInfo()
	if err != nil {
		return nil, err
	}
	t := &Torrent{Name: info.Name, PieceLength: info.PieceLength, WebSeeds: meta.UrlList,
		Trackers: meta.UpvertedAnnounceList().DistinctValues(), Private: info.Private != nil && *info.Private,
		file: weights.TorrentPath, meta: meta}
	switch {
	case info.HasV2():
		return nil, errors.New("it is of version 2")
	case !plain(info.Name):
		return nil, fmt.Errorf("the folder's name is %.80q", info.Name)
	case len(info.Files) == 0:
		return nil, errors.New("it lists no files")
	case info.PieceLength < minPiece || info.PieceLength > maxPiece:
		return nil, fmt.Errorf("its pieces have %d bytes", info.PieceLength)
	}
	var total int64
	for _, f := range info.Files {
		name := strings.Join(f.Path, "/")
		if f.Length < 0 || f.Length > 1<<40 || !slices.ContainsFunc(f.Path, plain) || slices.ContainsFunc(f.Path, func(s string) bool { return !plain(s) }) {
			return nil, fmt.Errorf("it lists a file %.80q of %d bytes", name, f.Length)
		}
		total += f.Length
		t.Files = append(t.Files, packdir.File{Path: name, Bytes: f.Length})
	}
	if want := (total + t.PieceLength - 1) / t.PieceLength * sha1.Size; int64(len(info.Pieces)) != want {
		return nil, fmt.Errorf("it has %d bytes of sums, where its files make %d", len(info.Pieces), want)
	}
	for sum := range slices.Chunk(info.Pieces, sha1.Size) {
		t.Pieces = append(t.Pieces, [sha1.Size]byte(sum))
	}
	return t, nil
}

// plain says whether a client can take it for the name of a file or folder.
func plain(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, "/\\\x00") && utf8.ValidString(name)
}

// Fits says what keeps the torrent from being that of these files: other names or sizes,
// or another order.
func (t *Torrent) Fits(files []packdir.File) error {
	for i, f := range files {
		switch {
		case i >= len(t.Files):
			return t.stale("it lacks " + f.Path)
		case t.Files[i].Path != f.Path:
			return t.stale(fmt.Sprintf("it has %.100q where the pack has %s", t.Files[i].Path, f.Path))
		case t.Files[i].Bytes != f.Bytes:
			return t.stale(fmt.Sprintf("%s has %d bytes there and %d in the pack", f.Path, t.Files[i].Bytes, f.Bytes))
		}
	}
	if len(t.Files) > len(files) {
		return t.stale(fmt.Sprintf("it has %.100q, of which the pack knows nothing", t.Files[len(files)].Path))
	}
	return nil
}

// FitsPack is Fits for the files of a pack. Where the pack's tokenizer is bad, so that its
// size tells nothing, that is the pack's fault, of which its own check tells.
func (t *Torrent) FitsPack(p *packdir.Pack) error {
	files, err := p.Files()
	if err != nil {
		return nil
	}
	return t.Fits(files)
}

// Compare says whether the torrent has the sums of a pack that it fits and that is whole.
// As shards and tokenizer are what the manifest says, a difference there is the torrent's.
func (t *Torrent) Compare(pieces [][sha1.Size]byte) error {
	for i, sum := range t.Pieces {
		if sum == pieces[i] {
			continue
		}
		return t.stale(fmt.Sprintf("the sum of its piece %d, in %s, is another", i, t.fileAt(int64(i)*t.PieceLength)))
	}
	return nil
}

// fileAt is the file that has a byte of the whole.
func (t *Torrent) fileAt(at int64) string {
	for _, f := range t.Files {
		if at < f.Bytes {
			return f.Path
		}
		at -= f.Bytes
	}
	panic("torrent: a piece behind all files")
}

// Named says whether web seeds find the files under the name that the pack is served by.
func (t *Torrent) Named(served string) error {
	if t.Name == served {
		return nil
	}
	return fmt.Errorf("%s: its clients look for the files under /%s/, but the pack is served as %s: make it again with -name %s, or serve the pack as %s",
		t.file, t.Name, served, served, t.Name)
}

func (t *Torrent) stale(how string) error {
	return fmt.Errorf("%s: is of another pack, or of an older one (%s): %s", t.file, how, again)
}

// InfoHash is what trackers and peers call the torrent, in hexadecimal.
func (t *Torrent) InfoHash() string { return t.meta.HashInfoBytes().HexString() }

// Magnet is a link that stands for the torrent. Its "ws" are the web seeds; its "xs" is
// where the first of them has the torrent itself, which a client needs before anything
// else, and has only from there or from somebody else who has it.
func (t *Torrent) Magnet() (string, error) {
	m, err := t.meta.MagnetV2()
	if err != nil {
		return "", err
	}
	if len(t.WebSeeds) > 0 {
		m.Params["xs"] = []string{t.WebSeeds[0] + url.PathEscape(t.Name) + "/" + weights.TorrentPath}
	} else {
		delete(m.Params, "ws")
	}
	return m.String(), nil
}
