package aspnet

import (
	"math"
	"strconv"
	"strings"
)

// DoubleText is a number as the server's library rewrites it: whole numbers unchanged, others in the shortest form
// of a double.
func DoubleText(text string) string {
	if !strings.ContainsAny(text, ".eE") {
		return text
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	exponent := 0
	if f != 0 {
		exponent = int(math.Floor(math.Log10(math.Abs(f))))
	}
	if exponent >= -5 && exponent < 15 {
		short := strconv.FormatFloat(f, 'f', -1, 64)
		if !strings.Contains(short, ".") {
			short += ".0"
		}
		return short
	}
	mantissa, power, _ := strings.Cut(strconv.FormatFloat(f, 'E', -1, 64), "E")
	return mantissa + "E" + power
}
