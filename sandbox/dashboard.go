package sandbox

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/dashboard"
)

// newDashboard returns the page on which a person watches the sandbox.
func (s *Sandbox) newDashboard(version string) *dashboard.Dashboard {
	return dashboard.New(s.world, &s.requests, dashboard.Options{
		RootPath:    s.rootPath,
		Version:     version,
		StoreID:     s.seed.StoreID,
		Faults:      s.faults.waiting,
		RemoveFault: s.faults.remove,
		Approve:     s.Approve,
	})
}

// waiting describes the faults that are set.
func (f *activeFaults) waiting() []dashboard.Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []dashboard.Fault
	for _, a := range f.active {
		left := "the next request"
		switch {
		case a.left < 0:
			left = "all, until it is removed"
		case a.left > 1:
			left = fmt.Sprintf("the next %d requests", a.left)
		}
		all = append(all, dashboard.Fault{
			ID:       a.ID(),
			Requests: strings.TrimSpace(strings.ToUpper(a.fault.Method) + " " + cmp.Or(a.fault.Path, "any path")),
			Effect:   a.fault.String(),
			Left:     left,
		})
	}
	return all
}

// remove removes a fault by its id. It reports whether the fault was set.
func (f *activeFaults) remove(id string) bool {
	f.mu.Lock()
	var found *ActiveFault
	for _, a := range f.active {
		if a.ID() == id {
			found = a
		}
	}
	f.mu.Unlock()
	if found == nil {
		return false
	}
	found.Remove()
	return true
}
