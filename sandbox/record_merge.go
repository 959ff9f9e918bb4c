package sandbox

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/btcsuite/btcd/btcec/v2"
)

// merger plays what was asked on two new sandboxes at different times. What differs between their responses is what a server
// generates: it becomes a variable, or a form. What the sandbox that was recorded had there is only used to find it again in
// later requests, so that no secret of a client gets into the recording.
type merger struct {
	record *recorder
	plays  [2]*mergePlay
	// vars hold, by name, the values of the recorded sandbox and of the two plays.
	vars  []mergeVar
	keys  map[string]*btcec.PrivateKey // by their names
	names map[string]string            // of keys, by the client's SIN
	steps []any
	left  int
}

type mergeVar struct {
	name string
	was  string
	now  [2]string
}

type mergePlay struct {
	s    *Sandbox
	now  time.Time
	base string
}

const recordedPassword = "the password of the recording"

func (c *recorder) merge(seed Seed) (any, error) {
	m := &merger{record: c, keys: map[string]*btcec.PrivateKey{}, names: map[string]string{}}
	receiver, err := newSilentReceiver()
	if err != nil {
		return nil, err
	}
	defer receiver.close()
	for i, at := range []time.Time{time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC), time.Date(2027, 3, 5, 17, 13, 8, 0, time.UTC)} {
		p := &mergePlay{now: at, base: fmt.Sprintf("http://%s.example", []string{"recorded", "repeated"}[i])}
		o := Options{Empty: true, RootPath: c.options.RootPath, DisableRegistration: c.options.DisableRegistration, Emulate: c.options.Emulate, Now: func() time.Time { return p.now }}
		s, err := NewHandler(o)
		if err != nil {
			return nil, err
		}
		defer s.Close()
		p.s, m.plays[i] = s, p
	}
	root := m.plays[0].s.rootPath
	m.vars = []mergeVar{
		{"receiver", "", [2]string{receiver.url, receiver.url}},
		{"server", c.origin + root, [2]string{m.plays[0].base + root, m.plays[1].base + root}},
	}
	m.findKeys()
	if seed != (Seed{}) {
		m.setUp(seed)
	}
	at := c.asked[0].at
	for _, a := range c.asked {
		if passed := a.at.Sub(at); passed >= time.Second {
			m.pass(passed, "wait")
			at = a.at
		}
		if a.control != "" {
			if m.control(a) {
				at = at.Add(advanced(a))
			}
			continue
		}
		m.exchange("", a)
	}
	keys := map[string]string{}
	for name, key := range m.keys {
		keys[name] = hex.EncodeToString(key.Serialize())
	}
	about := "What clients asked of a sandbox."
	if n := m.left + c.left; n > 0 {
		about += fmt.Sprintf(" %d requests are left out: those of pages, and those that another sandbox answers otherwise.", n)
	}
	if c.ended != "" {
		about += " It ends early: " + c.ended + "."
	}
	env := map[string]string{"BTCPAY_ROOTPATH": root}
	if c.options.DisableRegistration {
		env["DISABLE_REGISTRATION"] = "true"
	}
	version, err := EmulatedVersion(c.options.Emulate)
	return map[string]any{
		"group": "recording-" + c.asked[0].at.Format("20060102-150405"), "about": about,
		"server": map[string]any{"version": version, "network": "regtest", "env": env},
		"keys":   keys, "vars": map[string]string{}, "steps": m.steps,
	}, err
}

// shortPath is a path with variables, for the name of a step.
func shortPath(path string) string {
	path, _, _ = strings.Cut(path, "?")
	if len(path) > 80 {
		path = path[:80] + "…"
	}
	return strings.NewReplacer("{{", "{", "}}", "}").Replace(path)
}

