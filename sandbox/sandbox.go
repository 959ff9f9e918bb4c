// Package sandbox is an in-process double of BTCPay Server 2.4.1: the BitPay-compatible API, the Greenfield API, and the
// pages that a person opens. It answers from state by rules, so that a client can be tried, tested and demonstrated without
// a server, a node or a network.
//
// # Use
//
// A test needs one line:
//
//	server := sandbox.New(t)
//
// [New] listens on a loopback address, like [Start] outside of tests, and is ready to use: its [Seed] has an account, a
// store with a wallet and fixed rates, and an API key. [NewHandler] returns only the [http.Handler], for another server.
// With [Options.Empty] the sandbox starts without users, like a fresh installation. [Options.StateFile] keeps the state for
// the next start. [Options.Emulate] answers as another release in keys, pairing, log-in, consent and
// webhooks.
//
// A person who is logged in at /login approves pairings, and makes and revokes tokens. The page of an invoice at /i/{id}
// has buttons instead of a wallet and a miner. The pages need no scripts. Package human uses them in tests and
// demonstrations.
//
// A store's webhooks are real: events are posted to their addresses, signed, and posted again as the server does. The
// pauses between follow the sandbox's clock.
//
// # Control
//
// Methods do what the world does to a real server: [Sandbox.Pay], [Sandbox.Mine] and [Sandbox.Advance] act on the chain
// and the clock, [Sandbox.Approve] and [Sandbox.Consent] as the account's owner, [Sandbox.Fault] on the network. Other
// programs use addresses at the root of the origin, outside the root path:
//
//	POST /_sandbox/pay    {"address","amount","confirmations","rbf"}  pay to an address
//	POST /_sandbox/pay    {"invoice","amount" or "share",…}           pay an invoice; "share" is half, all or double
//	POST /_sandbox/replace {"txid"}                                   replace an unconfirmed payment, see [Sandbox.Replace]
//	POST /_sandbox/approve {"code","storeId","refuse"}                approve or refuse a pairing
//	POST /_sandbox/consent {"url","storeId","refuse","add"}           decide on a consent page
//	POST /_sandbox/mine   {"blocks"}                                  find blocks
//	POST /_sandbox/clock  {"advance":"30s"}                           move the clock forward
//	POST /_sandbox/effect {"expirePairingCode":CODE}                  let a pairing code expire
//	POST /_sandbox/effect {"approvePairing":CODE,"storeId"}           approve a pairing, as a recording has it
//	POST /_sandbox/effect {"replacePayment":TXID}                     replace an unconfirmed payment by one to another address
//	POST /_sandbox/effect {"allowBasic":EMAIL}                        allow Basic for an account, in releases that require it
//	POST /_sandbox/effect {"addSecondFactor":EMAIL}                   add a second factor to an account
//	POST /_sandbox/seed   {}                                          read the account, store and key of the seed
//	POST /_sandbox/fault  {"kind","value","path",…}                   set a fault, see [NewFault]
//	POST /_sandbox/fault/list {}                                      list the faults
//	POST /_sandbox/fault/remove {"id"}                                remove a fault, or all by {"all":true}
//	POST /_sandbox/reset  {}                                          go back to the start, see [Sandbox.Reset]
//	POST /_sandbox/snapshot/save {"name"}                             save the state; also restore, remove, and list with {}
//	POST /_sandbox/requests {"after","wait":"10s"}                    read the log of requests, or wait for the next one
//
// They answer JSON. They refuse requests from other origins, and those that do not come by a loopback address, unless
// these have the [Options.ControlToken].
//
// The page /_sandbox shows the requests as they come, and why one was refused, the invoices, webhooks, pairing codes, the
// clock and the faults, with buttons to act on them. [Sandbox.Requests] returns the requests for a test to print.
//
// # How it answers, and how that is known
//
// A request passes the route table, the caller's credentials, the permission, the handler, the world and the response, in
// this order. Each area has a table of its routes, and routes.go joins them. Where the real server is odd, a comment names
// the recording that shows it: testdata/recordings holds requests and responses of a real server, and package replay plays
// them against the sandbox or any other server and compares the responses.
//
// Invoices of the same second are in an order that differs between pages, as a database's does; [Options.TieSeed] makes it
// repeatable. [Sandbox.AddPast] adds many invoices at once, for tests of long lists.
//
// # What it is not
//
// The money is imaginary, passwords are hashed weakly so that tests are fast, and nothing is hardened for a network: it must
// never hold a valuable secret.
package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/bitpay"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/dashboard"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/deliver"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield/notifications"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/greenfield/webhooks"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/pages"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/requestlog"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Options configure a sandbox.
type Options struct {
	// RootPath is the path that everything is below, such as "/btcpay". Empty means the root of the origin.
	RootPath string
	// Empty starts the sandbox without any user or store, like a fresh installation.
	Empty bool
	// DisableRegistration lets only administrators make users, once there is one.
	DisableRegistration bool
	// Emulate names another release, as which the sandbox answers in keys, pairing, log-in, consent and webhooks: one since
	// 1.13, such as "2.0.8", "2.0" or "newer". [EmulatedVersion] returns which one that is. Empty means [Version].
	Emulate string
	// StateFile keeps the state across restarts, even if the program is killed: changes are written to a log next to
	// it before the response is sent. After [Sandbox.Close] only the file itself is left. Empty means memory only.
	StateFile string
	// TLS has [Start] serve https. The certificates are of an authority of the sandbox's own, [Server.CA], for every name by
	// which the server is reached. With StateFile the authority is kept in STATEFILE.ca.pem and STATEFILE.ca-key.pem.
	TLS bool
	// ControlToken allows control from other machines, by requests that have it in the header X-Sandbox-Token. It has 16
	// characters or more, without blanks. Without it, only requests by a loopback address control the sandbox, and [Start]
	// listens only on such an address.
	ControlToken string
	// RecordDir is a folder into which [Sandbox.Close] writes what clients asked and what was answered, as a recording that
	// package replay plays. The only secrets in it are those of new sandboxes: other credentials, and the keys of clients,
	// are replaced. Requests of pages are left out. It holds what clients sent, such as orders and addresses of buyers.
	RecordDir string
	// Now is the clock on which the sandbox's is based; nil means [time.Now]. Control may move the sandbox's clock
	// forward.
	Now func() time.Time
	// Seed makes ids, keys, tokens and secrets repeatable, if it is not 0: the same requests in the same order get the same.
	// Times are not part of it. One sandbox of a process may have a seed at a time; others beside it disturb it. Secrets
	// of a known seed are no secrets.
	Seed uint64
	// TieSeed seeds the order of invoices that were made in the same second, which differs between pages as a real
	// server's does. With the same seed, skip and take, the order is the same.
	TieSeed uint64
}

