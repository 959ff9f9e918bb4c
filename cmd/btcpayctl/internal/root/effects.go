package root

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"syscall"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
)

// afterEffects adds to a failure what the command did before it. The code is never one that
// says that nothing was sent.
func afterEffects(a *app.App, e output.Error) output.Error {
	lasting, acted := a.Effects()
	if !acted {
		return e
	}
	if e.Code.Exit() == output.Usage.Exit() {
		e.Code = output.Failed
	}
	e.Why = strings.TrimSpace(promise().ReplaceAllString(e.Why, ""))
	if _, printing := e.Err.(*output.PrintError); printing { //nolint:errorlint // an error that wraps it has its own hint
		// The printer's own hint would repeat the whole command.
		e.Next = ""
		if len(lasting) > 0 {
			e.Next = lasting[len(lasting)-1].Look
		}
	}
	var told []string
	for _, done := range lasting {
		if !strings.Contains(e.What+" "+e.Why, done.ID) {
			told = append(told, done.What)
		}
	}
	if len(told) == 0 {
		return e
	}
	more := ""
	if n := len(told) - mostEffects; n > 0 {
		told, more = told[n:], fmt.Sprintf("%d more; ", n)
	}
	e.Why = strings.TrimSpace("Done before the failure: " + more + strings.Join(told, "; ") + ". " + e.Why)
	return e
}

// promise matches a sentence that is true only if nothing was done before.
var promise = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\b(?:Nothing was (?:sent|changed|done|moved)|No key was made(?: and nothing was sent)?)\.\s*`)
})

// mostEffects is how many effects a failure names, the last ones.
const mostEffects = 5

// readerHasGone reports whether a command without effects failed only because the reader of
// its output has gone, as with head.
func readerHasGone(a *app.App, err error) bool {
	_, acted := a.Effects()
	_, printing := errors.AsType[*output.PrintError](err)
	return !acted && printing && errors.Is(err, syscall.EPIPE)
}

// brokenPipe is a shell's exit code for a process that SIGPIPE ended.
const brokenPipe = 141
