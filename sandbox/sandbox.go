// Package sandbox is an in-process double of BTCPay Server 2.4.1: the BitPay-compatible API, the Greenfield API's
// users, keys, permissions, stores and invoices, and the pages a human clicks. It answers from state by rules, so a
// client can be tried, tested and shown without a server, a node or a network.
//
// # Use
//
// A test needs one line:
//
//	server := sandbox.New(t)
//
// [New] listens on a loopback address, as [Start] does outside of tests, and is ready to use: an account, a store with a
// wallet and fixed rates, and a key are in its [Seed]. [NewHandler] gives the bare [http.Handler] for a server of one's
// own. With [Options.Empty] the sandbox starts as a freshly installed server does, without any user. [Options.StateFile]
// keeps what happened for the next start. [Options.Emulate] answers as another release where keys, pairing, log-in and
// consent are concerned.
//
// Whoever is logged in at /login approves pairings, makes tokens and revokes them; an invoice's page at /i/{id} has buttons
// that stand in for a wallet and a miner. The pages need no script. Package human clicks them for tests and demonstrations.
//
// # Control
//
// What the world does to a real server, a test does with methods: [Sandbox.Pay], [Sandbox.Mine] and [Sandbox.Advance] for
// the chain and the clock, [Sandbox.Approve] and [Sandbox.Consent] for the account's owner, [Sandbox.Fault] for the network.
// Other programs use addresses at the root of the origin, outside the root path:
//
//	POST /_sandbox/pay    {"address","amount","confirmations","rbf"}  a payment reaches an address
//	POST /_sandbox/mine   {"blocks"}                                  blocks are found
//	POST /_sandbox/clock  {"advance":"30s"}                           time passes, and what is due happens
//	POST /_sandbox/effect {"expirePairingCode":CODE}                  state is moved by force
//	POST /_sandbox/effect {"allowBasic":EMAIL}                        the account's owner allows Basic, for releases that ask
//	POST /_sandbox/effect {"addSecondFactor":EMAIL}                   the account has one, which Basic cannot give
//	POST /_sandbox/seed   {}                                          the account, store and key it started with
//
// They answer JSON, and refuse requests from another origin and servers that listen on anything but loopback.
//
// # How it answers, and how that is known
//
// A request goes one way: route table ▸ who is calling ▸ permission ▸ handler ▸ world ▸ answer. The tables in routes.go and
// greenfield_routes.go are the whole of the server. Where the real server is odd, a comment names the recording that shows it: testdata/recordings
// holds what a real one answered, and package replay plays that against the sandbox, or any other server, and compares.
//
// Invoices of one second come in an order that differs from page to page, as a database's does; [Options.TieSeed] repeats
// it. [Sandbox.AddPast] adds many invoices at once, for tests of long lists.
//
// # What it is not
//
// The money is imaginary, passwords are hashed lightly so that tests stay quick, and nothing is hardened for a network:
// it must never hold a secret of value.
package sandbox

import (
	"net/http"
	"strings"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/bitpay"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/deliver"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/pages"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// Options say how a sandbox starts.
type Options struct {
	// RootPath is the path everything lives under, e.g. "/btcpay". Empty means the root of the origin.
	RootPath string
	// Empty starts without any user or store, as a fresh installation does.
	Empty bool
	// DisableRegistration lets only an administrator make users, once there is one.
	DisableRegistration bool
	// Emulate names another release, as which the sandbox answers where keys, pairing, log-in and consent are concerned:
	// one since 1.13, such as "2.0.8", "2.0" or "newer". [EmulatedVersion] says which one that is. Empty means [Version].
	Emulate string
	// StateFile keeps the state across restarts, also of a program that is killed: changes are written, to a log beside
	// it, before they are answered. [Sandbox.Close] leaves the file alone. Empty means memory only.
	StateFile string
	// Now is the clock under the sandbox's own; nil means [time.Now]. Control may move the sandbox's clock ahead of it.
	Now func() time.Time
	// TieSeed seeds the order of invoices that were made in the same second, which differs between pages as a real
	// server's does: with the same seed, skip and take it is the same.
	TieSeed uint64
}

// Seed is what a sandbox that is ready to use holds. It is the zero value after [Options.Empty].
type Seed struct {
	Email     string
	Password  string
	StoreID   string
	StoreName string
	// APIKey is an unrestricted Greenfield key of the account.
	APIKey string
}

// Sandbox is the double: an [http.Handler] that must be closed after use.
type Sandbox struct {
	rootPath string
	server   *serve.Server
	faults   activeFaults

	// The world's lock guards its state. A handler runs with it held and writes into memory, so that no slow peer holds it.
	world *world.World
	state *world.State // the world's
	seed  Seed
}

// NewHandler makes a sandbox that does not listen, for a server of the caller's own. The caller closes it.
func NewHandler(o Options) (*Sandbox, error) {
	emulated, err := release.Parse(o.Emulate)
	if err != nil {
		return nil, err
	}
	w, err := world.Open(o.StateFile, o.Now)
	if err != nil {
		return nil, err
	}
	w.TieSeed = o.TieSeed
	s := &Sandbox{
		rootPath: normaliseRootPath(o.RootPath),
		world:    w,
		state:    w.State,
	}
	s.server = serve.New(w, emulated, serve.Options{
		RootPath:            s.rootPath,
		DisableRegistration: o.DisableRegistration,
		ErrorPage:           pages.ShowError,
	}, tables()...)
	for _, st := range s.state.Stores { // of a state file that an older release left
		if !emulated.HasLegacyKeys() {
			s.state.RevokeLegacyKey(st)
		}
	}
	if !o.Empty && len(s.state.Users) == 0 {
		if err := s.plant(); err != nil {
			return nil, err
		}
	}
	s.seed = Seed(s.state.Seed)
	s.world.Subscribe(func(inv *world.Invoice, e world.Event) { bitpay.Notify(w, inv, e) })
	if err := w.Start(map[string]deliver.Way{world.IPNKind: bitpay.IPNWay(emulated.Version)}); err != nil {
		return nil, err
	}
	return s, nil
}

// Seed tells the account, store and key of a sandbox that started ready to use.
func (s *Sandbox) Seed() Seed { return s.seed }

// Close ends deliveries and timers, and writes the state file.
func (s *Sandbox) Close() error { return s.world.Close() }

func normaliseRootPath(path string) string {
	path = strings.Trim(path, "/")
	if path == "" {
		return ""
	}
	return "/" + path
}

// ServeHTTP answers as the server would: route ▸ who is calling ▸ permission ▸ handler ▸ world ▸ answer. It panics with
// [http.ErrAbortHandler] where a [Fault] takes the connection away.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f := s.faults.meet(s, r); f != nil {
		f.serve(s, w, r)
		return
	}
	s.respond(r).Send(w)
}

// respond is the way of every request.
func (s *Sandbox) respond(r *http.Request) *serve.Response {
	response := serve.NewResponse()
	if strings.HasPrefix(r.URL.Path, controlPrefix) {
		s.control(response, r)
	} else {
		s.server.Serve(response, r)
	}
	if err := s.world.Commit(); err != nil { // what would be forgotten is not acknowledged
		response = serve.NewResponse()
		writeControl(response, http.StatusInternalServerError, err.Error())
	}
	// Clients judge by it when a pairing code expires, so it goes with the clock that control moves.
	response.Header().Set("Date", s.world.Now().Format(http.TimeFormat))
	return response
}
