package sandbox

import (
	"net/http"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
)

// handler answers a request. It runs with the sandbox's lock held and may read and change the state freely.
type handler func(s *Sandbox, w http.ResponseWriter, r *http.Request, c *caller)

// realm says whose credentials count on a route.
type realm int

const (
	bitpayRealm     realm = iota // BitId, legacy key, or nobody
	greenfieldRealm              // API key, or Basic
	eitherRealm                  // API key, Basic, or the cookie of a log-in
	pageRealm                    // the cookie of a log-in
)

// What a route may ask for. The first three are ours: nothing, any authenticated caller (on the BitPay half a stranger
// counts as one), and an API key whatever it permits. The next two are the BitPay half's.
const (
	open   = ""
	anyone = "anyone"
	anyKey = "any key"

	createInvoice = "bitpay create invoice"
	getRates      = "bitpay get rates"
)

type route struct {
	method     string
	path       string // literal segments, matched in any case, and {named} ones
	realm      realm
	permission string
	// unscoped wants a store's permission without a scope.
	unscoped bool
	// mutates says that the handler may change the state: what it changed is kept before it is answered. A handler of a
	// route without it reads, but for what [world.State.Change] names.
	mutates bool
	handler handler
	// lists says that older releases answer with an empty list where the permission is missing.
	lists bool
	// storeless says that the path is also there without its store.
	storeless bool
	// when tells routes of one method and path apart, as the BitPay half's endpoint selector does; nil takes all.
	when func(*http.Request) bool
	// exact refuses a slash behind the path.
	exact bool
	// public is for a route of the BitPay half that was never behind its middleware.
	public bool
	// in says which releases have the route; nil: all.
	in func(release.Release) bool
	// guardedLate says that older releases take the form without its anti-forgery field.
	guardedLate bool

	segments []string
}

type router struct{ byLength map[int][]route }

func newRouter(rel release.Release, tables ...[]route) *router {
	rt := &router{byLength: map[int][]route{}}
	for _, r := range slices.Concat(tables...) {
		if r.in != nil && !r.in(rel) {
			continue
		}
		rt.add(r)
		if r.storeless && rel.HidesUnknownIDs() {
			r.path = strings.Replace(r.path, "/stores/{storeId}", "", 1)
			rt.add(r)
		}
	}
	return rt
}

func (rt *router) add(r route) {
	r.segments = segments(r.path)
	rt.byLength[len(r.segments)] = append(rt.byLength[len(r.segments)], r)
}

// all gives every route.
func (rt *router) all() []route {
	var all []route
	for _, routes := range rt.byLength {
		all = append(all, routes...)
	}
	return all
}

func segments(path string) []string {
	path = strings.Trim(path, "/")
	if path == "" {
		return nil
	}
	return strings.Split(path, "/")
}

// find gives the route of a request below the root path, or the methods the path does take; neither means 404. Routes of
// the BitPay half are those of nobody where that is not asked.
func (rt *router) find(r *http.Request, path string, bitpay bool) (*route, []string) {
	asked := segments(path)
	slash := len(asked) > 0 && strings.HasSuffix(path, "/")
	candidates := rt.byLength[len(asked)]
	var allowed []string
	for i := range candidates {
		c := &candidates[i]
		if !c.matches(asked) || c.exact && slash || c.realm == bitpayRealm && !bitpay && !c.public {
			continue
		}
		if c.method == r.Method && (c.when == nil || c.when(r)) {
			for j, name := range c.segments {
				if name[0] == '{' {
					r.SetPathValue(name[1:len(name)-1], asked[j])
				}
			}
			return c, nil
		}
		if !slices.Contains(allowed, c.method) {
			allowed = append(allowed, c.method)
		}
	}
	if slices.Contains(allowed, r.Method) {
		return nil, nil // the method was right, but what tells the routes apart was not
	}
	slices.Sort(allowed)
	return nil, allowed
}

// takes reports whether the path is one of the Greenfield half, by whatever method.
func (rt *router) takes(path string) bool {
	asked := segments(path)
	return slices.ContainsFunc(rt.byLength[len(asked)], func(r route) bool { return r.realm == greenfieldRealm && r.matches(asked) })
}

func (r *route) matches(asked []string) bool {
	for i, want := range r.segments {
		if want[0] != '{' && !strings.EqualFold(want, asked[i]) || asked[i] == "" {
			return false
		}
	}
	return true
}