// setUp makes what the seed has.
func (m *merger) setUp(seed Seed) {
	asJSON := http.Header{"Content-Type": {"application/json"}}
	step := func(name, method, path, body, token string, captured ...string) {
		a := asked{method: method, path: path, header: asJSON.Clone(), body: []byte(body), basic: true}
		switch token {
		case "":
		case "basic":
			r := http.Request{Header: a.header}
			r.SetBasicAuth(seed.Email, recordedPassword)
		default:
			a.header.Set("Authorization", "token "+token)
		}
		was := map[string]any{}
		for i := 0; i+1 < len(captured); i += 2 {
			was[captured[i]] = captured[i+1]
		}
		a.response, _ = json.Marshal(was)
		m.exchange("set-up: "+name, a)
	}
	store := "/api/v1/stores/" + seed.StoreID
	step("the account", "POST", "/api/v1/users", `{"email":"`+seed.Email+`","password":"`+recordedPassword+`","isAdministrator":true}`, "")
	step("the key", "POST", "/api/v1/api-keys", `{"label":"sandbox","permissions":["unrestricted"]}`, "basic", "apiKey", seed.APIKey)
	step("the store", "POST", "/api/v1/stores", `{"name":"`+seed.StoreName+`"}`, seed.APIKey, "id", seed.StoreID)
	step("its wallet", "PUT", store+"/payment-methods/BTC-CHAIN", `{"enabled":true,"config":"`+m.record.wallet+`"}`, seed.APIKey)
	step("its rates", "PUT", store+"/rates/configuration", `{"isCustomScript":true,"effectiveScript":"`+seedRates+`","spread":0}`, seed.APIKey)
}

// pass lets time pass in both plays.
func (m *merger) pass(d time.Duration, name string) {
	d = d.Round(time.Millisecond)
	for _, p := range m.plays {
		p.s.Advance(d)
	}
	m.steps = append(m.steps, map[string]any{"name": fmt.Sprintf("%d: %s", len(m.steps)+1, name), "wait": d.Milliseconds()})
}

// advanced is how far a control request moved the clock.
func advanced(a asked) time.Duration {
	var ask struct {
		Advance string `json:"advance"`
	}
	if a.control != "clock" || a.status != http.StatusOK || json.Unmarshal(a.body, &ask) != nil {
		return 0
	}
	d, _ := time.ParseDuration(ask.Advance)
	return d
}

// control repeats what control did. It reports whether it moved the clock.
func (m *merger) control(a asked) bool {
	name := fmt.Sprintf("%d: %s", len(m.steps)+1, a.control)
	if a.status != http.StatusOK {
		return false // it did nothing
	}
	switch a.control {
	case "clock":
		if d := advanced(a); d > 0 {
			m.pass(d, "clock")
			return true
		}
		return false
	case "mine":
		ask := struct {
			Blocks int `json:"blocks"`
		}{1}
		if len(a.body) > 0 && json.Unmarshal(a.body, &ask) != nil {
			return false
		}
		for _, p := range m.plays {
			p.s.Mine(ask.Blocks)
		}
		m.steps = append(m.steps, map[string]any{"name": name, "mine": ask.Blocks})
		return false
	case "requests", "seed", "fault", "fault/list", "fault/remove", "snapshot/save", "snapshot/list", "snapshot/remove":
		return false // nothing that is seen in responses, but for faults, which are not recorded
	}
	kind, result := "effect", ""
	if a.control == "approve" {
		a = approvalEffect(a)
	}
	switch a.control {
	case "effect":
	case "pay":
		kind, result = "pay", "paid"
	default:
		m.left++
		return false
	}
	text, ok := m.template(string(a.body), func(v mergeVar) string { return v.was })
	if !ok {
		m.left++
		return false
	}
	var answers [2]reply
	for i, p := range m.plays {
		answers[i] = p.send(http.MethodPost, controlPrefix+a.control, m.fill(text, i), http.Header{"Content-Type": {"application/json"}})
	}
	if answers[0].status != http.StatusOK || answers[1].status != http.StatusOK {
		m.left++
		return false
	}
	step := map[string]any{"name": name, kind: json.RawMessage(text)}
	if result != "" {
		capture := map[string]string{}
		step[result] = m.mergeJSON(answers, a.response, capture)
		if len(capture) > 0 {
			step["capture"] = capture
		}
	}
	m.steps = append(m.steps, step)
	return false
}

