package greenfield_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// staff is a second account in the shop of a sandbox.
type staff struct {
	shop
	t     *testing.T
	owner *greenfield.Client
	id    string
	own   *greenfield.Client // its account
}

func newStaff(t *testing.T) *staff {
	t.Helper()
	s := startShop(t, "")
	basic := func(email, password string) *greenfield.Client {
		credential, err := greenfield.NewBasic(email, client.NewSecret(password))
		if err != nil {
			t.Fatal(err)
		}
		return s.connect(t, credential)
	}
	b := &staff{shop: s, t: t, owner: basic(s.seed.Email, s.seed.Password)}
	var made struct {
		ID string `json:"id"`
	}
	b.send(http.MethodPost, "/api/v1/users", `{"email":"bob@example.com","password":"another long one"}`, &made)
	b.id, b.own = made.ID, basic("bob@example.com", "another long one")
	return b
}

// send is a request of the owner that the package has no method for.
func (b *staff) send(method, path, body string, into any) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.address+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.SetBasicAuth(b.seed.Email, b.seed.Password)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusCreated {
		b.t.Fatalf("%s %s: %s", method, path, answer.Status)
	}
	if into != nil {
		if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
			b.t.Fatal(err)
		}
	}
}

// becomes gives bob a role in the shop; none removes him.
func (b *staff) becomes(role string) {
	b.t.Helper()
	path := "/api/v1/stores/" + b.seed.StoreID + "/users/" + b.id
	if role == "" {
		b.send(http.MethodDelete, path, "", nil)
		return
	}
	b.send(http.MethodPut, path, `{"storeRole":"`+role+`"}`, nil)
}

// tries makes a key of bob and tries it; S stands for the shop.
func (b *staff) tries(by *greenfield.Client, store string, held ...string) string {
	b.t.Helper()
	var list permissions
	for _, text := range held {
		list = append(list, greenfield.Permission(strings.ReplaceAll(text, ":S", ":"+b.seed.StoreID)))
	}
	made, err := by.APIKeys.Create(b.t.Context(), greenfield.APIKeyRequest{Permissions: list})
	if err != nil {
		b.t.Fatal(err)
	}
	key, err := greenfield.NewAPIKey(made.Key)
	if err != nil {
		b.t.Fatal(err)
	}
	if store == "S" {
		store = b.seed.StoreID
	}
	return strings.ReplaceAll(shown(b.connect(b.t, key).Permissions.Try(b.t.Context(), list, greenfield.StoreID(store))), b.seed.StoreID, "S")
}

// shown writes rights down in short.
func shown(rights []greenfield.Right) string {
	short := func(p greenfield.Permission) string {
		policy := string(p.Policy())
		return policy[strings.LastIndexByte(policy, '.')+1:]
	}
	var texts []string
	for _, r := range rights {
		var text strings.Builder
		text.WriteString(short(r.Permission))
		if r.StoreID != "" {
			text.WriteString(string("@" + r.StoreID))
		}
		text.WriteString(" " + string(r.Live) + " " + string(r.Reason))
		if r.Role != "" {
			text.WriteString(" " + r.Role)
		}
		for _, p := range r.Works {
			text.WriteString(" +" + short(p))
		}
		texts = append(texts, text.String())
	}
	return strings.Join(texts, "; ")
}

