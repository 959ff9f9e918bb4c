package root

import (
	"regexp"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
)

// A commandLine is a command line with the flags that hints repeat: those of its target.
type commandLine struct {
	given map[string]string // by name, quoted for a shell

	mu    sync.Mutex
	trees map[string]*cobra.Command // by the command below the root that is in it
}

// lineOf returns the line of a command that is about to run.
func lineOf(cmd *cobra.Command) *commandLine {
	l := &commandLine{given: map[string]string{}, trees: map[string]*cobra.Command{}}
	for _, name := range cli.TargetFlags {
		f := cmd.Flags().Lookup(name)
		if !isTarget(f) || !f.Changed {
			continue
		}
		switch {
		case f.Value.Type() != "bool":
			l.given[name] = " --" + name + " " + app.ShellWord(f.Value.String())
		case f.Value.String() == "true":
			l.given[name] = " --" + name
		}
	}
	return l
}

// tree makes the command that words begin with, and all commands where they begin with none:
// the flags of all of them take milliseconds.
func (l *commandLine) tree(words []string) *cobra.Command {
	l.mu.Lock()
	defer l.mu.Unlock()
	name := namedCommand(words)
	if l.trees[name] == nil {
		l.trees[name] = newRoot(&app.App{LookupEnv: func(string) (string, bool) { return "", false }}, name)
	}
	return l.trees[name]
}

// isTarget reports whether a flag of the command selects what the command talks to. Flags
// of the same name in other commands change a profile, or select secrets.
func isTarget(f *pflag.Flag) bool { return f != nil && len(f.Annotations[cli.TargetFlag]) > 0 }

// program matches the beginning of each command in a hint. A command in quotes within
// another one is not changed: it has a shell of its own.
var program = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\bbtcpayctl((?: [a-z][a-z-]*)+)`) })

var profileFirst = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^ --profile [^ ,;]+`) })

// hint adds the flags of the target to each command of a hint that has them. If the hint
// names another profile, that profile's server and store are used.
func (l *commandLine) hint(text string) string {
	if len(l.given) == 0 || !strings.Contains(text, "btcpayctl ") {
		return text
	}
	var out strings.Builder
	rest := text
	for {
		at := program().FindStringSubmatchIndex(rest)
		if at == nil {
			out.WriteString(rest)
			return out.String()
		}
		cmd, path := l.find(strings.Fields(rest[at[2]:at[3]]))
		end := at[0] + len("btcpayctl") + len(path)
		if cmd != nil {
			written := restOfCommand(rest[end:])
			end += len(profileFirst().FindString(written))
			out.WriteString(rest[:end] + l.missing(cmd, written))
		} else {
			out.WriteString(rest[:end])
		}
		rest = rest[end:]
	}
}

// find returns the command that words begin with, and its path with a blank before each
// word.
func (l *commandLine) find(words []string) (*cobra.Command, string) {
	cmd, path := l.tree(words), ""
	for _, word := range words {
		var next *cobra.Command
		for _, c := range cmd.Commands() {
			if c.Name() == word {
				next = c
			}
		}
		if next == nil {
			break
		}
		cmd, path = next, path+" "+word
	}
	if path == "" || !cmd.Runnable() || cmd.HasSubCommands() {
		return nil, path
	}
	return cmd, path
}

// restOfCommand returns the rest of a command after its name.
func restOfCommand(text string) string {
	if i := strings.Index(text, "\n"); i >= 0 {
		text = text[:i]
	}
	if i := strings.Index(text, "btcpayctl "); i >= 0 {
		text = text[:i]
	}
	return text
}

func (l *commandLine) missing(cmd *cobra.Command, written string) string {
	names := cli.TargetFlags
	if own := flagIn(written, "profile"); own != "" && own != strings.TrimPrefix(l.given["profile"], " --profile ") {
		names = cli.ReachFlags
		if l.given["profile"] == "" && cli.DoesSetUpProfile(cmd) {
			names = append([]string{"server"}, names...) // the profile may not have one yet
		}
	}
	var add strings.Builder
	for _, name := range names {
		if !isTarget(cmd.Flags().Lookup(name)) || l.given[name] == "" || hasFlag(written, name) {
			continue
		}
		if name == "store" && (hasFlag(written, "all-stores") || namesOtherStore(written, l.given[name])) {
			continue
		}
		add.WriteString(l.given[name])
	}
	return add.String()
}

// namesOtherStore reports whether a line requests a permission for another store than the
// flag, so that both would contradict each other.
func namesOtherStore(written, flag string) bool {
	store := strings.TrimPrefix(flag, " --store ")
	for words := strings.Fields(written); len(words) > 1; words = words[1:] {
		if _, scope, scoped := strings.Cut(words[1], ":"); words[0] == "--permission" && scoped && scope != store {
			return true
		}
	}
	return false
}

// flagIn returns the value of a flag in a line, empty if the flag is not there.
func flagIn(written, name string) string {
	_, rest, found := strings.Cut(written+" ", " --"+name+" ")
	if !found {
		return ""
	}
	word, _, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
	return word
}

func hasFlag(written, name string) bool {
	return strings.Contains(" "+written+" ", " --"+name+" ")
}