// approvalEffect is the effect that does what control did to a pairing.
func approvalEffect(a asked) asked {
	var ask askedPairing
	var did struct {
		StoreID string `json:"storeId"`
	}
	if json.Unmarshal(a.body, &ask) != nil || json.Unmarshal(a.response, &did) != nil {
		return a
	}
	effect := map[string]string{"approvePairing": ask.Code, "storeId": did.StoreID}
	if ask.Refuse {
		effect = map[string]string{"expirePairingCode": ask.Code}
	}
	if text, err := json.Marshal(effect); err == nil {
		a.control, a.body = "effect", text
	}
	return a
}

// exchange repeats a request, and adds a step if both plays answer with the same status, and, if it was asked of the recorded
// sandbox, with that one's.
func (m *merger) exchange(name string, a asked) {
	was := func(v mergeVar) string { return v.was }
	request := map[string]any{"method": a.method}
	path, ok := m.template(a.path, was)
	if !ok {
		m.left++
		return
	}
	request["path"] = path
	if name == "" {
		name = fmt.Sprintf("%d: %s %s", len(m.steps)+1, a.method, shortPath(path))
	}
	body, contentType, ok := m.body(a, request)
	header := http.Header{}
	if contentType != "" {
		header.Set("Content-Type", contentType)
	}
	key, credential := m.credential(a, request)
	if !ok || !credential {
		m.left++
		return
	}
	var answers [2]reply
	for i, p := range m.plays {
		own := header.Clone()
		p.sign(m, i, own, request, m.fill(path, i), m.fill(body, i), key)
		answers[i] = p.send(a.method, p.s.rootPath+m.fill(path, i), m.fill(body, i), own)
	}
	for _, answer := range answers {
		if answer.status != answers[0].status || a.status != 0 && answer.status != a.status {
			m.left++
			return
		}
	}
	step := map[string]any{"name": name, "request": request}
	response, capture := map[string]any{"status": answers[0].status}, map[string]string{}
	switch {
	case len(answers[0].body) == 0 && len(answers[1].body) == 0:
		response["empty"] = true
	case json.Valid(answers[0].body) && json.Valid(answers[1].body):
		response["json"] = m.mergeJSON(answers, a.response, capture)
	case strings.HasPrefix(answers[0].contentType, "text/html"):
		response["page"] = map[string]any{}
	default:
		if text, ok := m.template(string(answers[0].body), func(v mergeVar) string { return v.now[0] }); ok && m.fill(text, 1) == string(answers[1].body) {
			response["text"] = text
		}
	}
	if len(capture) > 0 {
		step["capture"] = capture
	}
	step["response"] = response
	m.steps = append(m.steps, step)
}

type reply struct {
	status      int
	contentType string
	body        []byte
}

func (p *mergePlay) send(method, path, body string, header http.Header) reply {
	u, err := url.ParseRequestURI(path)
	if err != nil {
		return reply{}
	}
	r := &http.Request{
		Method: method, URL: u, RequestURI: path, Header: header, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, RemoteAddr: "192.0.2.1:1234",
	}
	r.Host = strings.TrimPrefix(p.base, "http://")
	header.Set("Accept", "application/json")
	if strings.HasPrefix(path, controlPrefix) {
		r.Host = "127.0.0.1"
	}
	response := p.s.respond(r)
	return reply{response.Status(), response.Header().Get("Content-Type"), response.Body()}
}

// silentReceiver takes the events of both plays, as the receiver of the player does.
type silentReceiver struct {
	url     string
	server  *http.Server
	serving sync.WaitGroup
}

func newSilentReceiver() (*silentReceiver, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // binding a literal address does not wait
	if err != nil {
		return nil, err
	}
	r := &silentReceiver{url: "http://" + listener.Addr().String(), server: &http.Server{
		Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), ReadHeaderTimeout: 10 * time.Second,
	}}
	r.serving.Go(func() { r.server.Serve(listener) })
	return r, nil
}

func (r *silentReceiver) close() {
	r.server.Close()
	r.serving.Wait()
}
