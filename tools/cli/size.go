package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Size is a flag of a number of bytes, as in 6GiB.
type Size int64

var units = []struct {
	name  string
	bytes float64
}{{"GiB", 1 << 30}, {"GB", 1e9}, {"MiB", 1 << 20}, {"MB", 1e6}}

// Set reads a number with a unit, or of bytes.
func (s *Size) Set(text string) error {
	number, factor := text, 1.0
	for _, u := range units {
		if before, ok := strings.CutSuffix(text, u.name); ok {
			number, factor = before, u.bytes
			break
		}
	}
	x, err := strconv.ParseFloat(number, 64)
	if err != nil || !(x >= 0) || x*factor > math.MaxInt64/2 {
		return fmt.Errorf("want a size as in 6GiB, 6GB, 512MiB or 512MB")
	}
	*s = Size(x * factor)
	return nil
}

func (s *Size) String() string { return FormatSize(int64(*s)) }

// FormatSize writes a number of bytes so that Set reads it, in the largest unit that keeps
// it whole.
func FormatSize(bytes int64) string {
	for _, u := range units {
		if n := int64(u.bytes); bytes != 0 && bytes%n == 0 {
			return strconv.FormatInt(bytes/n, 10) + u.name
		}
	}
	return strconv.FormatInt(bytes, 10)
}
