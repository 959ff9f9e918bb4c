package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/programtest"
	"github.com/btcpayctl/btcpayctl/sandbox"
	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

// A stage is what a script plays on: a sandbox, who clicks its pages, and the
// programs that run in the background.
type stage struct {
	*world
	t     testscript.T
	line  *line
	proxy *faultyProxy
	jobs  map[string]*job
}

type stageKey struct{}

func newStage(env *testscript.Env) *stage {
	s := &stage{t: env.T(), jobs: map[string]*job{}}
	env.Defer(func() {
		programtest.EndWatchers(filepath.Join(env.WorkDir, "data"))
		for _, j := range s.jobs {
			j.cmd.Process.Kill()
			<-j.done
		}
		if s.world != nil {
			s.close()
		}
	})
	return s
}

func stageOf(ts *testscript.TestScript) *stage { return ts.Value(stageKey{}).(*stage) }

// environ is the script's environment for programs that it does not run itself.
func (s *stage) environ(ts *testscript.TestScript) []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "TERM", "CI", "NO_COLOR", "BROWSER", "WORK", "SERVER", "STORE",
		"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "BTCPAY_SERVER", "BTCPAY_STORE", "BTCPAY_API_KEY",
		"BTCPAYCTL_PROFILE", "BTCPAYCTL_SERVER", "BTCPAYCTL_STORE", "BTCPAYCTL_API_KEY", "BTCPAYCTL_API_KEY_FILE",
		"BTCPAYCTL_PRIVATE_KEY_FILE", "BTCPAYCTL_IDENTITY_FILE", "BTCPAYCTL_PASSPHRASE_FILE", "BTCPAYCTL_KEYSTORE", "BTCPAYCTL_KEYSTORE_TIMEOUT",
		"BTCPAYCTL_PASSWORD_FILE", "BTCPAYCTL_FAULT", "SSH_CONNECTION", "BTCPAYCTL_OUTPUT", "BTCPAYCTL_NO_INPUT", "BTCPAYCTL_TIMEOUT", "BTCPAYCTL_DEBUG", "BTCPAYCTL_CONFIG_DIR", "GOCOVERDIR"} {
		if value := ts.Getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// A world is a sandbox and a person who owns its store.
type world struct {
	server  *sandbox.Server
	origin  string // of the server, without its root path
	human   *human.Human
	others  map[string]*human.Human // by e-mail address
	options sandbox.Options
	http    http.Client
	close   func()

	offset   time.Duration // of the sandbox's clock at the start
	advanced atomic.Int64  // nanoseconds, by the script
}

// clockAhead is how far the sandbox's clock is ahead of ours.
func (w *world) clockAhead() time.Duration { return w.offset + time.Duration(w.advanced.Load()) }

func newWorld(ctx context.Context, o sandbox.Options) (*world, error) {
	server, err := sandbox.Start(ctx, "127.0.0.1:0", o)
	if err != nil {
		return nil, err
	}
	w := &world{server: server, human: human.New(server.URL), http: http.Client{Transport: &http.Transport{}, Timeout: patience}}
	w.origin = "http://" + strings.Split(server.URL, "/")[2]
	w.close = func() {
		w.human.Close()
		for _, person := range w.others {
			person.Close()
		}
		w.http.CloseIdleConnections()
		w.server.Close()
	}
	if err := w.human.LogIn(ctx, server.Seed.Email, server.Seed.Password); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

// approve agrees to a pairing on its page.
func (w *world) approve(ctx context.Context, page, store string) error {
	_, err := w.human.Approve(ctx, page, store)
	return err
}

func (w *world) makeCode(ctx context.Context, store, publicKey string) (string, error) {
	return programtest.PairingCode(ctx, w.human, store, publicKey)
}

func (w *world) legacyKey(ctx context.Context, store string) (string, error) {
	return programtest.LegacyKey(ctx, w.human, store)
}

// revoke takes a key's token away on the store's Access Tokens page. The
// address of the button holds the token, which its owner is asked for.
func (w *world) revoke(ctx context.Context, store string, id *bitpay.Identity) error {
	c, err := bitpay.New(w.server.URL, id)
	if err != nil {
		return err
	}
	defer c.CloseIdleConnections()
	tokens, err := c.Tokens(ctx)
	if err != nil || len(tokens) != 1 {
		return fmt.Errorf("there are %d tokens: %v", len(tokens), err)
	}
	if _, err := w.human.Open(ctx, "/stores/"+store+"/tokens/"+tokens[0].Value.Reveal()+"/revoke"); err != nil {
		return err
	}
	_, err = w.human.Press(ctx, "Revoke")
	return err
}

// checkout reads address and amount off the customer's page.
func (w *world) checkout(ctx context.Context, invoice string) (address, due string, err error) {
	page, err := w.human.Open(ctx, "/i/"+invoice)
	if err != nil {
		return "", "", err
	}
	after := func(label string) string {
		if i := slices.Index(page.Texts, label); i >= 0 && i+1 < len(page.Texts) {
			return page.Texts[i+1]
		}
		return ""
	}
	address, due = after("Address"), strings.TrimSuffix(after("Due"), " BTC")
	if address == "" || due == "" {
		return "", "", fmt.Errorf("there is no address on the page: %q", page.Texts)
	}
	return address, due, nil
}

func (w *world) control(ctx context.Context, action string, what any) error {
	return w.post(ctx, w.origin+"/_sandbox/"+action, "", what, nil)
}

func (w *world) post(ctx context.Context, address, key string, what, into any) error {
	return w.send(ctx, http.MethodPost, address, key, what, into)
}

func (w *world) send(ctx context.Context, method, address, key string, what, into any) error {
	body, err := json.Marshal(what)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("Authorization", "token "+key)
	}
	response, err := w.http.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode/100 != 2 {
		err = fmt.Errorf("%s: %s %s", address, response.Status, answer)
	}
	if err == nil && into != nil {
		err = json.Unmarshal(answer, into)
	}
	return err
}

// startSandbox starts a sandbox and puts what it holds into SERVER, STORE,
// EMAIL, PASSWORD and APIKEY. "sandbox --clock=2h" sets its clock ahead of ours,
// "sandbox --clock=-2h" back; "--root-path=/btcpay" and "--emulate=2.0" are as for the command.
func startSandbox(ts *testscript.TestScript, neg bool, args []string) {
	var o sandbox.Options
	var off time.Duration
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		switch name {
		case "--clock":
			var err error
			off, err = time.ParseDuration(value)
			ts.Check(err)
			o.Now = func() time.Time { return time.Now().Add(off) }
		case "--root-path":
			o.RootPath = value
		case "--emulate":
			o.Emulate = value
		case "--kept":
			o.StateFile = ts.MkAbs("server.state")
		default:
			ts.Fatalf("usage: sandbox [--clock=DURATION] [--root-path=PATH] [--emulate=RELEASE] [--kept]")
		}
	}
	w, err := newWorld(context.Background(), o)
	ts.Check(err)
	s := stageOf(ts)
	s.world, w.offset, w.options = w, off, o
	ts.Setenv("SERVER", w.server.URL)
	ts.Setenv("STORE", w.server.Seed.StoreID)
	ts.Setenv("EMAIL", w.server.Seed.Email)
	ts.Setenv("PASSWORD", w.server.Seed.Password)
	ts.Setenv("APIKEY", w.server.Seed.APIKey)
}