// TestLiveRights gives an account one role after the other. Its keys stay as they
// are, and what they may do does not.
func TestLiveRights(t *testing.T) {
	b := newStaff(t)
	const (
		modify, view, invoices = "btcpay.store.canmodifystoresettings:S", "btcpay.store.canviewstoresettings:S", "btcpay.store.canviewinvoices:S"
		create, change         = "btcpay.store.cancreateinvoice:S", "btcpay.store.canmodifyinvoices:S"
		profile                = "btcpay.user.canviewprofile"
	)
	check := func(want, store string, held ...string) {
		t.Helper()
		if got := b.tries(b.own, store, held...); got != want {
			t.Errorf("%v:\n got %s\nwant %s", held, got, want)
		}
	}
	// No member: a key for the shop can be made all the same.
	check("canmodifystoresettings@S no no-access", "", modify)
	check("cancreateinvoice@S unknown no-read", "", create)
	check("cancreateinvoice@S unknown no-read; canviewinvoices@S no no-access", "", create, invoices)
	check("canmodifyinvoices@S no no-access", "", change)
	check("canviewinvoices@nowhere no no-access", "", "btcpay.store.canviewinvoices:nowhere")
	check("unrestricted yes tried; unrestricted@S no no-access", "S", "unrestricted")

	b.becomes("Guest")
	check("canmodifystoresettings@S no refused +canviewinvoices +canviewlightninginvoice +canviewpaymentrequests +canviewpayouts +canviewpullpayments", "", modify)
	check("canviewinvoices@S yes tried", "", invoices)
	check("canviewstoresettings@S no refused +canviewinvoices +canviewpaymentrequests +canviewpayouts +canviewpullpayments; canviewprofile yes tried", "", view, profile)
	check("canmodifyinvoices@S unknown no-read", "", change)
	check("canmodifywebhooks@S no no-access", "", "btcpay.store.webhooks.canmodifywebhooks:S")
	check("unrestricted yes tried; unrestricted@S yes tried", "S", "unrestricted")
	check("canviewinvoices@S yes tried", "S", "btcpay.store.canviewinvoices")
	check("canviewinvoices unknown no-store", "", "btcpay.store.canviewinvoices")

	b.becomes("Manager")
	check("canmodifystoresettings@S no refused +canviewlightninginvoice +canviewstoresettings +canmodifywebhooks", "", modify)
	check("canmodifystoresettings@S no role Manager +canviewlightninginvoice +canviewstoresettings +canmodifywebhooks; canviewprofile yes tried", "", modify, profile)
	check("canmodifyinvoices@S yes role Manager; canviewstoresettings@S yes tried Manager; canviewprofile yes tried", "", change, view, profile)
	check("canuselightningnode@S no role Manager +canviewlightninginvoice; canviewstoresettings@S yes tried Manager; canviewprofile yes tried", "",
		"btcpay.store.canuselightningnode:S", view, profile)

	b.becomes("Owner")
	check("canmodifystoresettings@S yes tried; cancreateinvoice@S yes included", "", modify, create)
	check("canmodifyinvoices@S yes included; canmodifystoresettings@S yes tried", "", change, modify)

	b.becomes("")
	check("canmodifystoresettings@S no no-access", "", modify)
	check("canviewinvoices@S no no-access", "S", "btcpay.store.canviewinvoices")

	// What is about the server or the account.
	check("canmodifyserversettings no no-administrator; canmanageusers no no-administrator", "", "btcpay.server.canmodifyserversettings", "btcpay.server.canmanageusers")
	check("canmodifyprofile unknown no-read; canviewnotificationsforuser yes tried", "", "btcpay.user.canmodifyprofile", "btcpay.user.canviewnotificationsforuser")
	check("x@S unknown no-read; canviewinvoices no no-effect", "", "btcpay.plugin.store.x:S", "btcpay.store.canviewinvoices:S:S")
	if got := b.tries(b.owner, "", "btcpay.server.canviewusers", "btcpay.server.canmanageusers"); got != "canviewusers yes tried; canmanageusers yes included" {
		t.Error(got)
	}
	// An administrator sees the settings of a store of others, and no more.
	other, err := b.own.Stores.Create(t.Context(), greenfield.StoreRequest{Name: "Bob's"})
	if err != nil {
		t.Fatal(err)
	}
	want := "canviewstoresettings@O yes tried; canmodifywebhooks@O no no-member; canviewprofile yes tried"
	got := strings.ReplaceAll(b.tries(b.owner, "", "btcpay.store.canviewstoresettings:"+string(other.ID), "btcpay.store.webhooks.canmodifywebhooks:"+string(other.ID), profile), string(other.ID), "O")
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// TestTryIsARead counts what is asked, of servers that differ, fail or say what
// nobody can use.
func TestTryIsARead(t *testing.T) {
	const refusal = `{"missingPermission":"%s","code":"missing-permission","message":"x"}`
	answers := func(status int, body string) func(*http.Request) (int, string) {
		return func(*http.Request) (int, string) { return status, body }
	}
	var all, many permissions
	for _, p := range greenfield.AllPermissions() {
		if p.Kind() == greenfield.StorePermission {
			all = append(all, p+":S")
		}
	}
	for i := range 1000 {
		many = append(many, greenfield.CanViewInvoices+greenfield.Permission(fmt.Sprintf(":S%d", i)))
	}
	modify, wallet, view := permissions{greenfield.CanModifyStoreSettings + ":S"}, permissions{greenfield.CanViewWallet + ":S"}, permissions{greenfield.CanViewInvoices + ":S"}
	// Up to 2.3.9 a wallet needs the right to change the settings.
	old := func(r *http.Request) (int, string) {
		if strings.HasSuffix(r.URL.Path, "/wallet") {
			return 403, fmt.Sprintf(refusal, "btcpay.store.canmodifystoresettings")
		}
		return 200, `[]`
	}
	for _, c := range []struct {
		name  string
		held  permissions
		serve func(*http.Request) (int, string)
		want  string
		asks  int32
	}{
		{"all at once", modify, func(r *http.Request) (int, string) {
			if strings.HasSuffix(r.URL.Path, "/wallet") {
				return 404, `{"code":"unknown-paymentMethodId","message":"x"}`
			}
			return 200, `[]`
		}, "canmodifystoresettings@S yes tried", 2},
		{"an older server, a smaller role", modify, old, "canmodifystoresettings@S no refused +canuselightningnode +canviewofferings +canviewstoresettings +canmodifywebhooks", 10},
		{"an older server without the permission", wallet, old, "canviewwallet@S unknown no-call", 1},
		{"no such call", wallet, answers(404, ``), "canviewwallet@S unknown no-call", 1},
		{"a page for 404", view, answers(404, `<title>x</title>`), "canviewinvoices@S unknown no-answer", 1},
		{"a page of a proxy", view, answers(403, `<title>Blocked</title>`), "canviewinvoices@S unknown no-answer", 1},
		{"a page that says all is well", view, answers(200, `<title>Log in</title>`), "canviewinvoices@S unknown no-answer", 1},
		{"a refusal of another program", view, answers(403, `{"code":"blocked"}`), "canviewinvoices@S unknown no-answer", 1},
		{"a key that is gone meanwhile", all[:3], answers(401, `{"code":"unauthenticated"}`), "", 1},
		{"a server that fails", modify, answers(500, ``), "canmodifystoresettings@S unknown no-answer", 1},
		{"no store of that name", view, answers(404, `{"code":"store-not-found","message":"x"}`), "canviewinvoices@S no no-access", 1},
		{"everything is refused", all, nil, "", 11},
		{"many stores", many, answers(200, `[]`), "", 16},
		{"nothing to try", permissions{greenfield.CanCreateInvoice + ":S"}, answers(200, `[]`), "cancreateinvoice@S unknown no-read", 0},
		{"no store's id", permissions{greenfield.CanViewInvoices + ":../x"}, answers(200, `[]`), "canviewinvoices no no-effect", 0},
	} {
		var asked atomic.Int32
		g := serve(t, func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			if r.Method != http.MethodGet || r.ContentLength > 0 {
				t.Errorf("%s: %s %s", c.name, r.Method, r.URL)
			}
			if c.serve == nil {
				for _, p := range greenfield.AllPermissions() {
					if path, ok := p.ProvingRead(); ok && strings.HasPrefix(strings.ReplaceAll(path, "{storeId}", "S")+"?", r.URL.Path+"?") {
						answer(w, 403, fmt.Sprintf(refusal, p))
						return
					}
				}
				t.Error("unknown:", r.URL)
				return
			}
			status, body := c.serve(r)
			answer(w, status, body)
		})
		rights := g.Permissions.Try(t.Context(), c.held, "")
		if got := shown(rights); c.want != "" && got != c.want {
			t.Errorf("%s: %s\nwant %s", c.name, got, c.want)
		}
		if got := asked.Load(); got != c.asks {
			t.Errorf("%s: %d requests, want %d", c.name, got, c.asks)
		}
		if len(rights) != len(c.held) {
			t.Errorf("%s: %d rights of %d", c.name, len(rights), len(c.held))
		}
		for _, r := range rights {
			if c.name == "everything is refused" && r.Live == greenfield.LiveYes || c.name == "a key that is gone meanwhile" && r.Live != greenfield.LiveUnknown {
				t.Errorf("%s: %+v", c.name, r)
			}
			if (r.Reason == greenfield.RightNoAnswer) != (r.Err != nil) && r.Reason != greenfield.RightNoCall {
				t.Errorf("%s: %+v", c.name, r)
			}
		}
	}
	ended, stop := context.WithCancel(t.Context())
	stop()
	g := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("something was asked after the end") })
	if got := shown(g.Permissions.Try(ended, view, "")); got != "canviewinvoices@S unknown no-answer" {
		t.Error(got)
	}
}

