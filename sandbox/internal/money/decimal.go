// Package money computes as the server does: its decimal type, whose text its APIs show,
// the decimals of currencies, and rates by a store's script.
package money

import (
	"errors"
	"math/big"
	"strings"
)

// Decimal is the server's decimal type, whose text the APIs show: up to 28 decimals within
// 96 bits. Addition and multiplication keep trailing zeros, a division leaves as few
// decimals as possible.
type Decimal struct {
	coef  *big.Int // nil is zero
	scale int
}

const maxScale = 28

var (
	maxCoef = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 96), big.NewInt(1))
	ten     = big.NewInt(10)

	errDecimal = errors.New("not a decimal of 96 bits")
)

// New returns coef / 10^scale, with scale decimals.
func New(coef int64, scale int) Decimal { return Decimal{big.NewInt(coef), scale} }

// NewUint returns a whole number.
func NewUint(n uint64) Decimal { return Decimal{coef: new(big.Int).SetUint64(n)} }

// Places is the number of decimals.
func (d Decimal) Places() int { return d.scale }

func (d Decimal) int() *big.Int {
	if d.coef == nil {
		return new(big.Int)
	}
	return d.coef
}

func powerOfTen(n int) *big.Int { return new(big.Int).Exp(ten, big.NewInt(int64(n)), nil) }

// shrink rounds a coefficient to 96 bits and 28 decimals, half to even.
func shrink(coef *big.Int, scale int) (Decimal, error) {
	for scale > maxScale || coef.CmpAbs(maxCoef) > 0 && scale > 0 {
		cut := max(scale-maxScale, 1)
		if bits := coef.BitLen() - 96; bits > 0 {
			cut = min(max(cut, bits*3/10), scale)
		}
		coef, scale = roundHalfEven(coef, powerOfTen(cut)), scale-cut
	}
	if coef.CmpAbs(maxCoef) > 0 {
		return Decimal{}, errDecimal
	}
	return Decimal{coef, scale}, nil
}

func roundHalfEven(n, by *big.Int) *big.Int {
	q, r := new(big.Int).QuoRem(n, by, new(big.Int))
	switch twice := r.Lsh(r.Abs(r), 1); twice.Cmp(by) {
	case 1:
		q.Add(q, big.NewInt(int64(n.Sign())))
	case 0:
		if q.Bit(0) == 1 {
			q.Add(q, big.NewInt(int64(n.Sign())))
		}
	}
	return q
}

// Parse reads the text of a JSON number. Trailing zeros are kept.
func Parse(text string) (Decimal, error) {
	mantissa, exponent := text, 0
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		mantissa = text[:i]
		n, ok := smallInt(text[i+1:])
		if !ok {
			return Decimal{}, errDecimal
		}
		exponent = n
	}
	digits := mantissa
	negative := strings.HasPrefix(digits, "-")
	digits = strings.TrimPrefix(digits, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	if whole+fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" || len(digits) > 1000 {
		return Decimal{}, errDecimal
	}
	coef, _ := new(big.Int).SetString(whole+fraction, 10)
	if negative {
		coef.Neg(coef)
	}
	scale := len(fraction) - exponent
	if scale < 0 {
		if coef.Sign() == 0 {
			scale = 0
		} else if scale < -maxScale-1 {
			return Decimal{}, errDecimal
		} else {
			coef.Mul(coef, powerOfTen(-scale))
			scale = 0
		}
	}
	if scale > 2000 {
		return Decimal{new(big.Int), maxScale}, nil
	}
	return shrink(coef, scale)
}

