package engine

import "strings"

// stopStrings end an answer.
type stopStrings []string

// find is the place of the first stop string in text, or -1.
func (s stopStrings) find(text string) int {
	first := -1
	for _, stop := range s {
		if stop == "" {
			continue
		}
		if at := strings.Index(text, stop); at >= 0 && (first < 0 || at < first) {
			first = at
		}
	}
	return first
}

// beginning is the length of the longest end of text that begins a stop string.
func (s stopStrings) beginning(text string) int {
	longest := 0
	for _, stop := range s {
		for n := min(len(stop)-1, len(text)); n > longest; n-- {
			if strings.HasSuffix(text, stop[:n]) {
				longest = n
			}
		}
	}
	return longest
}
