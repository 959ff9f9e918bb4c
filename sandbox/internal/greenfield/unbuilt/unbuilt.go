// Package unbuilt is the area of the operations of the Greenfield API that the sandbox does not have. They answer 501,
// since 404 would look like a wrong address.
package unbuilt

import (
	_ "embed"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/release"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
)

// operations are those of BTCPay Server 2.4.1, each with the release since which it exists if that is after 1.13. Those of
// OnChainAutomatedTransferSenderFactory are documented and do not exist (recording 35-payout-processors).
//
//go:embed operations.txt
var operations string

// Operation is an operation of the Greenfield API.
type Operation struct {
	Method, Path string
	Built        bool // the sandbox has it

	since [3]int
}

// Operations returns all operations, by path and method. built are the routes that the sandbox has.
func Operations(built []serve.Route) []Operation {
	patterns := map[string][]serve.Pattern{} // by method
	for _, r := range built {
		patterns[r.Method] = append(patterns[r.Method], serve.ParsePattern(r.Path))
		if r.Storeless {
			patterns[r.Method] = append(patterns[r.Method], serve.ParsePattern(r.WithoutStore()))
		}
	}
	var all []Operation
	for line := range strings.Lines(operations) {
		fields := strings.Fields(line)
		o := Operation{Method: fields[0], Path: fields[1]}
		if len(fields) > 2 {
			for i, number := range strings.SplitN(fields[2], ".", len(o.since)) {
				o.since[i], _ = strconv.Atoi(number) // the file is ours, and a test reads it
			}
		}
		path := serve.ParsePattern(o.Path)
		o.Built = slices.ContainsFunc(patterns[o.Method], func(p serve.Pattern) bool { return p.Covers(path) })
		all = append(all, o)
	}
	return all
}

// Routes returns a route for each operation that none of the others takes.
func Routes(built []serve.Route) []serve.Route {
	var routes []serve.Route
	for _, o := range Operations(built) {
		if o.Built {
			continue
		}
		routes = append(routes, serve.In(o.isIn, serve.Route{
			Method: o.Method, Path: o.Path, Realm: serve.GreenfieldRealm, Permission: serve.Anyone, Mutates: o.Method != http.MethodGet, Handler: refuse,
		}))
	}
	return routes
}

func (o Operation) isIn(r release.Release) bool { return r.Since(o.since[0], o.since[1], o.since[2]) }

func refuse(w http.ResponseWriter, r *serve.Request) {
	serve.WriteAPIError(w, http.StatusNotImplemented, "not-in-sandbox",
		"BTCPay Server has "+r.Method+" "+r.Path+", and this sandbox does not imitate it. List what it has: btcpayctl sandbox --list")
}