func smallInt(text string) (int, bool) {
	negative := strings.HasPrefix(text, "-")
	text = strings.TrimLeft(strings.TrimPrefix(strings.TrimPrefix(text, "-"), "+"), "0")
	if len(text) > 4 || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n := 0
	for _, c := range text {
		n = n*10 + int(c-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}

// ParseText reads a number from a JSON string, which may have blanks, a sign at either
// end, and commas, which are ignored; or else the text of a JSON number.
func ParseText(text string) (Decimal, error) {
	plain := strings.TrimSpace(text)
	negative := false
	if rest, found := strings.CutPrefix(plain, "-"); found {
		plain, negative = rest, true
	} else if rest, found := strings.CutSuffix(plain, "-"); found {
		plain, negative = rest, true
	} else {
		plain = strings.TrimSuffix(strings.TrimPrefix(plain, "+"), "+")
	}
	whole, fraction, point := strings.Cut(plain, ".")
	whole = strings.ReplaceAll(whole, ",", "")
	if point {
		whole += "." + fraction
	}
	if negative {
		whole = "-" + whole
	}
	return Parse(whole)
}

// Sign is -1, 0 or 1.
func (d Decimal) Sign() int { return d.int().Sign() }

// Cmp is -1, 0 or 1 if d is less than, equal to, or greater than o, whatever their decimals.
func (d Decimal) Cmp(o Decimal) int { a, b, _ := align(d, o); return a.Cmp(b) }

// IsPercent reports whether d is between 0 and 100.
func (d Decimal) IsPercent() bool { return d.Sign() >= 0 && d.Cmp(New(100, 0)) <= 0 }

// Times10 multiplies by 10.0, which adds a decimal.
func (d Decimal) Times10() Decimal { return d.Mul(New(100, 1)) }

// String is the number as it is shown.
func (d Decimal) String() string { return d.Text() }

func (d Decimal) neg() Decimal { return Decimal{new(big.Int).Neg(d.int()), d.scale} }

// Sub subtracts. The result has as many decimals as the operand with more of them.
func (d Decimal) Sub(o Decimal) Decimal { return d.Add(o.neg()) }

func align(a, b Decimal) (x, y *big.Int, scale int) {
	x, y = a.int(), b.int()
	switch {
	case a.scale < b.scale:
		x = new(big.Int).Mul(x, powerOfTen(b.scale-a.scale))
	case b.scale < a.scale:
		y = new(big.Int).Mul(y, powerOfTen(a.scale-b.scale))
	}
	return x, y, max(a.scale, b.scale)
}

// Sums and products here stay far below 96 bits except for prices at the end of the range,
// where the largest number replaces what the server would fail with.
func clampShrink(coef *big.Int, scale int) Decimal {
	d, err := shrink(coef, scale)
	if err != nil {
		return Decimal{maxCoef, 0}
	}
	return d
}

// Add adds. The result has as many decimals as the operand with more of them.
func (d Decimal) Add(o Decimal) Decimal {
	x, y, scale := align(d, o)
	return clampShrink(new(big.Int).Add(x, y), scale)
}

// Mul multiplies. The result has the decimals of both operands.
func (d Decimal) Mul(o Decimal) Decimal {
	return clampShrink(new(big.Int).Mul(d.int(), o.int()), d.scale+o.scale)
}

// Div divides by a number other than zero. An exact quotient has as few decimals as
// possible, but not fewer than the difference of the operands' decimals.
func (d Decimal) Div(o Decimal) Decimal {
	const extra = 2 * maxScale
	n := new(big.Int).Mul(d.int(), powerOfTen(extra+o.scale))
	q, r := new(big.Int).QuoRem(n, o.int(), new(big.Int))
	scale := d.scale + extra
	if r.Sign() != 0 { // the digits left out must not look like a half
		q.Mul(q, ten)
		q.Add(q, big.NewInt(int64(n.Sign()*o.Sign())))
		scale++
	}
	out := clampShrink(q, scale)
	return out.Trim(max(d.scale-o.scale, 0))
}

// Trim removes trailing zeros, down to a number of decimals.
func (d Decimal) Trim(least int) Decimal {
	coef := new(big.Int).Set(d.int())
	for r := new(big.Int); d.scale > least; d.scale-- {
		q, _ := new(big.Int).QuoRem(coef, ten, r)
		if r.Sign() != 0 {
			break
		}
		coef = q
	}
	return Decimal{coef, d.scale}
}

// Round rounds half away from zero. A number with fewer decimals stays the same.
func (d Decimal) Round(digits int) Decimal {
	if d.scale <= digits {
		return d
	}
	by := powerOfTen(d.scale - digits)
	q, r := new(big.Int).QuoRem(d.int(), by, new(big.Int))
	if r.Lsh(r.Abs(r), 1).Cmp(by) >= 0 {
		q.Add(q, big.NewInt(int64(d.Sign())))
	}
	return Decimal{q, digits}
}

// RoundEven rounds half to even. A number with fewer decimals stays the same.
func (d Decimal) RoundEven(digits int) Decimal {
	if d.scale <= digits {
		return d
	}
	return Decimal{roundHalfEven(d.int(), powerOfTen(d.scale-digits)), digits}
}

// Cut cuts decimals off. A number with fewer decimals stays the same.
func (d Decimal) Cut(digits int) Decimal {
	if d.scale <= digits {
		return d
	}
	return Decimal{new(big.Int).Quo(d.int(), powerOfTen(d.scale-digits)), digits}
}

// ceil is for numbers above zero.
func (d Decimal) ceil() Decimal {
	q, r := new(big.Int).QuoRem(d.int(), powerOfTen(d.scale), new(big.Int))
	if r.Sign() > 0 {
		q.Add(q, big.NewInt(1))
	}
	return Decimal{q, 0}
}

// Text is the number with its decimals, without an exponent.
func (d Decimal) Text() string {
	digits := new(big.Int).Abs(d.int()).String()
	if len(digits) <= d.scale {
		digits = strings.Repeat("0", d.scale-len(digits)+1) + digits
	}
	if d.scale > 0 {
		digits = digits[:len(digits)-d.scale] + "." + digits[len(digits)-d.scale:]
	}
	if d.Sign() < 0 {
		return "-" + digits
	}
	return digits
}

// Number is the decimal as the server writes a JSON number, always with a point.
func (d Decimal) Number() Number {
	text := d.Text()
	if d.scale == 0 {
		text += ".0"
	}
	return Number(text)
}

// MarshalText returns the exact text, for the state file.
func (d Decimal) MarshalText() ([]byte, error) { return []byte(d.Text()), nil }

// UnmarshalText reads the text of MarshalText.
func (d *Decimal) UnmarshalText(text []byte) (err error) {
	*d, err = Parse(string(text))
	return err
}

// Number is the text of a JSON number.
type Number string

// MarshalJSON returns the text.
func (n Number) MarshalJSON() ([]byte, error) { return []byte(n), nil }

// UnmarshalJSON takes the text of any JSON value.
func (n *Number) UnmarshalJSON(text []byte) error {
	*n = Number(text)
	return nil
}
