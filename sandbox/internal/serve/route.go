package serve

import (
	"net/http"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
)

// Handler answers a request. It runs under the world's lock and may read and change the state.
type Handler func(w http.ResponseWriter, r *Request)

// Realm says which credentials count on a route.
type Realm int

// The realms.
const (
	BitpayRealm     Realm = iota // BitId, a legacy key, or none
	GreenfieldRealm              // an API key, or Basic
	EitherRealm                  // an API key, Basic, or the cookie of a log-in
	PageRealm                    // the cookie of a log-in
)

// What a route may ask for besides a permission of the server.
const (
	Open   = ""        // nothing
	Anyone = "anyone"  // any authenticated caller; on the BitPay API also a caller without credential
	AnyKey = "any key" // an API key, whatever it permits

	CreateInvoice = "bitpay create invoice"
	GetRates      = "bitpay get rates"
)

// Route is an operation of the server.
type Route struct {
	Method     string
	Path       string // literal segments, matched in any case, and {named} ones
	Realm      Realm
	Permission string
	// Mutates says that the handler may change the state. What it changed is written to
	// the state file before the response is sent. A handler of another route only reads,
	// except for what it marks by [world.State.Change].
	Mutates bool
	Handler Handler
	// Unscoped says that a store's permission is needed for all stores.
	Unscoped bool
	// Lists says that older releases answer with an empty list if the permission is missing.
	Lists bool
	// Storeless says that the path also exists without its store.
	Storeless bool
	// When distinguishes routes of one method and path, as the endpoint selector of the
	// BitPay API does; nil takes all requests.
	When func(*http.Request) bool
	// Exact refuses a slash at the end of the path.
	Exact bool
	// Public is for a route of the BitPay API that was never behind its middleware.
	Public bool
	// In reports whether a release has the route; nil: all have it.
	In func(release.Release) bool
	// Unguarded takes forms of other sites, without an anti-forgery field.
	Unguarded bool
	// GuardedLate says that older releases take the form without its anti-forgery field.
	GuardedLate bool

	pattern Pattern
}

// WithoutStore is the path of a [Route.Storeless] without its store.
func (r Route) WithoutStore() string { return strings.Replace(r.Path, "/stores/{storeId}", "", 1) }

// In restricts a route to some releases.
func In(releases func(release.Release) bool, r Route) Route {
	r.In = releases
	return r
}

// Pattern is a path of literal segments, which match in any case, and {named} ones, which
// match anything but nothing.
type Pattern []string

// ParsePattern reads a pattern. A slash at its end does not count.
func ParsePattern(path string) Pattern { return segments(path) }

// Matches reports whether a path fits the pattern. A slash at its end does not count.
func (p Pattern) Matches(path string) bool { return p.Covers(segments(path)) }

// Covers reports whether a pattern matches every path that another one matches.
func (p Pattern) Covers(other Pattern) bool { return len(other) == len(p) && p.matches(other) }

// matches reports whether the path, which has as many segments, fits the pattern.
func (p Pattern) matches(asked []string) bool {
	for i, want := range p {
		if want[0] != '{' && !strings.EqualFold(want, asked[i]) || asked[i] == "" {
			return false
		}
	}
	return true
}

func segments(path string) []string {
	path = strings.Trim(path, "/")
	if path == "" {
		return nil
	}
	return strings.Split(path, "/")
}
