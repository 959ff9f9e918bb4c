package replay

import (
	"regexp"
	"sync"
)

// expression returns a regular expression that is compiled when it is first used: a program that links this package may never play
// a recording.
func expression(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
