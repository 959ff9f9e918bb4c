package webhook

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/terminal"
)

// A sentEvent is what was posted to the receiver, for the list on a terminal.
type sentEvent struct {
	event   event
	headers http.Header
	// mark says that the user sent it: resent or edited; empty for what was forwarded.
	mark string
}

// An action is what a key asks for.
type action int

const (
	actionNone action = iota
	actionResend
	actionEdit
	actionSave
	actionEnd
)

// mostRows is how many events the list keeps.
const mostRows = 1000

// A screen is the list of what was forwarded, one event of it with headers and body, and a
// filter. It draws nothing by itself.
type screen struct {
	to     string
	rows   []forwardedRecord // oldest first
	chosen int               // among those that the filter lets through
	follow bool              // the newest is chosen

	detail bool
	top    int // the first line of the detail that is shown

	filter string
	typing bool
	note   string
}

func newScreen(to string) *screen { return &screen{to: to, follow: true} }

// add appends a record, or replaces that of an earlier attempt of the same event.
func (s *screen) add(r forwardedRecord) {
	same := slices.IndexFunc(s.rows, func(o forwardedRecord) bool { return o.DeliveryID == r.DeliveryID && o.sent.mark == r.sent.mark })
	if same >= 0 && r.sent.mark == "" {
		s.rows[same] = r
		return
	}
	s.rows = append(s.rows, r)
	if extra := len(s.rows) - mostRows; extra > 0 {
		s.rows = slices.Delete(s.rows, 0, extra)
		s.chosen = max(0, s.chosen-extra)
	}
	if s.follow && !s.detail {
		s.chosen = max(0, len(s.shown())-1)
	}
}

// shown are the rows that the filter lets through.
func (s *screen) shown() []forwardedRecord {
	if s.filter == "" {
		return s.rows
	}
	wanted := strings.ToLower(s.filter)
	return slices.DeleteFunc(slices.Clone(s.rows), func(r forwardedRecord) bool {
		text := strings.Join([]string{r.Type, r.statusText(), r.InvoiceID, r.OrderID, r.DeliveryID, r.sent.mark}, " ")
		return !strings.Contains(strings.ToLower(text), wanted)
	})
}

// selected is the chosen row. The second result reports whether there is one.
func (s *screen) selected() (forwardedRecord, bool) {
	rows := s.shown()
	if len(rows) == 0 {
		return forwardedRecord{}, false
	}
	s.chosen = min(max(0, s.chosen), len(rows)-1)
	return rows[s.chosen], true
}

// press handles a key. page is how many lines a page has.
func (s *screen) press(key terminal.Key, page int) action {
	s.note = ""
	if s.typing && key != terminal.KeyInterrupt {
		s.typeFilter(key)
		return actionNone
	}
	switch key {
	case terminal.KeyInterrupt:
		return actionEnd
	case terminal.KeyUp, 'k':
		s.move(-1)
	case terminal.KeyDown, 'j':
		s.move(1)
	case terminal.KeyPageUp:
		s.move(-page)
	case terminal.KeyPageDown, ' ':
		s.move(page)
	case terminal.KeyEnter:
		if _, ok := s.selected(); ok {
			s.detail, s.top = true, 0
		}
	case terminal.KeyEscape, terminal.KeyBackspace, 'q':
		return s.back(key)
	case '/':
		s.detail, s.typing, s.filter = false, true, ""
	case 'r':
		return s.onEvent(actionResend)
	case 'e':
		return s.onEvent(actionEdit)
	case 's':
		return s.onEvent(actionSave)
	}
	return actionNone
}

func (s *screen) onEvent(a action) action {
	r, ok := s.selected()
	switch {
	case !ok:
		return actionNone
	case r.sent.event.pruned:
		s.note = "The server no longer has this event."
		return actionNone
	}
	return a
}

// back leaves the detail, then the filter, and then q ends the command.
func (s *screen) back(key terminal.Key) action {
	switch {
	case s.detail:
		s.detail = false
	case s.filter != "":
		s.filter = ""
		s.chosen = max(0, len(s.rows)-1)
	case key == 'q':
		return actionEnd
	}
	return actionNone
}

