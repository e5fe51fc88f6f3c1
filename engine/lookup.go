package engine

import "slices"

// Drafts are how prompt lookup does in an answer: tokens that the text repeats are run several
// at a time, and those that the model would not have chosen are dropped. The answer is
// the same, bit by bit.
type Drafts struct {
	Length   int    // tokens of a draft, 0 to mixtral.MaxDraft; 0: none
	Drafted  int    // so far
	Accepted int    // of them
	Off      string // why nothing was drafted, or nothing more; "": something could be
}

// The last tokens, so many, are looked for in the text before.
const (
	longestNgram  = 3
	shortestNgram = 2
)

// lookup is a draft of at most n tokens: what followed the text's last three tokens, or else
// two, when they stood in it before; the last time that enough followed.
func lookup(text []int32, n int) []int32 {
	for ngram := longestNgram; ngram >= shortestNgram && n > 0; ngram-- {
		var longest []int32
		for at := len(text) - ngram - 1; at >= 0; at-- {
			if !slices.Equal(text[at:at+ngram], text[len(text)-ngram:]) {
				continue
			}
			if draft := text[at+ngram : min(at+ngram+n, len(text))]; len(draft) > len(longest) {
				longest = draft
			}
			if len(longest) == n {
				break
			}
		}
		if longest != nil {
			return slices.Clone(longest)
		}
	}
	return nil
}
