package torrent

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mixtab/demo"
	"mixtab/packdir"
)

// small is a torrent of three files in two pieces, of made-up sums.
func small() *Torrent {
	return &Torrent{Name: "tiny", PieceLength: 16 << 10, Pieces: [][sha1.Size]byte{{1}, {2}},
		Files:    []packdir.File{{Path: "manifest.json", Bytes: 10000}, {Path: "tokenizer.model", Bytes: 5000}, {Path: "shards/a.bin", Bytes: 7000}},
		WebSeeds: []string{"https://a.example/packs/", "http://b.example/"}, Trackers: []string{"https://t.example/announce", "udp://u.example:1"}, Private: true}
}

func encode(t testing.TB, torrent *Torrent) []byte {
	t.Helper()
	b, err := torrent.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The bytes, written down by hand from BEP 3, 12, 19 and 27.
func TestEncode(t *testing.T) {
	sums := string(append(append([]byte{1}, make([]byte, 19)...), append([]byte{2}, make([]byte, 19)...)...))
	info := "d5:filesl" +
		"d6:lengthi10000e4:pathl13:manifest.jsonee" +
		"d6:lengthi5000e4:pathl15:tokenizer.modelee" +
		"d6:lengthi7000e4:pathl6:shards5:a.binee" +
		"e4:name4:tiny12:piece lengthi16384e6:pieces40:" + sums + "7:privatei1ee"
	want := "d8:announce26:https://t.example/announce13:announce-listll26:https://t.example/announce17:udp://u.example:1ee" +
		"10:created by6:mixtab4:info" + info + "8:url-listl24:https://a.example/packs/17:http://b.example/ee"
	got := encode(t, small())
	if string(got) != want {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
	parsed, err := Parse(got)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha1.Sum([]byte(info))
	if parsed.InfoHash() != hex.EncodeToString(sum[:]) {
		t.Errorf("the info hash is %s, want %x", parsed.InfoHash(), sum)
	}
	again := &Torrent{Name: parsed.Name, PieceLength: parsed.PieceLength, Pieces: parsed.Pieces, Files: parsed.Files,
		WebSeeds: parsed.WebSeeds, Trackers: parsed.Trackers, Private: parsed.Private}
	if !bytes.Equal(encode(t, again), got) {
		t.Errorf("what was read is not what was written: %+v", parsed)
	}
}

func TestOneTrackerAndNone(t *testing.T) {
	one := small()
	one.Trackers, one.Private = one.Trackers[:1], false
	if b := encode(t, one); bytes.Contains(b, []byte("announce-list")) || bytes.Contains(b, []byte("private")) || !bytes.Contains(b, []byte("8:announce26:")) {
		t.Errorf("one tracker: %q", b)
	}
	one.Trackers = nil
	if b := encode(t, one); bytes.Contains(b, []byte("announce")) {
		t.Errorf("no tracker: %q", b)
	}
}

func TestMagnet(t *testing.T) {
	parsed, err := Parse(encode(t, small()))
	if err != nil {
		t.Fatal(err)
	}
	link, err := parsed.Magnet()
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(link)
	if err != nil || !strings.HasPrefix(link, "magnet:?xt=urn:btih:"+parsed.InfoHash()+"&") {
		t.Fatalf("%s (%v)", link, err)
	}
	for key, want := range map[string][]string{"dn": {"tiny"}, "ws": small().WebSeeds, "tr": small().Trackers, "xs": {"https://a.example/packs/tiny/pack.torrent"}} {
		if got := u.Query()[key]; !slices.Equal(got, want) {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
}

func TestPieceLength(t *testing.T) {
	for _, tt := range []struct{ size, want int64 }{
		{0, 256 << 10}, {6_700_000, 256 << 10}, {1<<30 - 1, 256 << 10}, {1 << 30, 512 << 10},
		{26_400_000_000, 8 << 20}, {60_000_000_000, 16 << 20}, {1 << 40, 16 << 20},
	} {
		if got := PieceLength(tt.size); got != tt.want {
			t.Errorf("of %d bytes: %d, want %d", tt.size, got, tt.want)
		}
	}
}

func TestFits(t *testing.T) {
	files := small().Files
	remedy := "): make it again with tools/torrent, or remove it"
	for name, tt := range map[string]struct {
		change func(t *Torrent)
		want   string
	}{
		"same":        {func(t *Torrent) {}, ""},
		"other size":  {func(t *Torrent) { t.Files[1].Bytes = 5001 }, "tokenizer.model has 5001 bytes there and 5000 in the pack"},
		"other shard": {func(t *Torrent) { t.Files[2].Path = "shards/b.bin" }, `it has "shards/b.bin" where the pack has shards/a.bin`},
		"other order": {func(t *Torrent) { slices.Reverse(t.Files) }, `it has "shards/a.bin" where the pack has manifest.json`},
		"fewer":       {func(t *Torrent) { t.Files = t.Files[:2] }, "it lacks shards/a.bin"},
		"more":        {func(t *Torrent) { t.Files = append(t.Files, packdir.File{Path: "x"}) }, `it has "x", of which the pack knows nothing`},
	} {
		s := small()
		s.file = "p/pack.torrent"
		tt.change(s)
		err := s.Fits(files)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || err.Error() != "p/pack.torrent: is of another pack, or of an older one ("+tt.want+remedy) {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
	}
	s := small()
	if err := s.Compare([][sha1.Size]byte{{1}, {2}}); err != nil {
		t.Error(err)
	}
	if err := s.Compare([][sha1.Size]byte{{1}, {3}}); err == nil || !strings.Contains(err.Error(), "the sum of its piece 1, in shards/a.bin, is another") {
		t.Errorf("got %v", err)
	}
	if err := s.Named("tiny"); err != nil {
		t.Error(err)
	}
	if err := s.Named("other"); err == nil || !strings.Contains(err.Error(), "under /tiny/, but the pack is served as other: make it again with -name other, or serve the pack as tiny") {
		t.Errorf("got %v", err)
	}
}

func TestParseRefuses(t *testing.T) {
	whole := string(encode(t, small()))
	swap := func(old, new string) string {
		if !strings.Contains(whole, old) {
			t.Fatalf("the torrent does not hold %q", old)
		}
		return strings.Replace(whole, old, new, 1)
	}
	deep := strings.Repeat("l", 1_000_000)
	for _, tt := range []struct{ name, torrent, want string }{
		{"empty", "", "EOF"},
		{"HTML", "<html>", "unknown value type"},
		{"cut", whole[:len(whole)/2], "EOF"},
		{"more behind", whole + "x", "expected EOF"},
		{"too large", whole + strings.Repeat(" ", 4<<20), "it has 4194"},
		{"no info", "d8:announce3:urle", "EOF"},
		{"deep", "d4:info" + deep + strings.Repeat("e", len(deep)) + "e", "nesting depth"},
		{"deep elsewhere", "d1:a" + deep, "nesting depth"},
		{"a string longer than memory", "d4:info99999999999999:", "exceeds limit"},
		{"a string longer than the file", "d4:info9999999:", "EOF"},
		{"no number", swap("i5000e", "ixe"), "invalid"},
		{"negative size", swap("i5000e", "i-5e"), `it lists a file "tokenizer.model" of -5 bytes`},
		{"huge size", swap("i5000e", "i9223372036854775807e"), `it lists a file "tokenizer.model" of 9223372036854775807 bytes`},
		{"larger than any number", swap("i5000e", "i99223372036854775807e"), "out of range"},
		{"sums missing", swap("i5000e", "i50000e"), "it has 40 bytes of sums, where its files make 100"},
		{"odd sums", swap("40:\x01", "39:"), "it has 39 bytes of sums, where its files make 40"},
		{"up", swap("6:shards5:a.bin", "2:..5:a.bin"), `it lists a file "../a.bin"`},
		{"slash", swap("5:a.bin", "5:/.bin"), `it lists a file "shards//.bin"`},
		{"empty name of a file", swap("l6:shards5:a.bine", "le"), `it lists a file ""`},
		{"no text", swap("5:a.bin", "5:\xff.bin"), `it lists a file "shards/\xff.bin"`},
		{"empty name", swap("4:tiny", "0:"), `the folder's name is ""`},
		{"name of a folder above", swap("4:tiny", "2:.."), `the folder's name is ".."`},
		{"no pieces", swap("i16384e", "i0e"), "its pieces have 0 bytes"},
		{"negative pieces", swap("i16384e", "i-16384e"), "its pieces have -16384 bytes"},
		{"endless pieces", swap("i16384e", "i1099511627776e"), "its pieces have 1099511627776 bytes"},
		{"version 2", swap("d5:files", "d12:meta versioni2e5:files"), "version 2"},
		{"one file only", "d4:infod6:lengthi5e4:name1:a12:piece lengthi16384e6:pieces20:" + strings.Repeat("x", 20) + "ee", "it lists no files"},
	} {
		got, err := Parse([]byte(tt.torrent))
		if err == nil || got != nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, %v; want %q", tt.name, got, err, tt.want)
		}
	}
}

func TestOf(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pack")
	if err := errors.Join(os.CopyFS(dir, demo.FS()), os.Chmod(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	p, err := packdir.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Of(p); got != nil || err != nil {
		t.Errorf("without a torrent: %v, %v", got, err)
	}
	file := dir + "/pack.torrent"
	remedy := ": make it again with tools/torrent, or remove it"
	for _, tt := range []struct {
		name string
		make func() error
		want string
	}{
		{"whole", func() error { return os.WriteFile(file, encode(t, small()), 0o644) }, ""},
		{"damaged", func() error { return os.WriteFile(file, []byte("d4:info"), 0o644) }, "is damaged or no torrent of a pack ("},
		{"folder", func() error { return os.Mkdir(file, 0o755) }, "is a folder"},
		{"link to nothing", func() error { return os.Symlink("gone", file) }, "is a link that leads nowhere, or out of the folder: put the file itself there"},
	} {
		if err := errors.Join(os.RemoveAll(file), tt.make()); err != nil {
			t.Fatal(err)
		}
		got, err := Of(p)
		if tt.want == "" {
			if err != nil || got.Name != "tiny" {
				t.Errorf("%s: %v, %v", tt.name, got, err)
			}
			continue
		}
		if err == nil || !strings.HasPrefix(err.Error(), file+": "+tt.want) || tt.name != "link to nothing" && !strings.HasSuffix(err.Error(), remedy) {
			t.Errorf("%s: got %v", tt.name, err)
		}
	}
}

// Whatever is taken for a torrent can be asked everything, and keeps its bounds.
func FuzzParse(f *testing.F) {
	whole := encode(f, small())
	f.Add(whole)
	f.Add(whole[:100])
	f.Add(bytes.Replace(whole, []byte("4:tiny"), []byte("0:"), 1))
	f.Add([]byte("d4:infod9:file treed1:ad0:d6:lengthi1eeee12:meta versioni2e4:name1:a12:piece lengthi16384eee"))
	f.Add([]byte("d4:infoli0eee"))
	f.Fuzz(func(t *testing.T, b []byte) {
		parsed, err := Parse(b)
		if err != nil {
			if parsed != nil || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v with %q", parsed, err)
			}
			return
		}
		var total int64
		for _, file := range parsed.Files {
			if !fs.ValidPath(file.Path) || file.Bytes < 0 {
				t.Errorf("the file %q of %d bytes", file.Path, file.Bytes)
			}
			total += file.Bytes
		}
		if n := int64(len(parsed.Pieces)); n*parsed.PieceLength < total || (n-1)*parsed.PieceLength >= total && n > 0 {
			t.Errorf("%d pieces of %d bytes for %d", n, parsed.PieceLength, total)
		}
		if err := parsed.Fits(parsed.Files); err != nil {
			t.Error(err)
		}
		if err := parsed.Compare(make([][sha1.Size]byte, len(parsed.Pieces))); err == nil && len(parsed.Pieces) > 0 && parsed.Pieces[0] != [sha1.Size]byte{} {
			t.Error("other sums are the same")
		}
		if len(parsed.InfoHash()) != 40 {
			t.Errorf("info hash %q", parsed.InfoHash())
		}
		if _, err := parsed.Magnet(); err != nil {
			t.Error(err)
		}
	})
}
