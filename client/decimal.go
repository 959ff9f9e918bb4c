package client

import (
	"cmp"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// maxDigits is how many digits a .NET decimal, and so the server, can hold exactly.
const maxDigits = 28

// A Decimal is an amount of money, or another exact decimal number, as text. It never
// uses a float.
//
// The zero value is unset, which is not the amount 0: a request with an unset amount is
// refused, and an unset Decimal cannot be encoded. Write 0 as NewDecimal(0, 0). In a
// response a Decimal is unset if the server left it out or sent null.
//
// A Decimal keeps the text that it was read from: "10", "10.0" and "10.00" print
// differently and are equal by [Decimal.Equal] and [Decimal.Cmp]. The operator == does
// not compile, since it would treat them as different.
type Decimal struct {
	_    [0]func() // not comparable with ==
	text string
}

// ErrDecimal is wrapped by the errors of [ParseDecimal] and of all methods that read or
// encode a [Decimal].
var ErrDecimal = errors.New("not an amount")

var errUnset = fmt.Errorf("%w: it is not set (write 0 as client.NewDecimal(0, 0))", ErrDecimal)

// unsetText is printed for an unset Decimal. It is not a number in any format.
const unsetText = "(unset)"

// ParseDecimal reads an amount such as "12.50" or "-0.001". It refuses an exponent, NaN,
// infinity, thousands separators, and more than 28 significant digits or 28 decimals,
// which a server would round without an error.
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
	return Decimal{text: text}, nil
}

// NewDecimal returns units × 10^exponent: NewDecimal(1250, -2) is 12.50, and
// NewDecimal(0, 0) is 0. It panics if the exponent is below -28 or above 9, since no
// server holds every such amount exactly.
func NewDecimal(units int64, exponent int) Decimal {
	const most = 9 // an int64 has 19 digits
	if exponent < -maxDigits || exponent > most {
		panic(fmt.Sprintf("client: the exponent %d of a Decimal is not from %d to %d", exponent, -maxDigits, most))
	}
	text := strconv.FormatInt(units, 10)
	if exponent == 0 || units == 0 && exponent > 0 {
		return Decimal{text: text}
	}
	number, negative := strings.CutPrefix(text, "-")
	if exponent > 0 {
		number += strings.Repeat("0", exponent)
	} else {
		if missing := 1 - exponent - len(number); missing > 0 {
			number = strings.Repeat("0", missing) + number
		}
		number = number[:len(number)+exponent] + "." + number[len(number)+exponent:]
	}
	if negative {
		number = "-" + number
	}
	return Decimal{text: number}
}

func digits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}

// IsSet reports whether d holds an amount. 0 is an amount.
func (d Decimal) IsSet() bool { return d.text != "" }

// IsZero reports whether d is unset. It is the opposite of [Decimal.IsSet], and omitzero
// calls it. It is false for the amount 0, whose [Decimal.Sign] is 0.
func (d Decimal) IsZero() bool { return d.text == "" }

// String returns the exact text, or "(unset)" for an unset Decimal.
func (d Decimal) String() string {
	if d.text == "" {
		return unsetText
	}
	return d.text
}

// Rat returns the exact value, or nil for an unset Decimal.
func (d Decimal) Rat() *big.Rat {
	if d.text == "" {
		return nil
	}
	value, ok := new(big.Rat).SetString(d.text)
	if !ok {
		// Every function that sets a Decimal checks its text.
		panic("client: a Decimal holds " + d.text)
	}
	return value
}

// Equal reports whether both have the same value, however it is written, or both are
// unset.
func (d Decimal) Equal(other Decimal) bool { return d.Cmp(other) == 0 }

// Cmp compares the values: it returns -1 if d is less than other, 0 if they are equal,
// and +1 if d is greater. An unset Decimal is equal to another unset one and less than
// every amount.
func (d Decimal) Cmp(other Decimal) int {
	if d.text == "" || other.text == "" {
		return strings.Compare(d.text, other.text) // the empty text comes first
	}
	if negative := d.text[0] == '-'; negative == (other.text[0] == '-') {
		if negative {
			d, other = other, d
		}
		return compareDigits(unsigned(d.text), unsigned(other.text))
	}
	return cmp.Compare(d.Sign(), other.Sign()) // -0 and 0 are equal
}

// Sign returns -1 if d is below 0, +1 if it is above 0, and 0 for 0 and for an unset
// Decimal.
func (d Decimal) Sign() int {
	for i := range len(d.text) {
		switch d.text[i] {
		case '-', '0', '.':
			continue
		}
		if d.text[0] == '-' {
			return -1
		}
		return 1
	}
	return 0
}

func unsigned(text string) string {
	if text[0] == '-' {
		return text[1:]
	}
	return text
}

// compareDigits compares two decimal numbers without a sign by their digits.
func compareDigits(a, b string) int {
	whole, fraction := split(a)
	otherWhole, otherFraction := split(b)
	if len(whole) != len(otherWhole) {
		return cmp.Compare(len(whole), len(otherWhole))
	}
	if whole != otherWhole {
		return strings.Compare(whole, otherWhole)
	}
	return strings.Compare(fraction, otherFraction)
}

// split returns the digits before the point, without leading zeros, and those after it,
// without trailing zeros.
func split(text string) (whole, fraction string) {
	point := strings.IndexByte(text, '.')
	if point >= 0 {
		text, fraction = text[:point], text[point+1:]
	}
	for len(text) > 0 && text[0] == '0' {
		text = text[1:]
	}
	for len(fraction) > 0 && fraction[len(fraction)-1] == '0' {
		fraction = fraction[:len(fraction)-1]
	}
	return text, fraction
}
