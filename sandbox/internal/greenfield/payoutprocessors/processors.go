package payoutprocessors

import (
	"net/http"
	"time"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/aspnet"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/serve"
	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

type processorData struct {
	Name          string   `json:"name"`
	FriendlyName  string   `json:"friendlyName"`
	PayoutMethods []string `json:"payoutMethods"`
}

var friendlyNames = map[string]string{
	world.OnChainProcessor:   "Automated Bitcoin Sender",
	world.LightningProcessor: "Automated Lightning Sender",
}

// listAll answers the processors of the server to any user.
func listAll(w http.ResponseWriter, r *serve.Request) {
	r.Release.WriteProcessors(w, http.StatusOK, []processorData{
		{world.OnChainProcessor, friendlyNames[world.OnChainProcessor], []string{r.Release.PayoutMethodName(world.OnChain)}},
		{world.LightningProcessor, friendlyNames[world.LightningProcessor], []string{r.Release.PayoutMethodName(world.LightningPayout)}},
	})
}

// list answers the processors that the store has set up, each with its payout methods.
func list(w http.ResponseWriter, r *serve.Request) {
	all := []processorData{}
	at := map[string]int{}
	for _, p := range r.State.PayoutProcessors {
		if p.StoreID != r.Store().ID {
			continue
		}
		if _, seen := at[p.Processor]; !seen {
			at[p.Processor] = len(all)
			all = append(all, processorData{Name: p.Processor, FriendlyName: friendlyNames[p.Processor]})
		}
		data := &all[at[p.Processor]]
		data.PayoutMethods = append(data.PayoutMethods, r.Release.PayoutMethodName(p.Method))
	}
	r.Release.WriteProcessors(w, http.StatusOK, all)
}

// remove looks for the processor by its exact name. Until 2.0.0 a payout method that is not known is not found either
// (recording 35-payout-processors of 1.13.5).
func remove(w http.ResponseWriter, r *serve.Request) {
	method, ok := r.Release.PayoutMethodID(r.PathValue("method"))
	switch {
	case !ok && !r.Release.NeedsPayoutMethods():
		aspnet.WriteCrash(w)
	case ok && r.State.RemovePayoutProcessor(r.Store().ID, r.PathValue("processor"), method):
		aspnet.WriteEmpty(w, http.StatusOK)
	default:
		aspnet.WriteNotFound(w)
	}
}

// methodOf returns the payout method that the path names, "" if it names none. One that is blank crashes the server. Any other
// is one since 2.0.0.
func methodOf(w http.ResponseWriter, r *serve.Request) (string, bool) {
	name := r.PathValue("method")
	if name == "" {
		return "", true
	}
	id, ok := r.Release.PayoutMethodID(name)
	if !ok {
		aspnet.WriteCrash(w)
	}
	return id, ok
}

// configured returns the settings of a processor in the store, for the payout method of the path or for all.
func configured(r *serve.Request, processor, method string) []*world.PayoutProcessor {
	var found []*world.PayoutProcessor
	for _, p := range r.State.PayoutProcessors {
		if p.StoreID == r.Store().ID && p.Processor == processor && (method == "" || p.Method == method) {
			found = append(found, p)
		}
	}
	return found
}

// The bounds of the pause between two runs of a processor.
const (
	shortestInterval = time.Minute
	longestInterval  = 24 * time.Hour
)

func checkInterval(interval time.Duration) []aspnet.FieldError {
	switch {
	case interval < shortestInterval:
		return []aspnet.FieldError{{Path: "IntervalSeconds", Message: "The minimum interval is 60 seconds"}}
	case interval > longestInterval:
		return []aspnet.FieldError{{Path: "IntervalSeconds", Message: "The maximum interval is 86400 seconds"}}
	}
	return nil
}
