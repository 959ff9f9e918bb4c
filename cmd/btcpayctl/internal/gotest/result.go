package gotest

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// How a test or package ends.
const (
	Pass       = "pass"       // without a failure
	Skip       = "skip"       // a package does if it has no tests
	Fail       = "fail"       // a package does if a test fails, or after its tests
	Unfinished = "unfinished" // the package ended before the test did
	Unbuilt    = "unbuilt"    // the package does not build
)

// A Result is the end of a test or subtest; of a package if Test is empty.
type Result struct {
	Package, Test string
	End           string
	Seconds       float64
	// Output is what the test printed, or the package outside its tests, or the
	// compiler.
	Output []byte
	// Last is the last line of Output without its position in the source: of a
	// skipped test, the reason.
	Last string
}

// A Collector makes results of events. Its zero value is ready.
type Collector struct {
	output map[string][]byte // by package and test, of those that have not ended
	builds map[string][]byte // what the compiler prints, by build
}

// Take returns what ended with the event: nothing, a test, or a package with its
// unfinished tests before it.
func (c *Collector) Take(e Event) []Result {
	if c.output == nil {
		c.output, c.builds = map[string][]byte{}, map[string][]byte{}
	}
	name := e.Package + " " + e.Test
	switch e.Action {
	case "build-output":
		c.builds[e.ImportPath] = append(c.builds[e.ImportPath], e.Output...)
	case "run":
		c.output[name] = []byte{}
	case "output":
		if !strings.HasPrefix(e.Output, "=== ") {
			c.output[name] = append(c.output[name], e.Output...)
		}
	case "pass", "skip", "fail":
		var results []Result
		if e.Test == "" {
			for _, open := range slices.Sorted(maps.Keys(c.output)) {
				if test, of := strings.CutPrefix(open, e.Package+" "); of && test != "" {
					results = append(results, c.end(Event{Package: e.Package, Test: test}, Unfinished))
				}
			}
		}
		end := e.Action
		if e.FailedBuild != "" {
			end = Unbuilt
			c.output[name] = append(c.builds[e.FailedBuild], c.output[name]...)
		}
		return append(results, c.end(e, end))
	}
	return nil
}

func (c *Collector) end(e Event, end string) Result {
	name := e.Package + " " + e.Test
	r := Result{Package: e.Package, Test: e.Test, End: end, Seconds: e.Elapsed, Output: c.output[name]}
	delete(c.output, name)
	for line := range strings.Lines(string(r.Output)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "--- ") {
			r.Last = position.ReplaceAllString(line, "")
		}
	}
	return r
}

// position is where in the source a test prints a line.
var position = regexp.MustCompile(`^\S+\.go:[0-9]+: `)
