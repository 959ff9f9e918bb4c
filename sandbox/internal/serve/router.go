package serve

import (
	"net/http"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
)

// router finds the route of a request. Of routes that match, the first one in the tables counts.
type router struct{ byLength map[int][]Route }

func newRouter(rel release.Release, tables ...[]Route) *router {
	rt := &router{byLength: map[int][]Route{}}
	for _, table := range tables {
		for _, r := range table {
			if r.In != nil && !r.In(rel) {
				continue
			}
			rt.add(r)
			if r.Storeless && rel.HidesUnknownIDs() {
				r.Path = r.WithoutStore()
				rt.add(r)
			}
		}
	}
	return rt
}

func (rt *router) add(r Route) {
	r.pattern = ParsePattern(r.Path)
	rt.byLength[len(r.pattern)] = append(rt.byLength[len(r.pattern)], r)
}

// all returns every route.
func (rt *router) all() []Route {
	var all []Route
	for _, routes := range rt.byLength {
		all = append(all, routes...)
	}
	return all
}

// find returns the route of a request below the root path, or else the methods that the path takes; neither means 404.
// Routes of the BitPay API do not exist for a request that its middleware did not take.
func (rt *router) find(r *http.Request, path string, bitpay bool) (*Route, []string) {
	asked := segments(path)
	slash := len(asked) > 0 && strings.HasSuffix(path, "/")
	candidates := rt.byLength[len(asked)]
	var allowed []string
	for i := range candidates {
		c := &candidates[i]
		if !c.pattern.matches(asked) || c.Exact && slash || c.Realm == BitpayRealm && !bitpay && !c.Public {
			continue
		}
		if c.Method == r.Method && (c.When == nil || c.When(r)) {
			for j, name := range c.pattern {
				if name[0] == '{' {
					r.SetPathValue(name[1:len(name)-1], asked[j])
				}
			}
			return c, nil
		}
		if !slices.Contains(allowed, c.Method) {
			allowed = append(allowed, c.Method)
		}
	}
	if slices.Contains(allowed, r.Method) {
		return nil, nil // the method was right, but what distinguishes the routes was not
	}
	slices.Sort(allowed)
	return nil, allowed
}

// isGreenfield reports whether the Greenfield API has the path, for whatever method.
func (rt *router) isGreenfield(path string) bool {
	asked := segments(path)
	return slices.ContainsFunc(rt.byLength[len(asked)], func(r Route) bool { return r.Realm == GreenfieldRealm && r.pattern.matches(asked) })
}
