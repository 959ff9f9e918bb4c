package greenfield

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/client"
)

// maxTriedStores limits the requests for a key that names many stores.
const maxTriedStores = 16

// Try asks the server what it lets the client's key do now. held are the key's
// permissions, from [APIKeyService.Current]. A permission for every store is tried in the
// store with the id storeID; if storeID is empty, it is not tried. The rights are in the
// order of held. An unrestricted key has two: one for being unrestricted, and, if storeID
// is set, one for whether its owner may do anything in the store.
//
// Try only sends GET requests, to [Permission.ProvingRead]. It sends each read once per
// store, regardless of the number of permissions: one or two if the key may do everything
// in the store, and at most 14. If the key may see the members of the store and its own
// profile, the role explains a refusal. A lost connection, or a response that says
// nothing about a permission, ends Try and never counts as a refusal.
func (s *PermissionService) Try(ctx context.Context, held []Permission, storeID StoreID, opts ...client.CallOption) []Right {
	t := &trial{c: s.c, opts: opts, held: Effective(held), stores: map[string]*storeTrial{}}
	rights := make([]Right, 0, len(held))
	for _, p := range held {
		switch {
		case p.NamesStoreTwice(), p.Kind() == StorePermission && p.Scope() != "" && !client.IsID(p.Scope()):
			rights = append(rights, Right{Permission: p, Live: LiveNo, Reason: RightNoEffect})
		case p.Kind() == StorePermission:
			rights = append(rights, t.inStore(ctx, p, cmp.Or(StoreID(p.Scope()), storeID)))
		default:
			rights = append(rights, t.elsewhere(ctx, p))
			if p.IsUnrestricted() && client.IsID(string(storeID)) {
				rights = append(rights, t.anything(ctx, p, storeID))
			}
		}
	}
	return rights
}

// A trial is one run of [PermissionService.Try].
type trial struct {
	c      *Client
	opts   []client.CallOption
	held   []Permission
	stores map[string]*storeTrial
	rest   findings // not about a store
	me     *User
	failed error // after this error, no more requests are sent
}

// inStore returns the Right of a store permission.
func (t *trial) inStore(ctx context.Context, p Permission, storeID StoreID) Right {
	if !client.IsID(string(storeID)) {
		return Right{Permission: p, Live: LiveUnknown, Reason: RightNoStore}
	}
	s := t.store(ctx, storeID)
	if s == nil {
		return Right{Permission: p, StoreID: storeID, Live: LiveUnknown, Reason: RightNotTried}
	}
	return s.right(p, s.judge(p.Policy()))
}

// anything returns the Right of an unrestricted key in a store: whether its owner may do
// anything there.
func (t *trial) anything(ctx context.Context, p Permission, storeID StoreID) Right {
	s := t.store(ctx, storeID)
	switch {
	case s == nil:
		return Right{Permission: p, StoreID: storeID, Live: LiveUnknown, Reason: RightNotTried}
	case len(s.found.with(LiveYes)) > 0:
		return s.right(p, finding{live: LiveYes})
	case len(s.found.with(LiveNo)) > 0:
		return s.right(p, finding{live: LiveNo, reason: RightRefused})
	}
	return s.right(p, finding{live: LiveUnknown, reason: RightNoAnswer, err: t.failed})
}

// elsewhere returns the Right of a permission that is not about a store.
func (t *trial) elsewhere(ctx context.Context, p Permission) Right {
	if t.rest == nil {
		t.rest = findings{}
		for _, read := range provingReads {
			// For an unrestricted key, not every read of the server is tried: its owner's
			// profile is enough.
			named := func(p Permission) bool { return p == read.permission || p != Unrestricted && p.Covers(read.permission) }
			if !read.inStore() && slices.ContainsFunc(t.held, named) && t.rest.judge(read.permission).live == LiveUnknown {
				t.read(ctx, read, "", t.held, t.rest)
			}
		}
	}
	found := t.rest.judge(p.Policy())
	if p.Kind() == ServerPermission && found.live != LiveYes {
		// An administrator has all of these permissions.
		for _, other := range t.rest.with(LiveYes) {
			if other.Kind() == ServerPermission {
				return t.rest.right(p, "", finding{live: LiveYes, reason: RightIncluded})
			}
		}
		for _, other := range t.rest.with(LiveNo) {
			if other.Kind() == ServerPermission {
				return t.rest.right(p, "", finding{live: LiveNo, reason: RightNoAdministrator})
			}
		}
	}
	return t.rest.right(p, "", found)
}

// read sends one read and notes the result.
func (t *trial) read(ctx context.Context, read provingRead, storeID StoreID, held []Permission, into findings) {
	if t.failed != nil {
		into.note(read.permission, finding{LiveUnknown, RightNoAnswer, t.failed})
		return
	}
	path, query, _ := strings.Cut(strings.ReplaceAll(read.path, "{storeId}", string(storeID)), "?")
	request := client.Request{Method: http.MethodGet, Path: append([]string{"api", "v1"}, strings.Split(path, "/")...)}
	request.Query, _ = url.ParseQuery(query)
	response, err := t.c.http.Do(ctx, request, t.opts...)
	if err == nil && !json.Valid(response.Body) {
		err = request.Unusable(response.Status, errors.New("it is no JSON"))
	}
	if err == nil {
		into.note(read.permission, finding{live: LiveYes})
		return
	}
	answer, answered := errors.AsType[*client.Error](err)
	switch {
	case !answered, answer.Page != "", answer.Status == http.StatusUnauthorized, answer.Status == http.StatusTooManyRequests,
		answer.Status >= 500 && answer.Code == "":
		t.failed = explain(request, err)
		into.note(read.permission, finding{LiveUnknown, RightNoAnswer, t.failed})
	case answer.Status == http.StatusForbidden && answer.MissingPermission != "":
		policy, err := ParsePermission(answer.MissingPermission)
		if err == nil && Covered(held, policy.ForStore(storeID)) {
			into.note(policy.Policy(), finding{live: LiveNo, reason: RightRefused})
		}
		if policy != read.permission {
			into.note(read.permission, finding{LiveUnknown, RightNoCall, fmt.Errorf("the server checks %.80q with this call: %w", answer.MissingPermission, answer)})
		}
	case answer.Status == http.StatusNotFound && answer.Code == CodeStoreNotFound:
		into.note(read.permission, finding{live: LiveNo, reason: RightRefused})
	case read.absent && answer.Code != "" && answer.Code != client.CodeMissingPermission:
		into.note(read.permission, finding{live: LiveYes})
	case answer.Status == http.StatusNotFound, answer.Status == http.StatusMethodNotAllowed:
		into.note(read.permission, finding{LiveUnknown, RightNoCall, explain(request, err)})
	default:
		into.note(read.permission, finding{LiveUnknown, RightNoAnswer, explain(request, err)})
	}
}