func (s *screen) typeFilter(key terminal.Key) {
	switch {
	case key == terminal.KeyEnter:
		s.typing = false
	case key == terminal.KeyEscape:
		s.typing, s.filter = false, ""
	case key == terminal.KeyBackspace:
		if runes := []rune(s.filter); len(runes) > 0 {
			s.filter = string(runes[:len(runes)-1])
		}
	case key >= ' ':
		s.filter += string(rune(key))
	}
	s.chosen = max(0, len(s.shown())-1)
}

// move chooses another row, or scrolls the detail.
func (s *screen) move(by int) {
	if s.detail {
		r, _ := s.selected()
		s.top = min(max(0, s.top+by), max(0, len(detailLines(r, s.to))-1))
		return
	}
	last := len(s.shown()) - 1
	s.chosen = min(max(0, s.chosen+by), max(0, last))
	s.follow = s.chosen >= last
}

// lines are what a terminal of this size shows, without a line that is too wide.
func (s *screen) lines(width, height int) []string {
	body := max(1, height-3)
	title := "Forwarding to " + s.to
	keys := "enter details  r resend  e edit and resend  s save  / filter  q quit"
	var list []string
	switch {
	case s.detail:
		r, _ := s.selected()
		list = detailLines(r, s.to)
		s.top = min(s.top, max(0, len(list)-1))
		list = list[s.top:]
		keys = "r resend  e edit and resend  s save  q back"
	default:
		list = s.listLines(body)
	}
	if len(list) > body {
		list = list[:body]
	}
	for len(list) < body {
		list = append(list, "")
	}
	foot := keys
	switch {
	case s.typing:
		foot = "/" + s.filter + "_"
	case s.note != "":
		foot = s.note
	case s.filter != "":
		foot = "filter: " + s.filter + "  " + keys
	}
	all := slices.Concat([]string{title, ""}, list, []string{foot})
	for i, line := range all {
		all[i] = clip(output.VisibleLine(line), width)
	}
	return all
}

// clip cuts a line without changing its words: columns would not be below each other.
func clip(text string, width int) string {
	for output.Width(text) > width {
		runes := []rune(text)
		text = string(runes[:len(runes)-1])
	}
	return text
}

func (s *screen) listLines(height int) []string {
	rows := s.shown()
	if len(rows) == 0 {
		if s.filter != "" {
			return []string{"No event matches the filter."}
		}
		return []string{"No event yet."}
	}
	s.selected() // puts the choice into bounds
	first := max(0, min(s.chosen-height/2, len(rows)-height))
	var list []string
	for i, r := range rows[first:] {
		if len(list) == height {
			break
		}
		cursor := "  "
		if first+i == s.chosen {
			cursor = "> "
		}
		at := ""
		if r.Time != nil {
			at = r.Time.Format(time.TimeOnly)
		}
		list = append(list, fmt.Sprintf("%s%-8s  %-26s  %-12s  %-7s  %-22s  %s", cursor, at, cli.Dash(r.Type), r.statusText(), r.sent.mark, cli.Dash(r.InvoiceID), cli.Dash(r.OrderID)))
	}
	return list
}

// detailLines are what was sent, and what came of it.
func detailLines(r forwardedRecord, to string) []string {
	result := r.statusText()
	if r.Error != "" {
		result += ": " + r.Error
	}
	lines := []string{"POST " + to}
	for _, name := range slices.Sorted(maps.Keys(r.sent.headers)) {
		lines = append(lines, name+": "+strings.Join(r.sent.headers[name], ", "))
	}
	lines = append(lines, "")
	for line := range strings.Lines(string(r.sent.event.body)) {
		lines = append(lines, strings.TrimRight(line, "\r\n"))
	}
	if r.sent.mark != "" {
		result += " (" + r.sent.mark + ")"
	}
	return append(lines, "", "Result: "+result)
}