// Seed is what a sandbox that is ready to use has. It is the zero value if [Options.Empty] is set.
type Seed struct {
	Email     string
	Password  string
	StoreID   string
	StoreName string
	// APIKey is an unrestricted key of the account for the Greenfield API.
	APIKey string
}

// Sandbox is an [http.Handler] that answers as BTCPay Server. It must be closed after use.
type Sandbox struct {
	rootPath     string
	empty        bool
	controlToken string
	server       *serve.Server
	faults       activeFaults
	requests     requestlog.Log
	page         *dashboard.Dashboard
	snapshots    *snapshots
	endSeed      func()
	recorder     *recorder // nil: nothing is recorded

	// The world's lock guards its state. A handler runs with it held and writes into memory, so that a slow client
	// does not hold it.
	world *world.World
	state *world.State // the world's

	seedLock sync.Mutex
	seed     Seed // written with both locks held, and read with one of them
}

// NewHandler returns a sandbox that does not listen, for the caller's own server. The caller closes it.
func NewHandler(o Options) (*Sandbox, error) {
	emulated, err := release.Parse(o.Emulate)
	if err != nil {
		return nil, err
	}
	if err := checkControlToken(o.ControlToken); err != nil {
		return nil, err
	}
	endSeed := func() {}
	if o.Seed != 0 {
		if endSeed, err = random.Seed(o.Seed); err != nil {
			return nil, fmt.Errorf("sandbox: %w", err)
		}
	}
	s, err := newSandbox(o, emulated)
	if err != nil {
		endSeed()
		return nil, err
	}
	s.endSeed = endSeed
	return s, nil
}

