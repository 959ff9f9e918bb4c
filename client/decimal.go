package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// maxDigits is what a .NET decimal, and so the server, can hold exactly.
const maxDigits = 28

// A Decimal is an amount as exact text. It is read from a JSON string or
// number without loss and written as a JSON string. The zero value is "0".
//
// What a server sends is kept as it stands: "10", "10.0" and "10.00" are equal
// by [Decimal.Cmp] and print differently.
//
// There is no IsZero on purpose: encoding/json's omitzero would call it and drop a
// pointer to an amount of 0.
type Decimal struct{ text string }

// ErrDecimal is wrapped by the errors of [ParseDecimal].
var ErrDecimal = errors.New("not an amount")

// ParseDecimal reads an amount such as "12.50" or "-0.001". It refuses an exponent,
// NaN, infinity, thousands separators, and more than 28 significant digits or
// 28 decimals, which a server would round without a word.
func ParseDecimal(text string) (Decimal, error) {
	whole, fraction, dotted := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	switch {
	case text == "":
		return Decimal{}, fmt.Errorf("%w: it is empty", ErrDecimal)
	case len(text) > 64:
		return Decimal{}, fmt.Errorf("%w: it has %d characters", ErrDecimal, len(text))
	case !digits(whole) || dotted && !digits(fraction):
		return Decimal{}, fmt.Errorf("%w: %q (write it like 12.50: digits, and one point before the decimals)", ErrDecimal, text)
	}
	if n := len(strings.TrimLeft(whole+fraction, "0")); n > maxDigits || len(fraction) > maxDigits {
		return Decimal{}, fmt.Errorf("%w: %q has more than %d digits, and a server would round it", ErrDecimal, text, maxDigits)
	}
	return Decimal{text}, nil
}

func digits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// String returns the exact text.
func (d Decimal) String() string {
	if d.text == "" {
		return "0"
	}
	return d.text
}

// Rat returns the exact value.
func (d Decimal) Rat() *big.Rat {
	value, ok := new(big.Rat).SetString(d.String())
	if !ok {
		// Both ways into a Decimal check its text.
		panic("client: a Decimal holds " + d.text)
	}
	return value
}

// Cmp compares the values: -1 if d is less than other, 0 if equal, +1 if
// greater.
func (d Decimal) Cmp(other Decimal) int { return d.Rat().Cmp(other.Rat()) }

// Sign returns -1, 0 or +1.
func (d Decimal) Sign() int { return d.Rat().Sign() }

// MarshalJSON writes a JSON string.
func (d Decimal) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

// UnmarshalJSON reads a JSON string or number and keeps its text. An exponent is
// written out, since servers send such numbers too; null leaves d as it is.
func (d *Decimal) UnmarshalJSON(data []byte) error {
	text := string(data)
	if text == "null" {
		return nil
	}
	if len(data) > 0 && data[0] == '"' {
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
	}
	plain, err := plainText(text)
	if err != nil {
		return err
	}
	d.text = plain
	return nil
}

// plainText writes out an exponent and bounds the size of what a server may
// make of a few characters.
func plainText(text string) (string, error) {
	mantissa, exponent, scientific := strings.Cut(strings.ToLower(text), "e")
	unsigned := strings.TrimPrefix(mantissa, "-")
	whole, fraction, dotted := strings.Cut(unsigned, ".")
	if len(text) > 1000 || !digits(whole) || dotted && !digits(fraction) {
		return "", fmt.Errorf("%w: %.40q", ErrDecimal, text)
	}
	if !scientific {
		return text, nil
	}
	shift, err := strconv.Atoi(exponent)
	if err != nil || shift > 400 || shift < -400 {
		return "", fmt.Errorf("%w: %.40q", ErrDecimal, text)
	}
	value, ok := new(big.Rat).SetString(fmt.Sprintf("%se%d", mantissa, shift))
	if !ok {
		return "", fmt.Errorf("%w: %.40q", ErrDecimal, text)
	}
	return value.FloatString(max(0, len(fraction)-shift)), nil
}
