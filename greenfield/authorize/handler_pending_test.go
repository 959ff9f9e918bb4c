package authorize_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
)

func TestMemory(t *testing.T) {
	ctx, later := t.Context(), time.Now().Add(time.Hour)
	var m authorize.Memory
	if _, err := m.Take(ctx, "none"); !errors.Is(err, authorize.ErrNoLogin) {
		t.Error(err)
	}
	// A user's eleventh replaces the first, and no other user's.
	put := func(id, user string, expires time.Time) error {
		return m.Put(ctx, authorize.Login{ID: id, User: user, Expires: expires})
	}
	for i := range 11 {
		for _, user := range []string{"alice", "bob"} {
			if err := put(fmt.Sprint(user, i), user, later); err != nil {
				t.Fatal(err)
			}
		}
		if err := put("mallory", "mallory", later); err != nil { // one login, put back again and again
			t.Fatal(err)
		}
	}
	for id, want := range map[string]bool{"alice0": false, "bob0": false, "alice1": true, "bob10": true, "mallory": true} {
		login, err := m.Take(ctx, id)
		if (err == nil) != want || want && login.ID != id {
			t.Error(id, login, err)
		}
		if _, err := m.Take(ctx, id); !errors.Is(err, authorize.ErrNoLogin) {
			t.Error(id, "can be taken twice")
		}
	}
	// It is bounded, and expired logins make place.
	m = authorize.Memory{}
	for i := range 10_000 {
		if err := put(fmt.Sprint("u", i), fmt.Sprint("u", i), later); err != nil {
			t.Fatal(err)
		}
	}
	if err := put("one more", "one more", later); !errors.Is(err, authorize.ErrTooManyLogins) {
		t.Error(err)
	}
	m = authorize.Memory{}
	for i := range 20_000 {
		if err := put(fmt.Sprint("u", i), fmt.Sprint("u", i), time.Now()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLoginAsJSON stores a login as a database would, and compares after that.
func TestLoginAsJSON(t *testing.T) {
	strict := false
	request := authorize.Request{ApplicationName: "Shop", Permissions: permissions{greenfield.CanViewInvoices}, Strict: &strict, SelectiveStores: true, StoreID: "A"}
	text, err := json.Marshal(authorize.Login{ID: "1", User: "alice", Server: "https://x.example", Request: request, Expires: time.Unix(1795420723, 0)})
	if err != nil {
		t.Fatal(err)
	}
	var login authorize.Login
	if err := json.Unmarshal(text, &login); err != nil || login.User != "alice" || *login.Request.Strict || login.Request.Compare(permissions{"btcpay.store.canviewinvoices:A"}).Match != authorize.MatchSame {
		t.Errorf("%s: %+v, %v", text, login, err)
	}
}
