package output

import (
	"errors"
	"io"
	"slices"
	"strings"
)

// Check finds a template that does not fit a record, and a column that a table does not
// have, before the command does something that cannot be undone. The record may be an empty one. An expression of --jq is not tried,
// because it may fail on values that the sample lacks. If printing the real record fails,
// the error says what was done.
func Check[T any](p *Printer, v View[T], sample T) error {
	if p.template == nil {
		_, err := p.choose(v.plain())
		return err
	}
	trial := *p
	trial.w = io.Discard
	err := One(&trial, v, sample)
	if e, ok := errors.AsType[*Error](err); ok {
		e.Code = Usage
	}
	return err
}

// Streams reports whether a record is written before the next one is requested. The other
// formats hold records back.
func (p *Printer) Streams() bool {
	return slices.Contains([]string{"jsonl", "tsv", "name", "template"}, p.format)
}

// WantsJSON reports whether a command line asks for errors as JSON. It is for command lines
// that cannot be parsed completely.
func WantsJSON(args []string) bool {
	for i, arg := range args {
		value, is := strings.CutPrefix(arg, "--output=")
		if short, ok := strings.CutPrefix(arg, "-o"); ok && !is {
			value, is = strings.TrimPrefix(short, "="), true
		}
		if (arg == "-o" || arg == "--output") && i+1 < len(args) {
			value, is = args[i+1], true
		}
		if is && IsJSON(value) {
			return true
		}
	}
	return false
}

// IsJSON reports whether a format prints errors as JSON.
func IsJSON(format string) bool { return format == "json" || format == "jsonl" }
