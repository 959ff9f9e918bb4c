package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// A browserCommand is a program that may show a page.
type browserCommand struct {
	words  []string
	output io.Writer // nil drops what it prints
	// anyExit is set for a program whose exit code means nothing.
	anyExit bool
}

// startFirst starts the first of some commands that can be started, and the next one if it
// fails.
func startFirst(choices []browserCommand) (ended <-chan error, err error) {
	for i, choice := range choices {
		run, startErr := choice.start()
		if startErr != nil {
			err = errors.Join(err, startErr)
			continue
		}
		result := make(chan error, 1)
		go func() { result <- waitOrNext(choice, run, choices[i+1:]) }()
		return result, nil
	}
	return nil, err
}

func waitOrNext(choice browserCommand, run *exec.Cmd, rest []browserCommand) error {
	err := run.Wait()
	if err == nil || choice.anyExit {
		return nil
	}
	err = fmt.Errorf("%s: %w", choice.words[0], err)
	if len(rest) == 0 {
		return err
	}
	next, startErr := startFirst(rest)
	if startErr != nil {
		return errors.Join(err, startErr)
	}
	return <-next
}

func (c browserCommand) start() (*exec.Cmd, error) {
	if isTextBrowser(c.words[0]) {
		return nil, fmt.Errorf("%s is a text browser, which would take over this terminal", c.words[0])
	}
	//nolint:noctx // the browser outlives the command
	run := exec.Command(c.words[0], c.words[1:]...)
	run.Stdout, run.Stderr = c.output, c.output
	return run, run.Start()
}

// textBrowsers draw on the terminal, on which a question may be open.
var textBrowsers = []string{"browsh", "carbonyl", "elinks", "links", "links2", "lynx", "w3m"}

// isTextBrowser reports whether a program is a text browser, also behind a name such as
// www-browser, which systems link to the browser that they have.
func isTextBrowser(program string) bool {
	names := []string{program}
	if path, err := exec.LookPath(program); err == nil {
		if target, err := filepath.EvalSymlinks(path); err == nil {
			names = append(names, target)
		}
	}
	return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(textBrowsers, filepath.Base(name)) })
}

// namedBrowsers reads BROWSER: commands in the form of a shell, separated like the
// directories of PATH, in the order in which they are tried. In a command %s is replaced by
// the page; without %s the page is the last word.
func namedBrowsers(list, page string) ([]browserCommand, error) {
	var choices []browserCommand
	for _, entry := range splitOutsideQuotes(list, os.PathListSeparator) {
		words, err := browserWords(strings.TrimSpace(entry))
		if err != nil {
			return nil, fmt.Errorf("BROWSER is %q: %w", list, err)
		}
		if n := len(words); n > 0 && words[n-1] == "&" {
			words = words[:n-1] // it runs in the background anyway
		}
		if len(words) == 0 {
			continue
		}
		if words = withPage(words, page); words[0] == page {
			return nil, fmt.Errorf("BROWSER is %q, which does not name a program", list)
		}
		choices = append(choices, browserCommand{words: words})
	}
	if len(choices) == 0 {
		return nil, fmt.Errorf("BROWSER is %q, which does not name a program", list)
	}
	return choices, nil
}

// withPage puts the page in the place of %s, or at the end. %% means a percent sign.
func withPage(words []string, page string) []string {
	placed := false
	fill := strings.NewReplacer("%%", "%", "%s", page)
	filled := make([]string, 0, len(words)+1)
	for _, word := range words {
		placed = placed || strings.Contains(strings.ReplaceAll(word, "%%", ""), "%s")
		filled = append(filled, fill.Replace(word))
	}
	if !placed {
		filled = append(filled, page)
	}
	return filled
}

// browserWords splits a command at its blanks. A path with blanks is one word, if there is
// such a file.
func browserWords(command string) ([]string, error) {
	if info, err := os.Stat(command); err == nil && info.Mode().IsRegular() {
		return []string{command}, nil
	}
	return shellWords(command)
}

var errQuotes = errors.New("a quote is not closed")

// shellWords understands quotes, and a backslash where it is no separator of paths.
func shellWords(text string) (words []string, err error) {
	var word strings.Builder
	inWord, quote, escaped := false, rune(0), false
	for _, r := range text {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'' && runtime.GOOS != "windows":
			escaped, inWord = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, inWord = r, true
		case r == ' ' || r == '\t' || r == '\n':
			if inWord {
				words = append(words, word.String())
			}
			word.Reset()
			inWord = false
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if quote != 0 || escaped {
		return nil, errQuotes
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}

func splitOutsideQuotes(text string, separator rune) (parts []string) {
	quote, start := rune(0), 0
	for i, r := range text {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case r == '\'' || r == '"':
			quote = r
		case r == separator:
			parts = append(parts, text[start:i])
			start = i + len(string(separator))
		}
	}
	return append(parts, text[start:])
}
