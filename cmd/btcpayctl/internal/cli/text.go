package cli

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// RefuseTexts refuses a flag or an argument that would not arrive as it was given: in
// JSON a byte that is not UTF-8 becomes U+FFFD, and at U+0000 the server fails.
func RefuseTexts(cmd *cobra.Command, args []string) error {
	if cmd.DisableFlagParsing || cmd.Name() == cobra.ShellCompRequestCmd || cmd.Name() == cobra.ShellCompNoDescRequestCmd {
		return nil
	}
	var err error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		for _, text := range TextsOf(f) {
			if err == nil {
				err = refuseText("--"+f.Name, text)
			}
		}
	})
	for i, arg := range args {
		if err == nil && (i == 0 || cmd.Annotations[ArgumentsMayBeEmpty] == "") {
			err = refuseText(fmt.Sprintf("argument %d", i+1), arg)
		}
	}
	return err
}

func refuseText(where, text string) error {
	wrong := app.TextProblem(text)
	if wrong == "" {
		return nil
	}
	return &output.Error{Code: output.Usage, What: where + ": " + wrong, Why: "Nothing was sent.", Next: app.TextRemedy}
}

// CheckJSONText refuses the same in JSON, and half a surrogate pair. It returns the
// line.
func CheckJSONText(data []byte) (line int, err error) {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return place(data, i, fmt.Sprintf("the byte 0x%02x is not UTF-8", data[i]))
		case r != '\\':
			i += size
			continue
		}
		unit, ok := escapedUnit(data[i:])
		switch {
		case !ok:
			i += 2
			continue
		case unit == 0:
			return place(data, i, `\u0000 is a character that makes the server fail`)
		case unit >= 0xd800 && unit < 0xdc00:
			if low, ok := escapedUnit(data[i+6:]); ok && low >= 0xdc00 && low < 0xe000 {
				i += 12
				continue
			}
			fallthrough
		case unit >= 0xdc00 && unit < 0xe000:
			return place(data, i, string(data[i:i+6])+" is half of a surrogate pair, which is not a character")
		}
		i += 6
	}
	return 0, nil
}

// escapedUnit reads an escape such as \u00e4.
func escapedUnit(data []byte) (uint64, bool) {
	if len(data) < 6 || data[0] != '\\' || data[1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(data[2:6]), 16, 16)
	return unit, err == nil
}

// place returns where a byte of a text is, its column counted in characters.
func place(data []byte, at int, what string) (line int, err error) {
	before := data[:at]
	start := bytes.LastIndexByte(before, '\n') + 1
	return 1 + bytes.Count(before, []byte("\n")), errors.New("column " + strconv.Itoa(1+utf8.RuneCount(before[start:])) + ": " + what)
}
