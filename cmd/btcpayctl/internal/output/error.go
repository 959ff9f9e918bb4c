package output

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// An Error is a failure as a user reads it: what happened, why, and what to type next.
// Commands return it if they know more than the error they got.
type Error struct {
	Code Code
	What string // one line, without the code
	Why  string // what it means, or where it happened; may be empty
	Next string // what to do, as a command if there is one; may be empty
	// Status is the server's HTTP status; 0 if the server was not involved.
	Status int
	// Server is the server's own text, of any length. Only the JSON form has it, since
	// --debug shows the response anyway.
	Server string
	Err    error
}

func (e *Error) Error() string { return e.What }

func (e *Error) Unwrap() error { return e.Err }

// Report writes a failure to standard error: as text, or as one JSON object on
// one line. It returns the exit code.
func Report(w io.Writer, e *Error, asJSON bool) int {
	exit := e.Code.Exit()
	if asJSON {
		reportJSON(w, e, exit)
		return exit
	}
	fmt.Fprintf(w, "error: %s\n", VisibleLine(e.What))
	if e.Why != "" {
		// One line, even if a server's text has several: a second line could pass for the
		// next step.
		fmt.Fprintf(w, "  %s\n", VisibleLine(strings.Join(strings.FieldsFunc(e.Why, lineEnd), "; ")))
	}
	if e.Next != "" {
		for i, line := range strings.Split(e.Next, "\n") {
			mark := "  Next: "
			if i > 0 {
				mark = "        "
			}
			fmt.Fprintf(w, "%s%s\n", mark, VisibleLine(line))
		}
	}
	return exit
}

func lineEnd(r rune) bool { return r == '\n' || r == '\r' }

func reportJSON(w io.Writer, e *Error, exit int) {
	type body struct {
		Code    Code   `json:"code"`
		Exit    int    `json:"exit"`
		Message string `json:"message"`
		Hint    string `json:"hint"`
		Status  int    `json:"status"`
		Server  string `json:"server,omitempty"`
	}
	hint := strings.TrimSpace(e.Why + "\n" + e.Next)
	document, err := json.Marshal(map[string]body{"error": {e.Code, exit, e.What, hint, e.Status, e.Server}})
	if err != nil {
		// A struct of strings and numbers always encodes.
		panic(err)
	}
	w.Write(append(escapeJSON(document), '\n'))
}
