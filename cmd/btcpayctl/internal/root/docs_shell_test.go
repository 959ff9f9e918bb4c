package root

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/itchyny/gojq"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
)

// A docShell runs the shell commands of the documentation in this process, and writes down
// what they print. It knows what a block there uses: variables, $(…), &&, comments, a pipe
// to jq -r, and scripts of the reader, which it takes from its folder.
type docShell struct {
	t     *testing.T
	dir   string // home, and the folder that the commands run in
	env   map[string]string
	files []string // that are in dir
	// upon has what happens when a command prints something on standard error.
	upon []docEvent
	// until ends a command that prints it.
	until *regexp.Regexp

	transcript strings.Builder
}

// A docEvent is what another person does when a command prints something.
type docEvent struct {
	pattern *regexp.Regexp
	lines   []string // commands, with $1 for what the brackets match
}

// show runs a line of the documentation, or another one in place of it, and writes down
// both streams.
func (s *docShell) show(shown, line string) {
	s.t.Helper()
	stdout, stderr, code := s.line(line)
	fmt.Fprintf(&s.transcript, "$ %s\n%s", shown, stdout)
	for text := range strings.Lines(stderr) {
		s.transcript.WriteString("2> " + text)
	}
	if code != 0 {
		fmt.Fprintf(&s.transcript, "exit %d\n", code)
	}
}

// must runs a line that nobody looks at.
func (s *docShell) must(line string) string {
	s.t.Helper()
	stdout, stderr, code := s.line(line)
	if code != 0 {
		s.t.Fatalf("%s: exit %d\n%s%s", line, code, stdout, stderr)
	}
	return stdout
}

var assignment = regexp.MustCompile(`^([A-Za-z_]\w*)=\$\((.*)\)$`)

func (s *docShell) line(line string) (stdout, stderr string, code int) {
	s.t.Helper()
	if m := assignment.FindStringSubmatch(line); m != nil {
		stdout, stderr, code = s.line(m[2])
		s.env[m[1]] = strings.TrimRight(stdout, "\n")
		return "", stderr, code
	}
	if first, second, both := strings.Cut(line, " && "); both {
		stdout, stderr, code = s.line(first)
		if code != 0 {
			return stdout, stderr, code
		}
		out, errs, code := s.line(second)
		return stdout + out, stderr + errs, code
	}
	if first, query, piped := strings.Cut(line, " | jq -r "); piped {
		stdout, stderr, code = s.line(first)
		return s.jq(query, stdout), stderr, code
	}
	words := s.words(line)
	switch {
	case len(words) == 0:
		return "", "", 0
	case words[0] == "export":
		for _, word := range words[1:] {
			name, value, _ := strings.Cut(word, "=")
			s.env[name] = value
		}
		return "", "", 0
	case strings.HasPrefix(words[0], s.dir):
		return "(" + filepath.Base(words[0]) + " runs)\n", "", 0
	case words[0] != "btcpayctl":
		s.t.Fatalf("the documentation runs %q: say in docCases how, or why not", line)
	}
	return s.run(words[1:])
}

// words are those of a line, with variables in place of their names. A file of the folder
// has its whole path.
func (s *docShell) words(line string) (words []string) {
	word, quote, started := "", rune(0), false
	end := func() {
		if started {
			if slices.Contains(s.files, strings.TrimPrefix(word, "./")) {
				word = filepath.Join(s.dir, word)
			}
			words = append(words, word)
		}
		word, started = "", false
	}
	for i := 0; i < len(line); i++ {
		switch c := rune(line[i]); {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, started = c, true
		case quote == 0 && c == '#' && !started:
			return words
		case quote == 0 && (c == ' ' || c == '\t'):
			end()
		case c == '$' && quote != '\'':
			name := variableName.FindString(line[i+1:])
			word, started = word+s.env[name], true
			i += len(name)
		default:
			word, started = word+line[i:i+1], true
		}
	}
	end()
	return words
}

var variableName = regexp.MustCompile(`^\w+`)

func (s *docShell) jq(query, input string) string {
	code, err := gojq.Parse(query)
	if err != nil {
		s.t.Fatal(err)
	}
	var out strings.Builder
	for line := range strings.Lines(input) {
		var record any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			s.t.Fatal(err)
		}
		results := code.Run(record)
		for {
			result, more := results.Next()
			if !more {
				break
			}
			fmt.Fprintln(&out, result)
		}
	}
	return out.String()
}

