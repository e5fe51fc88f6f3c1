package tokenizer

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers and values of sentencepiece_model.proto,
// https://github.com/google/sentencepiece/blob/v0.1.97/src/sentencepiece_model.proto
const (
	modelPiece        = 1
	modelTrainer      = 2
	modelNormalizer   = 3
	modelDenormalizer = 5

	pieceText  = 1
	pieceScore = 2
	pieceType  = 3

	trainerModelType      = 3
	trainerSpaceSuffix    = 24
	trainerByteFallback   = 35
	trainerUnknownSurface = 44
	trainerBOS            = 46
	trainerEOS            = 47

	normalizerCharsmap     = 2
	normalizerDummyPrefix  = 3
	normalizerTrimSpaces   = 4
	normalizerEscapeSpaces = 5

	modelTypeBPE = 2
)

// modelKinds maps SentencePiece's piece types. User-defined (4) and unused (5)
// pieces change how text is split; Mixtral has none and they are refused.
var modelKinds = map[uint64]kind{1: kindNormal, 2: kindUnknown, 3: kindControl, 6: kindByte}

// modelProto is what we read of a ModelProto, starting from proto defaults.
type modelProto struct {
	vocab
	scores []float32 // by id; higher merges first

	modelType    uint64
	spaceSuffix  bool
	byteFallback bool
	charsmap     bool
	trimSpaces   bool
	escapeSpaces bool
}

// ParseModel reads a SentencePiece tokenizer.model: a BPE vocabulary with byte
// fallback, an identity normaliser and spaces kept as they are.
func ParseModel(file []byte) (*Tokenizer, error) {
	m := modelProto{
		vocab:        vocab{bos: "<s>", eos: "</s>", unknownSurface: " \u2047 ", dummyPrefix: true},
		modelType:    1, // unigram
		trimSpaces:   true,
		escapeSpaces: true,
	}
	if err := m.read(file); err != nil {
		return nil, err
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	t, symbols, err := newTokenizer(m.vocab, true)
	if err != nil {
		return nil, err
	}
	t.merges = newPairTable(m.merges(symbols))
	return t, nil
}

// check refuses what would change ids in a way that we do not implement.
func (m *modelProto) check() error {
	switch {
	case len(m.pieces) == 0:
		return errors.New("it has no pieces; is this a tokenizer.model?")
	case m.modelType != modelTypeBPE:
		return fmt.Errorf("model type %d is not supported, only BPE (%d)", m.modelType, modelTypeBPE)
	case !m.byteFallback:
		return errors.New("it has no byte fallback, which is required")
	case m.spaceSuffix:
		return errors.New("spaces as suffixes are not supported")
	case m.charsmap:
		return errors.New("text normalisation (precompiled_charsmap) is not supported, only identity")
	case m.trimSpaces:
		return errors.New("remove_extra_whitespaces is not supported")
	case !m.escapeSpaces:
		return errors.New("escape_whitespaces must be on")
	}
	for id, score := range m.scores {
		if math.IsNaN(float64(score)) {
			return fmt.Errorf("the score of piece %d is not a number", id)
		}
	}
	return nil
}

// merges lists every split of every piece in two symbols: SentencePiece merges
// whatever pair spells a piece, the piece of the highest score first.
func (m *modelProto) merges(symbols map[string]int32) []merge {
	ranks := m.ranks()
	var merges []merge
	for id, piece := range m.pieces {
		if m.kinds[id] != kindNormal {
			continue
		}
		for i := range piece {
			left, okLeft := symbols[piece[:i]]
			right, okRight := symbols[piece[i:]]
			if okLeft && okRight {
				merges = append(merges, merge{left, right, ranks[id], int32(id)})
			}
		}
	}
	return merges
}

// ranks returns the place of each piece's score among all distinct scores.
func (m *modelProto) ranks() []uint32 {
	order := make([]int32, len(m.scores))
	for id := range order {
		order[id] = int32(id)
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(m.scores[b], m.scores[a]) })
	ranks := make([]uint32, len(order))
	for i, id := range order {
		if i > 0 {
			ranks[id] = ranks[order[i-1]]
			if m.scores[id] != m.scores[order[i-1]] {
				ranks[id]++
			}
		}
	}
	return ranks
}

