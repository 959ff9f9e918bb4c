package client

import (
	"fmt"
	"strings"
)

// A Difference is one part of a response that is not what was asked for.
type Difference struct {
	// Member is the name in the request, such as amount.
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

// A DifferentError is wrapped by the [*AnswerError] of a response that is about
// something else than was asked for: another invoice or store, or one with another
// amount, currency or order id. A method that created something returns it together
// with this error, since it exists.
type DifferentError struct{ Differences []Difference }

func (e *DifferentError) Error() string {
	texts := make([]string, len(e.Differences))
	for i, difference := range e.Differences {
		texts[i] = difference.String()
	}
	return "it is not what was asked for: " + strings.Join(texts, "; ")
}

// maxGot is how much of a server's text a [Difference] keeps.
const maxGot = 200

// Text notes a text that is not the one that was asked for.
func (e *DifferentError) Text(member, asked, got string) {
	if asked != got {
		if len(got) > maxGot {
			got = strings.ToValidUTF8(got[:maxGot], "") + "…"
		}
		e.Differences = append(e.Differences, Difference{member, asked, got})
	}
}

// Amount notes an amount that is not the one that was asked for, however it is written.
func (e *DifferentError) Amount(member string, asked, got Decimal) {
	if !asked.Equal(got) {
		e.Text(member, asked.String(), got.String())
	}
}

// Result is the error, and nil where nothing differs.
func (e *DifferentError) Result() error {
	if len(e.Differences) == 0 {
		return nil
	}
	return e
}
