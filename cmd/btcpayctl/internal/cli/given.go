package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// Annotations of flags whose empty text, or whose span of 0, says something.
const (
	EmptySays = "btcpayctl-empty-says"
	zeroSays  = "btcpayctl-zero-says"
)

// ArgumentsMayBeEmpty is an annotation of commands whose arguments after the first
// belong to another program.
const ArgumentsMayBeEmpty = "btcpayctl-arguments-may-be-empty"

// AllowEmpty declares that the empty text is a value of a flag. Blanks are not.
func AllowEmpty(cmd *cobra.Command, flag string) { annotate(cmd, flag, EmptySays) }

// allowZero declares that a span of 0 is a value of a flag.
func allowZero(cmd *cobra.Command, flag string) { annotate(cmd, flag, zeroSays) }

func annotate(cmd *cobra.Command, flag, annotation string) {
	// It fails only for flags that are not there.
	if err := cmd.Flags().SetAnnotation(flag, annotation, []string{"true"}); err != nil {
		panic(err)
	}
}

// RefuseEmpty runs before any command. A flag or an argument that is given and
// empty is an error and never "not given": it is how a script's variable looks
// that nothing was put into.
func RefuseEmpty(cmd *cobra.Command, args []string) error {
	if cmd.DisableFlagParsing || cmd.Name() == cobra.ShellCompRequestCmd || cmd.Name() == cobra.ShellCompNoDescRequestCmd {
		return nil // a shell that completes a word asks with an empty one
	}
	var err error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if err == nil {
			err = refuseFlag(f)
		}
	})
	if err != nil {
		return err
	}
	for i, arg := range args {
		if strings.TrimSpace(arg) == "" && (i == 0 || cmd.Annotations[ArgumentsMayBeEmpty] == "") {
			return &output.Error{Code: output.Usage, What: fmt.Sprintf("argument %d is empty", i+1), Why: emptyWhy(fmt.Sprintf("argument %d", i+1)), Next: "Usage: " + cmd.UseLine()}
		}
	}
	return nil
}

func refuseFlag(f *pflag.Flag) error {
	name := "--" + f.Name
	if f.Value.Type() == "duration" && len(f.Annotations[zeroSays]) == 0 && f.Value.String() == "0s" {
		return &output.Error{Code: output.Usage, What: name + " is 0, and must be longer", Why: "Nothing was sent.", Next: "give " + name + " a time such as 30s, or leave it out"}
	}
	for _, text := range TextsOf(f) {
		if strings.TrimSpace(text) != "" || text == "" && len(f.Annotations[EmptySays]) > 0 {
			continue
		}
		return &output.Error{Code: output.Usage, What: name + " is given and empty", Why: emptyWhy(name), Next: "give " + name + " a value, or leave it out"}
	}
	return nil
}

func emptyWhy(what string) string {
	return "An unset variable may be the cause: check what " + what + " is made of. Nothing was sent."
}

// TextsOf are the values of a flag that holds texts. Other types refuse an empty
// text themselves.
func TextsOf(f *pflag.Flag) []string {
	if list, ok := f.Value.(pflag.SliceValue); ok {
		if texts := list.GetSlice(); len(texts) > 0 {
			return texts
		}
		return []string{""} // how a list reads an empty text
	}
	if f.Value.Type() == "string" {
		return []string{f.Value.String()}
	}
	return nil
}
