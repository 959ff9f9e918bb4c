package client

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"strconv"
	"strings"
)

// MarshalJSON writes a JSON string. It fails for an unset Decimal.
func (d Decimal) MarshalJSON() ([]byte, error) {
	if d.text == "" {
		return nil, errUnset
	}
	return []byte(`"` + d.text + `"`), nil
}

// UnmarshalJSON reads a JSON string or number and keeps its text. It writes out an
// exponent, since servers also send such numbers; null leaves d unchanged.
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
	return d.read(text)
}

// MarshalText writes the exact text, for XML, YAML, map keys and similar uses. It fails
// for an unset Decimal.
func (d Decimal) MarshalText() ([]byte, error) {
	if d.text == "" {
		return nil, errUnset
	}
	return []byte(d.text), nil
}

// UnmarshalText reads the texts that [Decimal.UnmarshalJSON] reads from a JSON string.
func (d *Decimal) UnmarshalText(text []byte) error { return d.read(string(text)) }

// Value implements [driver.Valuer]. It returns the exact text, or NULL for an unset
// Decimal.
func (d Decimal) Value() (driver.Value, error) {
	if d.text == "" {
		return nil, nil
	}
	return d.text, nil
}

// Scan implements [database/sql.Scanner] for a text, an integer, and a number that the
// driver returns as text. For NULL it makes d unset. It refuses a float, which may have
// lost digits: store amounts in a column of text or of an exact numeric type.
func (d *Decimal) Scan(value any) error {
	switch value := value.(type) {
	case nil:
		*d = Decimal{}
		return nil
	case string:
		return d.read(value)
	case []byte:
		return d.read(string(value))
	case int64:
		*d = NewDecimal(value, 0)
		return nil
	case float64:
		return fmt.Errorf("%w: the database driver gives it as a float, which may have lost digits: use a column of text or of an exact numeric type", ErrDecimal)
	}
	return fmt.Errorf("%w: the database driver gives it as a %T", ErrDecimal, value)
}

// LogValue implements [slog.LogValuer].
func (d Decimal) LogValue() slog.Value { return slog.StringValue(d.String()) }

// JSONNumber returns the value as a JSON number with the same decimals, for requests in
// which a server does not accept a string. It fails for an unset Decimal.
func (d Decimal) JSONNumber() ([]byte, error) {
	if d.text == "" {
		return nil, errUnset
	}
	// Unlike a Decimal, a JSON number has no leading zeros. -0 is written as 0.
	number := strings.TrimLeft(unsigned(d.text), "0")
	if number == "" || number[0] == '.' {
		number = "0" + number
	}
	if d.Sign() < 0 {
		number = "-" + number
	}
	return []byte(number), nil
}

// read sets d to a text from another program.
func (d *Decimal) read(text string) error {
	plain, err := plainText(text)
	if err != nil {
		return err
	}
	d.text = plain
	return nil
}

// plainText writes out an exponent. It limits the size of the result, since a server can
// describe a very long number with a few characters.
func plainText(text string) (string, error) {
	mantissa, exponent, scientific := text, "", false
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		mantissa, exponent, scientific = text[:i], text[i+1:], true
	}
	whole, fraction, dotted := strings.Cut(strings.TrimPrefix(mantissa, "-"), ".")
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
