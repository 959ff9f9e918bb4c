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

// afterEffects makes a failure tell what the command did before. Its code is none that
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
	if _, printing := e.Err.(*output.PrintError); printing { //nolint:errorlint // one that wraps it has its own way on
		// The printer's own advice would do it all again.
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
	e.Why = strings.TrimSpace("Done before that: " + more + strings.Join(told, "; ") + ". " + e.Why)
	return e
}

// promise is a sentence that holds only where nothing happened before.
var promise = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\b(?:Nothing was (?:sent|changed|done|moved)|No key was made(?: and nothing was sent)?)\.\s*`)
})

// mostEffects bounds how many effects a failure names, the last ones.
const mostEffects = 5

// nobodyReads reports whether a command that did nothing failed only since the reader
// of its output has gone, as head does.
func nobodyReads(a *app.App, err error) bool {
	_, acted := a.Effects()
	_, printing := errors.AsType[*output.PrintError](err)
	return !acted && printing && errors.Is(err, syscall.EPIPE)
}

// brokenPipe is the exit code that a shell gives to who dies of SIGPIPE.
const brokenPipe = 141