// upgradeSandbox ends the server of "sandbox --kept", and starts another release with its
// state at the same address.
//
//	upgrade newer
func upgradeSandbox(ts *testscript.TestScript, neg bool, args []string) {
	s := stageOf(ts)
	if neg || len(args) != 1 || s.options.StateFile == "" {
		ts.Fatalf("usage: upgrade RELEASE, after sandbox --kept")
	}
	ts.Check(s.server.Close())
	s.http.CloseIdleConnections()
	s.options.Emulate = args[0]
	server, err := sandbox.Start(context.Background(), strings.TrimPrefix(s.origin, "http://"), s.options)
	ts.Check(err)
	s.server = server
}

// changeAccount does to an account what its owner can do on a page.
//
//	effect allowBasic|addSecondFactor EMAIL
//	effect node away|behind|ready
func changeAccount(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: effect allowBasic|addSecondFactor EMAIL, or effect node STATE")
	}
	ts.Check(stageOf(ts).control(context.Background(), "effect", map[string]string{args[0]: args[1]}))
}

// startFaults starts a proxy in front of the sandbox that does to POSTs to
// /invoices what its argument says, and puts its address into SERVER. It answers
// with the Date of the sandbox's clock. "faults release" carries out what the
// fault "held" holds back.
func startFaults(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: faults cut|reset|504|held|…, and then faults release")
	}
	s := stageOf(ts)
	if args[0] == "release" {
		s.proxy.release()
		return
	}
	s.proxy = newFaultyProxy(s.server.URL, s.clockAhead, func() string { return args[0] })
	ts.Defer(s.proxy.Close)
	ts.Setenv("SERVER", s.proxy.URL)
}

