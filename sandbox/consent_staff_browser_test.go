package sandbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
)

// owner asks as the owner of the shop.
func (v *visitor) owner(t *testing.T, method, path, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, v.address+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "token "+v.seed.APIKey)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		t.Fatalf("%s %s: %s", method, path, answer.Status)
	}
}

// TestStaffConsentsInChromium has people consent to more than their role allows. The server grants all of it, and the
// program finds out what it is worth, at once and after they were removed.
func TestStaffConsentsInChromium(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it starts a browser")
	}
	v := newVisitor(t, "", false)
	const email, password = "bob@example.com", "correct horse battery"
	v.owner(t, "POST", "/api/v1/users", `{"email":"`+email+`","password":"`+password+`"}`)
	member := "/api/v1/stores/" + v.seed.StoreID + "/users/" + email
	v.owner(t, "PUT", member, `{"storeRole":"Guest"}`)
	asOwner := v.seed
	v.seed.Email, v.seed.Password = email, password

	l := v.listen(authorize.ListenOptions{})
	asked := authorize.Request{
		Permissions:     []greenfield.Permission{greenfield.CanModifyStoreSettings.ForStore(greenfield.StoreID(v.seed.StoreID)), greenfield.CanViewProfile},
		ApplicationName: "Till", Redirect: l.URL(), SelectiveStores: true,
	}
	v.visit(asked)
	v.Click("button[value=Authorize]", 1)
	key := v.receive(l, asked, authorize.MatchSame)
	c, err := greenfield.New(v.address, key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	check := func(when string, live greenfield.Live, reason greenfield.RightReason) {
		t.Helper()
		now := c.Permissions.Try(t.Context(), asked.Permissions, "")
		if len(now) != 2 || now[0].Live != live || now[0].Reason != reason || now[1].Live != greenfield.LiveYes {
			t.Errorf("%s: %+v", when, now)
		}
	}
	check("a guest", greenfield.LiveNo, greenfield.RightRefused)
	v.owner(t, "PUT", member, `{"storeRole":"Manager"}`)
	check("a manager", greenfield.LiveNo, greenfield.RightByRole)
	v.owner(t, "PUT", member, `{"storeRole":"Owner"}`)
	check("an owner", greenfield.LiveYes, greenfield.RightTried)
	v.owner(t, "DELETE", member, "")
	check("removed", greenfield.LiveNo, greenfield.RightNoAccess)
	v.seed = asOwner
}
