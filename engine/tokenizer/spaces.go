package tokenizer

import (
	"errors"
	"fmt"
)

// hfNormalizer covers the kinds Sequence, Prepend and Replace.
type hfNormalizer struct {
	Type        string         `json:"type"`
	Normalizers []hfNormalizer `json:"normalizers"`
	Prepend     string         `json:"prepend"`
	Content     string         `json:"content"`
	Pattern     struct {
		String string `json:"String"`
	} `json:"pattern"`
}

// hfPreTokenizer covers the kind Metaspace.
type hfPreTokenizer struct {
	Type          string `json:"type"`
	Replacement   string `json:"replacement"`
	PrependScheme string `json:"prepend_scheme"`
	Split         *bool  `json:"split"` // on if absent
}

// spaces finds out how the file turns spaces into "▁", in the normaliser or in
// the pre-tokenizer, and whether it puts one in front of the text.
func (hf *hfTokenizer) spaces() (dummyPrefix bool, err error) {
	switch n, p := hf.Normalizer, hf.PreTokenizer; {
	case n != nil && p != nil:
		return false, fmt.Errorf("a normalizer (%q) together with a pre_tokenizer (%q) is not supported", n.Type, p.Type)
	case n != nil:
		return n.spaces()
	case p != nil:
		return p.spaces()
	}
	return false, errors.New("neither normalizer nor pre_tokenizer says how spaces are written")
}

func (n *hfNormalizer) spaces() (dummyPrefix bool, err error) {
	steps := n.Normalizers
	if n.Type != "Sequence" {
		steps = []hfNormalizer{*n}
	}
	replaced := false
	for _, s := range steps {
		switch {
		case s.Type == "Prepend" && s.Prepend == spaceText && !dummyPrefix:
			dummyPrefix = true
		case s.Type == "Replace" && s.Pattern.String == " " && s.Content == spaceText:
			replaced = true
		default:
			return false, fmt.Errorf(`normalizer step %q is not supported, only Prepend "▁" and Replace " " by "▁"`, s.Type)
		}
	}
	if !replaced {
		return false, errors.New(`the normalizer does not replace " " by "▁"`)
	}
	return dummyPrefix, nil
}

func (p *hfPreTokenizer) spaces() (dummyPrefix bool, err error) {
	switch {
	case p.Type != "Metaspace":
		return false, fmt.Errorf(`pre_tokenizer %q is not supported, only "Metaspace"`, p.Type)
	case p.Replacement != spaceText:
		return false, fmt.Errorf(`the Metaspace pre_tokenizer writes a space as %q, not as "▁"`, p.Replacement)
	case p.Split == nil || *p.Split:
		return false, errors.New("a Metaspace pre_tokenizer that splits at spaces is not supported")
	}
	switch p.PrependScheme {
	case "always", "first":
		return true, nil
	case "never":
		return false, nil
	}
	return false, fmt.Errorf("the Metaspace prepend_scheme %q is not supported, only always, first and never", p.PrependScheme)
}
