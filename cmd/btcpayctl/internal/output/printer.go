package output

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/template"

	"github.com/itchyny/gojq"
)

// Formats are the values of -o; template is written template=TEXT.
var Formats = []string{"table", "tsv", "json", "jsonl", "yaml", "name", "template="}

// A Printer knows where and in which format records are printed.
type Printer struct {
	w        io.Writer
	format   string
	template *template.Template
	query    *gojq.Code
	layout   Layout
	live     bool // records are not held back
}

// NewPrinter makes a Printer for the values of -o and --jq, which may both be empty. With
// only a query, the format is JSON.
func NewPrinter(w io.Writer, format, query string) (*Printer, error) {
	p := &Printer{w: w, format: format}
	text, isTemplate := strings.CutPrefix(format, "template=")
	switch {
	case isTemplate:
		t, err := template.New("output").Option("missingkey=error").Parse(text)
		if err != nil {
			return nil, &Error{Code: Usage, What: "the template of -o is invalid", Why: err.Error(),
				Next: "-o 'template={{.id}} {{.status}}'", Err: err}
		}
		p.format, p.template = "template", t
	case format == "" && query == "":
		p.format = "table"
	case format == "":
		p.format = "json"
	case format == "template":
		return nil, &Error{Code: Usage, What: "-o template needs a text", Next: "-o 'template={{.id}} {{.status}}'"}
	case !slices.Contains(Formats, format):
		return nil, &Error{Code: Usage, What: fmt.Sprintf("there is no output format %q", format),
			Next: "one of " + strings.Join(Formats, ", ") + "TEXT"}
	}
	if query == "" {
		return p, nil
	}
	if p.format != "json" && p.format != "jsonl" && p.format != "yaml" {
		return nil, &Error{Code: Usage, What: "--jq supports JSON and YAML, not -o " + p.format, Next: "leave -o out, or use -o json"}
	}
	parsed, err := gojq.Parse(query)
	if err == nil {
		// Without environment and modules, an expression sees only the record.
		p.query, err = gojq.Compile(parsed)
	}
	if err != nil {
		return nil, &Error{Code: Usage, What: "the expression of --jq is invalid", Why: err.Error(), Next: "--jq .id", Err: err}
	}
	return p, nil
}
