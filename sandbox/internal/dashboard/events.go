package dashboard

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The bounds of the stream of events. A reader has no queue: it is sent what changed since it was last sent something.
const (
	mostReaders  = 16
	mostAtOnce   = 100                    // requests of one event; what came before them is counted
	pause        = 200 * time.Millisecond // between two writes
	heartbeat    = 15 * time.Second       // after which a write shows whether the reader is still there
	writeTimeout = 10 * time.Second       // after which a slow reader is dropped
)

// eventID names a request for Last-Event-ID.
func (d *Dashboard) eventID(number uint64) string {
	return d.instance + "-" + strconv.FormatUint(number, 10)
}

// numberOf reads an id of an event; 0 if it is not of this instance.
func (d *Dashboard) numberOf(id string) uint64 {
	instance, number, _ := strings.Cut(id, "-")
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil || instance != d.instance {
		return 0
	}
	return n
}

// events sends what changes: new requests one by one, and the other sections as a whole.
func (d *Dashboard) events(w http.ResponseWriter, r *http.Request) {
	if d.readers.Add(1) > mostReaders {
		d.readers.Add(-1)
		w.Header().Set("Retry-After", "10")
		http.Error(w, fmt.Sprintf("there are %d readers already", mostReaders), http.StatusServiceUnavailable)
		return
	}
	defer d.readers.Add(-1)
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	reader := &reader{
		d: d, w: w, control: http.NewResponseController(w),
		last: d.numberOf(cmp.Or(r.Header.Get("Last-Event-ID"), r.URL.Query().Get("after"))),
		sent: map[string]string{},
	}
	// The server's time limit for reading a request would end the stream. A handler of another server may have no limits.
	reader.control.SetReadDeadline(time.Time{})
	for {
		woken := reader.watch()
		if err := reader.send(); err != nil {
			return
		}
		if !waitFor(r, d, time.After(pause)) {
			return
		}
		beat := time.NewTimer(heartbeat)
		select {
		case <-woken.request:
		case <-woken.world:
		case <-woken.other:
		case <-beat.C:
		case <-r.Context().Done():
		case <-d.world.Done():
		}
		beat.Stop()
		if r.Context().Err() != nil {
			return
		}
	}
}

// waitFor waits for a channel. It reports whether neither the reader nor the world ended before.
func waitFor(r *http.Request, d *Dashboard, c <-chan time.Time) bool {
	select {
	case <-c:
		return true
	case <-r.Context().Done():
	case <-d.world.Done():
	}
	return false
}

// reader is a browser that reads events.
type reader struct {
	d       *Dashboard
	w       http.ResponseWriter
	control *http.ResponseController
	last    uint64            // the number of the last request that was sent
	sent    map[string]string // each section as it was sent
}

// wakers are closed when there is something to send.
type wakers struct{ request, world, other <-chan struct{} }

// watch is called before send, so that what changes in between is not missed.
func (r *reader) watch() wakers {
	r.d.world.Lock()
	_, next := r.d.world.Changes()
	r.d.world.Unlock()
	return wakers{r.d.requests.Added(r.d.requests.Last()), next, r.d.changed()}
}

// send sends what is new.
func (r *reader) send() error {
	var out bytes.Buffer
	r.newRequests(&out)
	r.changedSections(&out)
	if out.Len() == 0 {
		out.WriteString(": still here\n\n")
	}
	r.control.SetWriteDeadline(time.Now().Add(writeTimeout)) // where it is not supported, the server may have its own
	if _, err := r.w.Write(out.Bytes()); err != nil {
		return err
	}
	return r.control.Flush()
}

func (r *reader) newRequests(out *bytes.Buffer) {
	entries, _ := r.d.requests.Since(r.last)
	if len(entries) == 0 {
		return
	}
	after := r.last
	if newest := entries[len(entries)-1].Number; newest < after {
		after = 0
	}
	if len(entries) > mostAtOnce {
		entries = entries[len(entries)-mostAtOnce:]
	}
	if missed := entries[0].Number - after - 1; missed > 0 {
		writeEvent(out, "gap", "", strconv.FormatUint(missed, 10))
	}
	var row bytes.Buffer
	for _, e := range entries {
		row.Reset()
		r.d.render(&row, "request", rowOf(e))
		writeEvent(out, "request", r.d.eventID(e.Number), row.String())
	}
	r.last = entries[len(entries)-1].Number
}

func (r *reader) changedSections(out *bytes.Buffer) {
	s := r.d.sections()
	for _, section := range []struct {
		name string
		data any
	}{
		{"invoices", s.Invoices}, {"webhooks", s.Webhooks}, {"deliveries", s.Deliveries}, {"pairings", s.Pairings}, {"clock", s.Clock}, {"faults", s.Faults},
	} {
		var html bytes.Buffer
		r.d.render(&html, section.name, section.data)
		text := html.String()
		if section.name == "clock" { // its time passes in the browser
			text = timeless(s.Clock)
		}
		if r.sent[section.name] != text {
			r.sent[section.name] = text
			writeEvent(out, section.name, "", html.String())
		}
	}
}

// timeless is what of the clock does not pass by itself. Offsets differ by the time that rendering takes.
func timeless(c clockSection) string { return fmt.Sprint(c.Height, c.Offset/2000) }

// writeEvent writes an event, whose data may have several lines.
func writeEvent(out *bytes.Buffer, name, id, data string) {
	fmt.Fprintf(out, "event: %s\n", name)
	if id != "" {
		fmt.Fprintf(out, "id: %s\n", id)
	}
	for line := range strings.SplitSeq(strings.ReplaceAll(strings.TrimSpace(data), "\r", " "), "\n") {
		fmt.Fprintf(out, "data: %s\n", line)
	}
	out.WriteString("\n")
}
