// Package replay plays recordings of a real BTCPay Server against any server, and reports where the two differ.
//
// A recording is a scenario: requests with their responses, and what happened around the server, such as payments,
// notifications and waits. What the server generates (ids, times, addresses) is marked by its form, and what later
// steps need of it is captured.
//
//	recording, err := replay.Load("60-bitid-auth.json")
//	report, err := recording.Play(ctx, "http://127.0.0.1:23000", replay.Options{})
//	report.Print(os.Stdout)
//
// The server must be freshly installed, and started as [Recording.Server] says. If it has the control addresses of
// the sandbox, they move its clock. Against any other server the waits are real, and recordings with payments cannot
// be played.
//
// A test of a client needs no server: [Recording.Exchanges] are the recorded requests and responses, with examples of
// what changes. Every test of the project reads the one copy of the recordings, sandbox/testdata/recordings, by this
// package.
//
// [Recording.Vary] makes a variation: the same steps with other e-mails, names, labels, order ids and keys. A server
// that answers by rules passes it too.
package replay

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/btcsuite/btcd/btcec/v2"
)

// Options configure a play.
type Options struct {
	// Skip names steps, by group and name ("bitid-auth: a wrong signature"), whose responses are not compared, each
	// with a reason. They are counted separately.
	Skip map[string]string
	// ControlToken is what a sandbox asks of control that is not on its machine.
	ControlToken string
	// TLS configures the connection to a server with https, such as the authorities that are trusted; nil: as usual.
	TLS *tls.Config
}

// player plays one recording once.
type player struct {
	rec       *Recording
	options   Options
	origin    string
	transport *http.Transport
	keys      map[string]*btcec.PrivateKey
	vars      *variables
	sessions  map[string]*browser
	receiver  *receiver
	secrets   []string
	realTime  bool          // the server has no control
	ahead     time.Duration // how far its clock was advanced
	patience  time.Duration

	recordedAt []time.Duration // by steps, see [Recording.recordedTimes]
	paced      time.Duration   // of these the last one that was played
	pacedAt    time.Time       // and when it was
}

// Play plays the recording against the server at a base URL, which includes the root path. An error says that the
// recording could not be played to its end. The report is always returned and says how far it went. Differences are
// in the report and not an error.
func (r *Recording) Play(ctx context.Context, serverURL string, o Options) (*Report, error) {
	return r.play(ctx, serverURL, o, patience)
}

func (r *Recording) play(ctx context.Context, serverURL string, o Options, patience time.Duration) (*Report, error) {
	report := &Report{Group: r.Group}
	u, err := url.Parse(serverURL)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return report, fmt.Errorf("replay: %q is not a base URL such as http://127.0.0.1:23000", serverURL)
	}
	if root := strings.TrimSuffix(u.Path, "/"); root != r.Server.RootPath() {
		return report, fmt.Errorf("replay: %s was recorded under the root path %q, the server is at %q", r.Group, r.Server.RootPath(), root)
	}
	p := &player{
		rec:       r,
		options:   o,
		origin:    u.Scheme + "://" + u.Host,
		transport: &http.Transport{DisableCompression: true, TLSClientConfig: o.TLS.Clone()},
		sessions:  map[string]*browser{},
		patience:  patience,

		recordedAt: r.recordedTimes(),
	}
	defer p.transport.CloseIdleConnections()
	if p.receiver, err = newReceiver(); err != nil {
		return report, fmt.Errorf("replay: %w", err)
	}
	defer p.receiver.close()
	if err := p.setVariables(u); err != nil {
		return report, fmt.Errorf("replay: %s: %w", r.Group, err)
	}
	if _, err := p.control(ctx, "clock", []byte(`{"advance":"0s"}`)); err != nil {
		p.realTime = true
	}
	for i := range r.steps {
		if err := p.step(ctx, i, report); err != nil {
			return report, fmt.Errorf("replay: %s: step %q: %w", r.Group, r.steps[i].Name, err)
		}
	}
	return report, nil
}

func (p *player) setVariables(server *url.URL) error {
	values, keys, err := p.rec.known(p.origin, server.Host, p.receiver.host)
	if err != nil {
		return err
	}
	p.keys = keys
	p.vars = &variables{values: values, now: p.now}
	return nil
}

// known returns what the recording's variables are before its first step, and its keys by name.
func (r *Recording) known(origin, host, receiverHost string) (map[string]string, map[string]*btcec.PrivateKey, error) {
	values, keys := map[string]string{}, map[string]*btcec.PrivateKey{}
	maps.Copy(values, r.vars)
	values["server"] = origin + r.Server.RootPath()
	values["host"] = host
	values["receiver"] = "http://" + receiverHost
	values["receiverHost"] = receiverHost
	for name, text := range r.keys {
		key, err := parseKey(text)
		if err != nil {
			return nil, nil, fmt.Errorf("key %s: %w", name, err)
		}
		keys[name] = key
		values[name+".sin"] = sinOf(key.PubKey())
		values[name+".pub"] = hex.EncodeToString(key.PubKey().SerializeCompressed())
		values[name+".pubUncompressed"] = hex.EncodeToString(key.PubKey().SerializeUncompressed())
	}
	return values, keys, nil
}