// read parses the whole message.
func (m *modelProto) read(file []byte) error {
	return eachField(file, func(num protowire.Number, f field) error {
		switch num {
		case modelPiece:
			return m.readPiece(f.bytes)
		case modelTrainer:
			return within("trainer_spec", eachField(f.bytes, m.trainerField))
		case modelNormalizer:
			return within("normalizer_spec", eachField(f.bytes, m.normalizerField))
		case modelDenormalizer:
			return within("denormalizer_spec", eachField(f.bytes, m.denormalizerField))
		}
		return nil
	})
}

func (m *modelProto) readPiece(b []byte) error {
	text, score, typ := "", float32(0), uint64(1)
	err := eachField(b, func(num protowire.Number, f field) error {
		switch num {
		case pieceText:
			text = string(f.bytes)
		case pieceScore:
			score = math.Float32frombits(uint32(f.number))
		case pieceType:
			typ = f.number
		}
		return nil
	})
	id := len(m.pieces)
	if err != nil {
		return fmt.Errorf("piece %d: %w", id, err)
	}
	k, ok := modelKinds[typ]
	if !ok {
		return fmt.Errorf("piece %d (%.40q) has type %d (4 is user-defined, 5 unused), which is not supported", id, text, typ)
	}
	m.pieces = append(m.pieces, text)
	m.kinds = append(m.kinds, k)
	m.scores = append(m.scores, score)
	return nil
}

func (m *modelProto) trainerField(num protowire.Number, f field) error {
	switch num {
	case trainerModelType:
		m.modelType = f.number
	case trainerSpaceSuffix:
		m.spaceSuffix = f.number != 0
	case trainerByteFallback:
		m.byteFallback = f.number != 0
	case trainerUnknownSurface:
		m.unknownSurface = string(f.bytes)
	case trainerBOS:
		m.bos = string(f.bytes)
	case trainerEOS:
		m.eos = string(f.bytes)
	}
	return nil
}

func (m *modelProto) normalizerField(num protowire.Number, f field) error {
	switch num {
	case normalizerCharsmap:
		m.charsmap = m.charsmap || len(f.bytes) > 0
	case normalizerDummyPrefix:
		m.dummyPrefix = f.number != 0
	case normalizerTrimSpaces:
		m.trimSpaces = f.number != 0
	case normalizerEscapeSpaces:
		m.escapeSpaces = f.number != 0
	}
	return nil
}

func (m *modelProto) denormalizerField(num protowire.Number, f field) error {
	m.charsmap = m.charsmap || num == normalizerCharsmap && len(f.bytes) > 0
	return nil
}

// within names the part of the file that err comes from.
func within(part string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", part, err)
}

// field is a protobuf value: number for the integer and float wire types, bytes
// for strings and messages.
type field struct {
	number uint64
	bytes  []byte
}

// eachField calls f for every field of the message b, until it fails.
func eachField(b []byte, f func(protowire.Number, field) error) error {
	size := len(b)
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return damaged(size-len(b), size)
		}
		at := size - len(b)
		b = b[n:]
		var v field
		switch typ {
		case protowire.VarintType:
			v.number, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var bits uint32
			bits, n = protowire.ConsumeFixed32(b)
			v.number = uint64(bits)
		case protowire.BytesType:
			v.bytes, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(num, typ, b)
		}
		if n < 0 {
			return damaged(at, size)
		}
		b = b[n:]
		if err := f(num, v); err != nil {
			return err
		}
	}
	return nil
}

// damaged names where a message of size bytes stops making sense.
func damaged(at, size int) error {
	return fmt.Errorf("no valid protobuf from byte %d of %d: the file is damaged, cut short, or something else", at, size)
}
