package replay

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// variables are the values of {{name}} while a recording plays.
type variables struct {
	values map[string]string
	now    func() time.Time // the server's time
}

var placeholder = expression(`\{\{([^{}|]+)(\|url|\|b64)?\}\}`)

// expand fills the placeholders of a text. The error names an unknown one, which stays in the text.
func (v *variables) expand(text string) (string, error) {
	var missing error
	filled := placeholder().ReplaceAllStringFunc(text, func(whole string) string {
		parts := placeholder().FindStringSubmatch(whole)
		value, known := v.values[parts[1]]
		if !known {
			value, known = v.timeOf(parts[1])
		}
		if !known {
			missing = fmt.Errorf("unknown variable %s", whole)
			return whole
		}
		switch parts[2] {
		case "|url":
			return strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
		case "|b64":
			return base64.StdEncoding.EncodeToString([]byte(value))
		}
		return value
	})
	return filled, missing
}

// fill is like expand for what is compared: an unknown placeholder stays and does not match.
func (v *variables) fill(text string) string {
	filled, _ := v.expand(text)
	return filled
}

// expandValue fills the strings of a JSON value.
func (v *variables) expandValue(value any) (any, error) {
	var missing error
	filled := mapStrings(value, func(text string) string {
		text, err := v.expand(text)
		if err != nil {
			missing = err
		}
		return text
	})
	return filled, missing
}

var moment = expression(`^(now|nowMs|date)([+-]\d+)?$`)

// timeOf returns now and nowMs, in seconds and milliseconds, and date, in days.
func (v *variables) timeOf(name string) (string, bool) {
	parts := moment().FindStringSubmatch(name)
	if parts == nil {
		return "", false
	}
	shift, err := strconv.Atoi(parts[2])
	if err != nil && parts[2] != "" {
		return "", false
	}
	now := v.now()
	switch parts[1] {
	case "now":
		return strconv.FormatInt(now.Unix()+int64(shift), 10), true
	case "nowMs":
		return strconv.FormatInt(now.UnixMilli()+int64(shift), 10), true
	}
	return now.UTC().AddDate(0, 0, shift).Format("01/02/2006"), true
}