// actHuman clicks the sandbox's real pages:
//
//	human approve URL [STORE]     agree to a pairing
//	human paste PUBLICKEY         paste it, request pairing, approve
//	human code                    make a code for any key, and print it
//	human revoke SIN              revoke that key's token
//	human legacykey               make the store's API key, and print it
//	human delete LABEL            delete the API key of that label
func actHuman(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: human approve|paste|code|revoke|legacykey|delete [ARGUMENT...]")
	}
	s, ctx := stageOf(ts), context.Background()
	store := ts.Getenv("STORE")
	argument := func(i int) string {
		if i < len(args) {
			return args[i]
		}
		return ""
	}
	switch args[0] {
	case "approve":
		ts.Check(s.approve(ctx, argument(1), argument(2)))
	case "paste":
		_, err := s.makeCode(ctx, store, argument(1))
		ts.Check(err)
		_, err = s.human.Press(ctx, "Approve")
		ts.Check(err)
	case "code":
		code, err := s.makeCode(ctx, store, "")
		ts.Check(err)
		fmt.Fprintln(ts.Stdout(), code)
	case "revoke":
		export := exec.Command("btcpayctl", "key", "export", argument(1), "--reveal", "--yes")
		export.Env, export.Stderr = s.environ(ts), os.Stderr
		secret, err := export.Output()
		ts.Check(err)
		imported, err := bitpay.ParsePrivateKey(secret)
		ts.Check(err)
		ts.Check(s.revoke(ctx, store, imported.Identity))
	case "delete":
		ts.Check(s.deleteKey(ctx, argument(1)))
	case "legacykey":
		key, err := s.legacyKey(ctx, store)
		ts.Check(err)
		fmt.Fprintln(ts.Stdout(), key)
	default:
		ts.Fatalf("a human cannot %s", args[0])
	}
}

// pay sends a payment to an invoice: what is due, or an amount in BTC.
//
//	pay INVOICE [AMOUNT]
func pay(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: pay INVOICE [AMOUNT]")
	}
	s, ctx := stageOf(ts), context.Background()
	address, amount, err := s.checkout(ctx, args[0])
	ts.Check(err)
	if len(args) == 2 {
		amount = args[1]
	}
	ts.Check(s.control(ctx, "pay", map[string]any{"address": address, "amount": amount}))
}

// mine finds a block.
func mine(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(stageOf(ts).control(context.Background(), "mine", map[string]any{"blocks": 1}))
}

// advance lets time pass in the sandbox, such as 16m.
func advance(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: advance DURATION")
	}
	s := stageOf(ts)
	by, err := time.ParseDuration(args[0])
	ts.Check(err)
	ts.Check(s.control(context.Background(), "clock", map[string]any{"advance": args[0]}))
	s.advanced.Add(int64(by))
}

// makeStore makes another store of the same owner and puts its id into a
// variable.
func makeStore(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: store VARIABLE")
	}
	s := stageOf(ts)
	var made struct {
		ID string `json:"id"`
	}
	ts.Check(s.post(context.Background(), s.server.URL+"/api/v1/stores", s.server.Seed.APIKey,
		map[string]any{"name": "Another shop", "defaultCurrency": "USD"}, &made))
	ts.Check(s.equip(context.Background(), made.ID))
	ts.Setenv(args[0], made.ID)
}

// equip gives a store a wallet, and a rate that no other store has.
func (w *world) equip(ctx context.Context, store string) error {
	path := w.server.URL + "/api/v1/stores/" + store
	err := w.send(ctx, http.MethodPut, path+"/payment-methods/BTC-CHAIN", w.server.Seed.APIKey, map[string]any{"enabled": true,
		"config": "tpubDCZB6sR48s4T5Cr8qHUYSZEFCQMMHRg8AoVKVmvcAP5bRw7ArDKeoNwKAJujV3xCPkBvXH5ejSgbgyN6kREmF7sMd41NdbuHa8n1DZNxSMg"}, nil)
	if err != nil {
		return err
	}
	return w.send(ctx, http.MethodPut, path+"/rates/configuration", w.server.Seed.APIKey,
		map[string]any{"isCustomScript": true, "effectiveScript": "BTC_USD = 30000;", "spread": 0}, nil)
}