// TestProvingReadsAreChecked compares the reads with the permission that the
// recorded server named when it refused them, and with what it answered to keys
// that have it.
func TestProvingReadsAreChecked(t *testing.T) {
	groups := recordings(t, "2.4.1/1[37]-*.json")
	if len(groups) != 2 {
		t.Fatal(groups)
	}
	seen := map[greenfield.Permission]int{}
	for _, r := range groups {
		for _, s := range r.Steps {
			path, _, _ := strings.Cut(s.Request.Path, "?")
			parts := strings.Split(path, "/")
			if i := slices.Index(parts, "stores"); i >= 0 && i+1 < len(parts) {
				parts[i+1] = "{storeId}"
			}
			for _, p := range greenfield.AllPermissions() {
				read, ok := p.ProvingRead()
				if read, _, _ = strings.Cut(read, "?"); !ok || p == greenfield.Unrestricted || s.Request.Method != http.MethodGet || read != strings.Join(parts, "/") {
					continue
				}
				var answer struct{ MissingPermission string }
				if s.Response.Status == http.StatusForbidden {
					if err := json.Unmarshal(s.Response.JSON, &answer); err != nil {
						t.Fatal(err)
					}
				}
				switch {
				case s.Response.Status == http.StatusForbidden && answer.MissingPermission == string(p):
					seen[p]++
				case s.Response.Status == http.StatusOK:
				default:
					t.Errorf("%s: %d, %s for %s", s.Name, s.Response.Status, answer.MissingPermission, p)
				}
			}
		}
	}
	var unseen []greenfield.Permission
	for _, p := range greenfield.AllPermissions() {
		if _, ok := p.ProvingRead(); ok && seen[p] == 0 {
			unseen = append(unseen, p)
		}
	}
	// These calls are in recordings 25, 29 and 30, with other ids and to other keys.
	want := permissions{
		greenfield.Unrestricted, greenfield.CanViewUsers, greenfield.CanUseInternalLightningNode, greenfield.CanViewLightningInvoiceInternalNode,
		greenfield.CanModifyStoreSettings, greenfield.CanUseLightningNode, greenfield.CanViewLightningInvoice, greenfield.CanViewWallet,
	}
	if diff := cmp.Diff(want, unseen); diff != "" {
		t.Error(diff)
	}
}