// run runs a command, and what others do meanwhile.
func (s *docShell) run(args []string) (string, string, int) {
	ctx, stop := context.WithCancelCause(s.t.Context())
	defer stop(nil)
	var stdout, stderr bytes.Buffer
	var others sync.WaitGroup
	seen := &docStream{buffer: &stderr, upon: s.upon, act: func(lines []string) {
		others.Go(func() {
			for _, line := range lines {
				other := &docShell{t: s.t, dir: s.dir, env: s.env}
				if _, errs, code := other.line(line); code != 0 {
					s.t.Errorf("%s: exit %d: %s", line, code, errs)
					stop(errors.New("nobody does what the command waits for"))
				}
			}
		})
	}}
	watched := &docStream{buffer: &stdout}
	if s.until != nil {
		watched.upon = []docEvent{{pattern: s.until}}
		watched.act = func([]string) { stop(errors.New("the reader presses Ctrl-C")) }
	}
	env := maps.Clone(s.env)
	a := &app.App{In: strings.NewReader(""), Out: watched, Err: seen, Now: time.Now, Version: "test",
		LookupEnv: func(name string) (string, bool) { value, set := env[name]; return value, set },
		Environ:   func() []string { return []string{"PATH=" + env["PATH"]} }}
	code := Run(ctx, a, args)
	others.Wait()
	return stdout.String(), stderr.String(), code
}

// A docStream calls act, once, for each event whose pattern was printed.
type docStream struct {
	buffer *bytes.Buffer
	upon   []docEvent
	act    func(lines []string)
	mu     sync.Mutex
	done   []bool
}

func (d *docStream) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n, err := d.buffer.Write(p)
	if d.done == nil {
		d.done = make([]bool, len(d.upon))
	}
	for i, event := range d.upon {
		m := event.pattern.FindStringSubmatch(d.buffer.String())
		if m == nil || d.done[i] {
			continue
		}
		d.done[i] = true
		var lines []string
		for _, line := range event.lines {
			if len(m) > 1 {
				line = strings.ReplaceAll(line, "$1", m[1])
			}
			lines = append(lines, line)
		}
		d.act(lines)
	}
	return n, err
}

var _ io.Writer = (*docStream)(nil)

// docPlaceholders are what is new in each run.
var docPlaceholders = []struct {
	pattern *regexp.Regexp
	text    string
}{
	{regexp.MustCompile(`\bbcrt1[0-9a-z]+\b`), "ADDRESS"},
	{regexp.MustCompile(`\b[0-9a-f]{64}-[0-9]+\b`), "PAYMENT"},
	{regexp.MustCompile(`\b0[23][0-9a-f]{64}\b`), "PUBLIC-KEY"},
	{regexp.MustCompile(`\bT[1-9A-HJ-NP-Za-km-z]{34}\b`), "SIN"},
	{regexp.MustCompile(`\b[A-Z2-7]{26}\b`), "OPERATION"},
	{regexp.MustCompile(`\b[1-9A-HJ-NP-Za-km-z]{43,44}\b`), "STORE"},
	{regexp.MustCompile(`\b[1-9A-HJ-NP-Za-km-z]{21,22}\b`), "INVOICE"},
	{regexp.MustCompile(`(?m)^2> Waiting for INVOICE: processing\n`), ""}, // seen or not, as the polls fall
	{regexp.MustCompile(`Label +btcpayctl .*`), "Label btcpayctl MACHINE"},
	{regexp.MustCompile(`\b[0-9a-f]{40}\b`), "API-KEY"},
	{regexp.MustCompile(`\b[0-9a-f]{16}\b`), "KEY-ID"},
	{regexp.MustCompile(`\b[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z`), "TIME"},
	{regexp.MustCompile(`\b[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2})?`), "DATE"},
	{regexp.MustCompile(`(pairingCode=|[Cc]ode )[1-9A-HJ-NP-Za-km-z]{7}\b`), "${1}CODE"},
	{regexp.MustCompile(`(127\.0\.0\.1|localhost)(:|%3A)[0-9]+`), "HOST"},
	{regexp.MustCompile(`/callback(/|%2F)[A-Za-z0-9_-]+`), "/callback/NONCE"},
	{regexp.MustCompile(`\b[0-9]+:[0-9]{2}\b`), "CLOCK"},
	{regexp.MustCompile(`\b[0-9.]+ ?(ms|µs|s)\b`), "SECONDS"},
	{regexp.MustCompile(`(?m) +$`), ""},
	{regexp.MustCompile(`(\S) {2,}`), "$1  "},
	{regexp.MustCompile(`\b[a-z2-7]{26}\b`), "PASSWORD"},
}

// text is the transcript without what is new in each run.
func (s *docShell) text(known ...string) string {
	text := strings.NewReplacer(append([]string{s.dir, "HOME"}, known...)...).Replace(s.transcript.String())
	for _, p := range docPlaceholders {
		text = p.pattern.ReplaceAllString(text, p.text)
	}
	// Rows follow the ids of keys, which are new.
	lines := strings.Split(text, "\n")
	for begin := range lines {
		end := begin
		for end < len(lines) && strings.HasPrefix(lines[end], "apikey/KEY-ID") {
			end++
		}
		slices.Sort(lines[begin:end])
	}
	return strings.Join(lines, "\n")
}

// docEnvironment is that of a reader with an encrypted keystore and a browser.
func docEnvironment(dir string) map[string]string {
	return map[string]string{"HOME": dir, "BTCPAYCTL_KEYSTORE": "file", "BTCPAYCTL_IDENTITY_FILE": filepath.Join(dir, "identity"), "BROWSER": "true", "PATH": os.Getenv("PATH")}
}
