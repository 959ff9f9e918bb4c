package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A figure is what a test reports; see the documentation of the program.
type figure struct {
	goal, measured, wanted string
	verdict                verdict
}

// parseFigure reads the value of the attribute and compares it with its limit.
func parseFigure(value string) (figure, error) {
	parts := strings.Split(value, " | ")
	if len(parts) != 3 {
		return figure{}, fmt.Errorf("it has %d parts, and not goal | measured | wanted", len(parts))
	}
	f := figure{goal: grouped(parts[0]), measured: grouped(parts[1]), wanted: grouped(parts[2])}
	if strings.TrimSpace(f.goal) == "" {
		return figure{}, fmt.Errorf("it has no goal")
	}
	measured, err := parseQuantity(parts[1])
	if err != nil {
		return figure{}, err
	}
	if parts[2] == "-" {
		f.verdict = unlimited
		return f, nil
	}
	relation, text, _ := strings.Cut(parts[2], " ")
	limit, err := parseQuantity(text)
	if err != nil {
		return figure{}, err
	}
	if measured.unit != limit.unit {
		return figure{}, fmt.Errorf("%s and %s have two units", parts[1], text)
	}
	var kept bool
	switch relation {
	case "=":
		kept = measured.value == limit.value
	case "<":
		kept = measured.value < limit.value
	case "≤":
		kept = measured.value <= limit.value
	case ">":
		kept = measured.value > limit.value
	case "≥":
		kept = measured.value >= limit.value
	default:
		return figure{}, fmt.Errorf("%q is none of = < ≤ > ≥", relation)
	}
	f.verdict = missed
	if kept {
		f.verdict = ok
	}
	return f, nil
}

type quantity struct {
	value float64
	unit  string
}

var number = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)(.*)$`)

func parseQuantity(s string) (quantity, error) {
	parts := number.FindStringSubmatch(s)
	if parts == nil {
		return quantity{}, fmt.Errorf("%q is no number with a unit", s)
	}
	if d, err := time.ParseDuration(s); err == nil && parts[2] != "" {
		return quantity{d.Seconds(), "s"}, nil
	}
	value, err := strconv.ParseFloat(parts[1], 64)
	return quantity{value, strings.TrimSpace(parts[2])}, err
}

var numbers = regexp.MustCompile(`\b[0-9]+(?:\.[0-9]+)*`)

// grouped writes 100000 as 100,000.
func grouped(s string) string {
	return numbers.ReplaceAllStringFunc(s, func(n string) string {
		whole, _, _ := strings.Cut(n, ".")
		var b strings.Builder
		for i := range whole {
			if i > 0 && (len(whole)-i)%3 == 0 {
				b.WriteByte(',')
			}
			b.WriteByte(whole[i])
		}
		return b.String() + n[len(whole):]
	})
}
