package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// controlPrefix is at the root of the origin, never under the root path.
const controlPrefix = "/_sandbox/"

const maxControlBody = 64 << 10

// control does what the world does to a real server. A page in somebody's browser must not be able to, so it is for
// programs on this machine alone.
func (s *Sandbox) control(w *answer, r *http.Request) {
	if refusal := foreign(r); refusal != "" {
		writeControl(w, http.StatusForbidden, refusal)
		return
	}
	if r.Method != http.MethodPost {
		w.header.Set("Allow", http.MethodPost)
		writeControl(w, http.StatusMethodNotAllowed, "control takes POST")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxControlBody))
	if err != nil {
		writeControl(w, http.StatusRequestEntityTooLarge, "the body is too long")
		return
	}
	var act func([]byte) (any, error)
	switch strings.TrimPrefix(r.URL.Path, controlPrefix) {
	case "pay":
		act = s.controlPay
	case "mine":
		act = s.controlMine
	case "clock":
		act = s.controlClock
	case "effect":
		act = s.controlEffect
	case "seed":
		act = s.controlSeed
	default:
		writeControl(w, http.StatusNotFound, "control knows pay, mine, clock, effect and seed")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tick()
	result, err := act(body)
	s.settle()
	s.record()
	if err != nil {
		writeControl(w, http.StatusBadRequest, err.Error())
		return
	}
	writeJSON(w, http.StatusOK, result)
}

func writeControl(w http.ResponseWriter, status int, message string) {
	writeJSON(w, status, map[string]string{"error": message})
}

// foreign tells why a request must not control the sandbox; empty means it may. A listener on loopback can still be
// reached by a page whose name resolves to it, hence the look at Host.
func foreign(r *http.Request) string {
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && !isLoopback(local.String()) {
		return "control is refused: the sandbox listens beyond this machine"
	}
	if r.Host != "" && !isLoopback(r.Host) {
		return "control is refused: the host name is not of this machine"
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		if u, err := url.Parse(origin); err != nil || u.Host != r.Host {
			return "control is refused: the request comes from another origin"
		}
	}
	if from := r.Header.Get("Sec-Fetch-Site"); from != "" && from != "same-origin" && from != "none" {
		return "control is refused: the request comes from another origin"
	}
	return ""
}

func isLoopback(address string) bool {
	host := address
	if h, _, err := net.SplitHostPort(address); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// readControl is strict: a member nobody knows is an error of the test that sent it.
func readControl(body []byte, into any) error {
	if len(body) == 0 {
		return nil
	}
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("the body does not fit: %w", err)
	}
	return nil
}

func (s *Sandbox) controlPay(body []byte) (any, error) {
	var ask struct {
		Address       string          `json:"address"`
		Amount        json.RawMessage `json:"amount"`
		Confirmations int             `json:"confirmations"`
		RBF           bool            `json:"rbf"`
	}
	if err := readControl(body, &ask); err != nil {
		return nil, err
	}
	amount, err := parseDecimal(strings.Trim(string(ask.Amount), `"`))
	if err != nil || amount.sign() <= 0 || amount.trim(0).scale > 8 || amount.cmp(newDecimal(21_000_000, 0)) > 0 {
		return nil, fmt.Errorf("amount: BTC above 0 with at most 8 digits is wanted, such as \"0.0002\"")
	}
	if ask.Confirmations < 0 || ask.Confirmations > maxBlocks {
		return nil, fmt.Errorf("confirmations: 0 to %d are wanted", maxBlocks)
	}
	p, err := s.pay(ask.Address, amount.trim(0), ask.RBF)
	if err != nil {
		return nil, err
	}
	s.mine(ask.Confirmations)
	return map[string]any{"txid": p.TxID, "vout": p.Vout}, nil
}

func (s *Sandbox) controlMine(body []byte) (any, error) {
	ask := struct {
		Blocks int `json:"blocks"`
	}{Blocks: 1}
	if err := readControl(body, &ask); err != nil {
		return nil, err
	}
	if ask.Blocks < 1 || ask.Blocks > maxBlocks {
		return nil, fmt.Errorf("blocks: 1 to %d are wanted", maxBlocks)
	}
	s.mine(ask.Blocks)
	return struct{}{}, nil
}

const maxAdvance = 10 * 365 * 24 * time.Hour

// controlClock tells the time and how many notifications are under way, so that a test can let them arrive before it moves
// the clock on.
func (s *Sandbox) controlClock(body []byte) (any, error) {
	var ask struct {
		Advance string `json:"advance"`
	}
	if err := readControl(body, &ask); err != nil {
		return nil, err
	}
	d, err := time.ParseDuration(ask.Advance)
	if err != nil || d < 0 || d > maxAdvance {
		return nil, fmt.Errorf("advance: a span of time is wanted, such as \"30s\" or \"24h\"")
	}
	s.clock.advance(d)
	s.state.change()
	s.tick()
	return map[string]any{"now": s.clock.now().Format(time.RFC3339Nano), "deliveries": s.deliveries.UnderWay()}, nil
}

func (s *Sandbox) controlEffect(body []byte) (any, error) {
	var ask struct {
		ExpirePairingCode string `json:"expirePairingCode"`
		AllowBasic        string `json:"allowBasic"`
		AddSecondFactor   string `json:"addSecondFactor"`
	}
	if err := readControl(body, &ask); err != nil {
		return nil, err
	}
	did := false
	for _, of := range []struct {
		name, email string
		change      func(*user)
	}{
		{"allowBasic", ask.AllowBasic, func(u *user) { u.AllowsBasic = true }},
		{"addSecondFactor", ask.AddSecondFactor, func(u *user) { u.SecondFactor = true }},
	} {
		if of.email == "" {
			continue
		}
		u := s.state.findUser(of.email)
		if u == nil {
			return nil, fmt.Errorf("%s: there is no such user", of.name)
		}
		of.change(u)
		s.state.change()
		did = true
	}
	if ask.ExpirePairingCode == "" && did {
		return struct{}{}, nil
	}
	p := s.state.Pairings[ask.ExpirePairingCode]
	if p == nil {
		return nil, fmt.Errorf("expirePairingCode: there is no such code")
	}
	p.Expires = s.clock.now().Add(-time.Minute)
	s.state.change()
	return struct{}{}, nil
}