// TestRoleAsServersShowIt reads the members of a store in the older and the newer
// words, and what no server says.
func TestRoleAsServersShowIt(t *testing.T) {
	const roles = `[{"id":"Owner","role":"Owner","permissions":["btcpay.store.canmodifystoresettings"]},{"id":"Clerk","role":"Clerk","permissions":["btcpay.store.canviewstoresettings"]}]`
	for members, want := range map[string]string{
		`[{"userId":"u1","role":"Owner","email":"a@example.com","name":null}]`: "yes role Owner",
		`[{"id":"u1","storeRole":"Clerk"},{"id":"u2","storeRole":"Owner"}]`:    "no role Clerk",
		`[{"id":"u2","storeRole":"Owner"}]`:                                    "no no-member",
		`[]`:                                                                   "no no-member",
		`[{"id":"u1"}]`:                                                        "unknown no-read",
		`[{"id":"u1","storeRole":"King"}]`:                                     "unknown no-read King",
		`[{"id":"u1","storeRole":"` + strings.Repeat("x", 5000) + `"}]`:        "unknown no-read " + strings.Repeat("x", 100),
		`{"members":[]}`:                                                       "unknown no-read",
		`[{"id":"u1","storeRole":"Owner"},{"id":"u1","storeRole":"Clerk"},{"id":1}]`: "unknown no-read",
	} {
		g := serve(t, func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/api/v1/users/me":
				answer(w, 200, `{"id":"u1","email":"a@example.com"}`)
			case "/api/v1/stores/S/users":
				answer(w, 200, members)
			case "/api/v1/stores/S/roles":
				answer(w, 200, roles)
			default:
				answer(w, 200, `[]`)
			}
		})
		now := g.Permissions.Try(t.Context(), permissions{greenfield.CanModifyInvoices + ":S", greenfield.CanViewStoreSettings + ":S", greenfield.CanViewProfile}, "")
		if got, _, _ := strings.Cut(shown(now[:1]), " +"); got != "canmodifyinvoices@S "+want {
			t.Errorf("%.100s: %s", members, got)
		}
	}
}
