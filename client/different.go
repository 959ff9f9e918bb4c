package client

import (
	"fmt"
	"strings"
)

// A Difference is one part of a response that differs from what the request asked for.
type Difference struct {
	// Member is the name of the field in the request, such as amount.
	Member     string
	Asked, Got string
}

// String names the field and both values.
func (d Difference) String() string {
	return fmt.Sprintf("%s: asked %s, got %s", d.Member, orNothing(d.Asked), orNothing(d.Got))
}

func orNothing(text string) string {
	if text == "" {
		return "nothing"
	}
	return text
}

// A DifferentError means that a response is not about what the request asked for: it is
// about another invoice or store, or has another amount, currency or order id. The
// [*AnswerError] of the response wraps it. A method that created something returns it
// together with this error, since it exists on the server.
type DifferentError struct{ Differences []Difference }

func (e *DifferentError) Error() string {
	texts := make([]string, len(e.Differences))
	for i, difference := range e.Differences {
		texts[i] = difference.String()
	}
	return "it differs from the request: " + strings.Join(texts, "; ")
}

// maxGot is how many bytes of a server's text a [Difference] keeps.
const maxGot = 200

// Text records a text that differs from the requested one.
func (e *DifferentError) Text(member, asked, got string) {
	if asked != got {
		if len(got) > maxGot {
			got = strings.ToValidUTF8(got[:maxGot], "") + "…"
		}
		e.Differences = append(e.Differences, Difference{member, asked, got})
	}
}

// Amount records an amount whose value differs from the requested one. It does not matter
// how the two are written.
func (e *DifferentError) Amount(member string, asked, got Decimal) {
	if !asked.Equal(got) {
		e.Text(member, asked.String(), got.String())
	}
}

// Result returns e, or nil if nothing differs.
func (e *DifferentError) Result() error {
	if len(e.Differences) == 0 {
		return nil
	}
	return e
}
