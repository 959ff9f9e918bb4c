package replay

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/btcsuite/btcd/btcutil/base58"
	"github.com/btcsuite/btcd/btcutil/bech32"
)

// alphabets are the characters of the forms that have a length.
var alphabets = map[string]string{
	"base58":       "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
	"hex":          "0123456789abcdef",
	"base64url":    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
	"base64":       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=",
	"alphanumeric": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
}

var (
	uuidForm    = expression(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	intForm     = expression(`^-?[0-9]+$`)
	decimalForm = expression(`^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)
)

// hasForm reports whether a text has the form that a recording names.
func hasForm(text, like string) bool {
	name, length, sized := strings.Cut(like, ":")
	if alphabet, found := alphabets[name]; found {
		return inRange(len(text), length) && strings.Trim(text, alphabet) == ""
	}
	switch {
	case name == "address" && sized:
		return length == "regtest" && isAddress(text)
	case sized:
		return false
	}
	switch name {
	case "uuid":
		return uuidForm().MatchString(text)
	case "sin":
		payload, version, err := base58.CheckDecode(text)
		return err == nil && version == sinVersion && len(payload) == 21 && payload[0] == sinType
	case "iso-date":
		return isDate(text)
	case "int":
		return intForm().MatchString(text)
	case "decimal":
		return decimalForm().MatchString(text)
	case "unix-seconds":
		return isTime(text, time.Second)
	case "unix-ms":
		return isTime(text, time.Millisecond)
	case "text":
		return text != ""
	}
	return false
}

// inRange reports whether a length is N, or within N-M.
func inRange(n int, text string) bool {
	low, high, isRange := strings.Cut(text, "-")
	if !isRange {
		high = low
	}
	from, err1 := strconv.Atoi(low)
	to, err2 := strconv.Atoi(high)
	return err1 == nil && err2 == nil && from <= n && n <= to
}

func isDate(text string) bool {
	for _, layout := range []string{"2006-01-02T15:04:05.999999999", time.RFC3339Nano} {
		if _, err := time.Parse(layout, text); err == nil {
			return true
		}
	}
	return false
}

// isTime reports whether a value is a whole number of this century or the last decades, so that seconds are not
// taken for milliseconds.
func isTime(text string, unit time.Duration) bool {
	n, err := strconv.ParseInt(text, 10, 64)
	perSecond := int64(time.Second / unit)
	return err == nil && n >= 1_000_000_000*perSecond && n < 10_000_000_000*perSecond
}

func isAddress(text string) bool {
	if human, data, version, err := bech32.DecodeGeneric(text); err == nil {
		return human == "bcrt" && len(data) > 0 && (data[0] == 0) == (version == bech32.Version0)
	}
	hash, version, err := base58.CheckDecode(text)
	return err == nil && len(hash) == 20 && (version == 0x6f || version == 0xc4)
}

// matchTemplate reports whether a text matches a template, whose parts {*} match anything.
func matchTemplate(text, template string) bool {
	pattern, err := regexp.Compile("^(?s:" + templatePattern(template) + ")$")
	return err == nil && pattern.MatchString(text)
}

// findTemplate reports whether a text contains a match of a template.
func findTemplate(in, template string) bool {
	pattern, err := regexp.Compile(templatePattern(template))
	return err == nil && pattern.MatchString(in)
}

func templatePattern(template string) string {
	parts := strings.Split(template, "{*}")
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	return strings.Join(parts, ".+?")
}