// step plays one step. An error ends the play.
func (p *player) step(ctx context.Context, i int, report *Report) error {
	s := &p.rec.steps[i]
	switch {
	case s.Error != "":
		return nil // the page before reports what it lacks
	case s.Request != nil:
		if err := p.keepPace(ctx, i); err != nil {
			return err
		}
		return p.exchange(ctx, i, report)
	case s.Answer != nil:
		path, err := p.vars.expand(s.Answer.Path)
		p.receiver.answer(path, s.Answer.Statuses)
		return err
	case s.Receive != nil:
		diffs, err := p.receiveStep(ctx, s)
		report.add(p, s, sent{"receive", s.Receive.Path, ""}, diffs)
		return err
	case s.Pay != nil:
		return p.pay(ctx, s, report)
	case s.Mine != 0:
		_, err := p.control(ctx, "mine", fmt.Appendf(nil, `{"blocks":%d}`, s.Mine))
		return err
	case s.Wait != 0:
		return p.advance(ctx, time.Duration(s.Wait)*time.Millisecond)
	}
	body, err := p.expandJSON(s.Effect)
	if err != nil {
		return err
	}
	_, err = p.control(ctx, "effect", body)
	return err
}

func (p *player) expandJSON(text []byte) ([]byte, error) {
	value, err := parseValue(text)
	if err != nil {
		return nil, err
	}
	if value, err = p.vars.expandValue(value); err != nil {
		return nil, err
	}
	return []byte(valueText(value)), nil
}

func (p *player) pay(ctx context.Context, s *step, report *Report) error {
	body, err := p.expandJSON(s.Pay)
	if err != nil {
		report.add(p, s, sent{"pay", "", string(s.Pay)}, []Difference{{"request", "a payment", err.Error()}})
		return nil //nolint:nilerr // it is reported as a difference
	}
	got, err := p.control(ctx, "pay", body)
	if err != nil {
		return err
	}
	want, err := parseValue(s.Paid)
	if err != nil {
		return err
	}
	diffs := p.captureAll(s.Capture, &answered{value: got, json: true})
	c := &comparer{vars: p.vars}
	report.add(p, s, sent{"pay", "", string(body)}, append(diffs, c.compare("paid", want, got)...))
	return nil
}

// exchange sends a request, repeatedly if the recording polls, and compares the last response.
func (p *player) exchange(ctx context.Context, i int, report *Report) error {
	s := &p.rec.steps[i]
	var a *answered
	var out sent
	var unsent error
	once := func() (bool, error) {
		r, o, err := p.build(ctx, s.Request)
		out = o
		if err != nil {
			unsent = err
			return true, nil //nolint:nilerr // there is nothing to try again
		}
		if a, err = p.send(r, s.Request); err != nil {
			return false, err
		}
		if s.Poll == nil {
			return true, nil
		}
		return p.holds(s.Poll.Until, a)
	}
	var err error
	if s.Poll == nil {
		_, err = once()
	} else {
		err = p.until(ctx, s.Poll.Every, s.Poll.Timeout, p.patience, once)
	}
	if unsent != nil {
		report.add(p, s, sent{s.Request.Method, s.Request.Path, ""}, []Difference{{"request", "one that can be sent", unsent.Error()}})
		return nil //nolint:nilerr // it is reported as a difference
	}
	var diffs []Difference
	if errors.Is(err, errTimeout) {
		diffs = append(diffs, Difference{"poll", s.Poll.Until, "not so within " + fmt.Sprint(time.Duration(s.Poll.Timeout)*time.Millisecond)})
	} else if err != nil {
		return err
	}
	diffs = append(diffs, p.captureAll(s.Capture, a)...)
	diffs = append(diffs, p.compare(i, a)...)
	report.add(p, s, out, diffs)
	report.addApart(p, s, out, p.compareApart(s.Response, a))
	return nil
}

// compare compares a response with the recorded one.
func (p *player) compare(i int, a *answered) []Difference {
	want := p.rec.steps[i].Response
	c := &comparer{vars: p.vars}
	var diffs []Difference
	if a.status != want.Status {
		diffs = append(diffs, Difference{"status", fmt.Sprint(want.Status), fmt.Sprint(a.status)})
	}
	for _, name := range sortedKeys(want.Headers) {
		if slices.Contains(countedApart, name) {
			continue
		}
		if got := strings.Join(a.header.Values(name), ", "); !c.alike(want.Headers[name], got) {
			diffs = append(diffs, Difference{"header " + name, c.text(want.Headers[name]), got})
		}
	}
	switch {
	case want.JSON != nil && !a.json:
		diffs = append(diffs, Difference{"body", string(want.JSON), string(a.body)})
	case want.JSON != nil:
		wanted, err := parseValue(want.JSON)
		if err != nil {
			return append(diffs, Difference{"recording", "JSON", err.Error()})
		}
		diffs = append(diffs, c.compare("", wanted, a.value)...)
		diffs = append(diffs, c.checkTimes()...)
	case want.Text != nil:
		if wanted := c.vars.fill(*want.Text); wanted != string(a.body) {
			diffs = append(diffs, Difference{"body", wanted, string(a.body)})
		}
	case want.Page != nil:
		diffs = append(diffs, c.comparePage(want.Page, p.rec.formsSentLater(i), a.page)...)
	case want.Empty && len(a.body) > 0:
		diffs = append(diffs, Difference{"body", "0 bytes", string(a.body)})
	}
	return diffs
}

// countedApart are the headers that a proxy or a hardening may change, and that no client relies on.
var countedApart = []string{"cache-control", "referrer-policy", "x-content-type-options", "x-frame-options"}

func (p *player) compareApart(want *response, a *answered) []Difference {
	c := &comparer{vars: p.vars}
	var diffs []Difference
	for _, name := range countedApart {
		wanted, recorded := want.Headers[name]
		if !recorded {
			wanted.value = ""
		}
		if got := strings.Join(a.header.Values(name), ", "); !c.alike(wanted, got) {
			diffs = append(diffs, Difference{"header " + name, c.text(wanted), got})
		}
	}
	return diffs
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