func newSandbox(o Options, emulated release.Release) (*Sandbox, error) {
	w, err := world.Open(o.StateFile, o.Now)
	if err != nil {
		return nil, err
	}
	w.TieSeed = cmp.Or(o.TieSeed, o.Seed)
	s := &Sandbox{
		rootPath:     normaliseRootPath(o.RootPath),
		empty:        o.Empty,
		controlToken: o.ControlToken,
		snapshots:    newSnapshots(o.StateFile),
		world:        w,
		state:        w.State,
	}
	s.server = serve.New(w, emulated, serve.Options{
		RootPath:            s.rootPath,
		DisableRegistration: o.DisableRegistration,
		ControlToken:        o.ControlToken,
		ErrorPage:           pages.ShowError,
	}, tables()...)
	for _, st := range s.state.Stores { // from a state file of an older release
		if !emulated.HasLegacyKeys() {
			s.state.RevokeLegacyKey(st)
		}
	}
	if !o.Empty && len(s.state.Users) == 0 {
		if err := s.makeSeed(); err != nil {
			return nil, err
		}
	}
	if !w.Loaded() {
		w.SetStart()
	}
	s.seed = Seed(s.state.Seed)
	s.page = s.newDashboard(emulated.Version)
	if o.RecordDir != "" {
		if s.recorder, err = newRecorder(o); err != nil {
			return nil, err
		}
		s.recorder.email = s.seed.Email
		if st := s.state.Stores[s.seed.StoreID]; st != nil && st.Wallet != nil {
			s.recorder.wallet = st.Wallet.Scheme
		}
	}
	s.world.Subscribe(func(inv *world.Invoice, e world.Event) { bitpay.Notify(w, inv, e) })
	webhooks.Follow(w, emulated)
	notifications.Follow(w)
	if err := w.Start(map[string]deliver.Sender{world.IPNKind: bitpay.IPNSender(emulated.Version)}); err != nil {
		return nil, err
	}
	return s, nil
}

// checkControlToken refuses a token that is easily guessed or does not fit into a header.
func checkControlToken(token string) error {
	if token == "" {
		return nil
	}
	if len(token) < 16 || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("sandbox: the control token must have 16 characters or more, ASCII and without blanks")
	}
	return nil
}

// Seed returns the account, store and key of a sandbox that is ready to use.
func (s *Sandbox) Seed() Seed {
	s.seedLock.Lock()
	defer s.seedLock.Unlock()
	return s.seed
}

func (s *Sandbox) setSeed(seed Seed) {
	s.seedLock.Lock()
	defer s.seedLock.Unlock()
	s.seed = seed
}

// Close stops deliveries and timers, and writes the state file.
func (s *Sandbox) Close() error {
	defer s.endSeed()
	err := s.world.Close()
	if s.recorder != nil {
		err = errors.Join(err, s.recorder.write(s.Seed()))
	}
	return err
}

func normaliseRootPath(path string) string {
	path = strings.Trim(path, "/")
	if path == "" {
		return ""
	}
	return "/" + path
}

// ServeHTTP answers as the server does. It panics with [http.ErrAbortHandler] if a [Fault] closes the connection.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if dashboard.Takes(r.URL.Path) {
		s.page.ServeHTTP(w, r)
		return
	}
	if f := s.faults.match(s, r); f != nil {
		s.serveFault(f, w, r)
		return
	}
	response := s.respond(r)
	s.logResponse(r, response)
	response.Send(w)
}

// respond answers a request without faults, and notes it for the recording.
func (s *Sandbox) respond(r *http.Request) *serve.Response {
	if s.recorder != nil {
		return s.respondRecorded(r)
	}
	return s.answer(r)
}

func (s *Sandbox) answer(r *http.Request) *serve.Response {
	response := serve.NewResponse()
	if isControl(r) {
		s.control(response, r)
	} else {
		s.server.Serve(response, r)
	}
	if err := s.world.Commit(); err != nil { // a change that is not written is not acknowledged
		response = serve.NewResponse()
		writeControl(response, http.StatusInternalServerError, err.Error())
	}
	// Clients use it to determine if a pairing code expired, so it is the time of the clock that control moves.
	response.Header().Set("Date", s.world.Now().Format(http.TimeFormat))
	return response
}
