package authorize_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
	"github.com/btcpayctl/btcpayctl/sandbox/replay"
)

const shopServer = "https://mainnet.demo.btcpayserver.org"

// TestPublishedURLs are the seven shapes that the server's documentation shows.
func TestPublishedURLs(t *testing.T) {
	two := []greenfield.Permission{greenfield.CanCreateInvoice, greenfield.CanViewInvoices}
	const twoQuery = "?permissions=btcpay.store.cancreateinvoice&permissions=btcpay.store.canviewinvoices&applicationName=Your%20Application"
	for _, c := range []struct {
		name    string
		request authorize.Request
		query   string
	}{
		{"nothing", authorize.Request{}, ""},
		{"a name", authorize.Request{ApplicationName: "Your Application"}, "?applicationName=Your%20Application"},
		{"a name and a redirect", authorize.Request{ApplicationName: "Your Application", Redirect: "http://gozo.com"},
			"?applicationName=Your%20Application&redirect=http://gozo.com"},
		{"and an identifier", authorize.Request{ApplicationName: "Your Application", Redirect: "http://gozo.com", ApplicationIdentifier: "gozo"},
			"?applicationName=Your%20Application&redirect=http://gozo.com&applicationIdentifier=gozo"},
		{"two permissions", authorize.Request{ApplicationName: "Your Application", Permissions: two}, twoQuery},
		{"chosen stores", authorize.Request{ApplicationName: "Your Application", Permissions: two, SelectiveStores: true},
			twoQuery + "&selectiveStores=true"},
		{"not strict", authorize.Request{ApplicationName: "Your Application", Permissions: two, Strict: new(false)}, twoQuery + "&strict=false"},
	} {
		for _, prefix := range []string{"", "/btcpay", "/a/b"} {
			got, err := c.request.URL(shopServer + prefix + "/")
			if want := shopServer + prefix + "/api-keys/authorize" + c.query; err != nil || got != want {
				t.Errorf("%s: %s, %v, want %s", c.name, got, err, want)
			}
		}
	}
}

func TestURLEscapes(t *testing.T) {
	r := authorize.Request{
		Permissions:           []greenfield.Permission{" BTCPAY.Store.CanViewInvoices:Store-1 ", "btcpay.store.canviewinvoices:Store-1"},
		ApplicationName:       "Bücher & Co + \"50%\" #1 = ?",
		Redirect:              "http://127.0.0.1:8765/cb?state=a+b&x=%2F",
		ApplicationIdentifier: "app/1",
		Strict:                new(true), SelectiveStores: true,
	}
	r.Permissions[0] = "BTCPAY.Store.CanViewInvoices:Store-1"
	got, err := r.URL(shopServer)
	want := shopServer + "/api-keys/authorize?permissions=btcpay.store.canviewinvoices:Store-1" +
		"&applicationName=B%C3%BCcher%20%26%20Co%20%2B%20%2250%25%22%20%231%20%3D%20%3F" +
		"&redirect=http://127.0.0.1:8765/cb%3Fstate%3Da%2Bb%26x%3D%252F&applicationIdentifier=app/1&strict=true&selectiveStores=true"
	if err != nil || got != want {
		t.Fatalf("%v\n%s\n%s", err, got, want)
	}
	u, err := url.Parse(got)
	if err != nil || u.Query().Get("redirect") != r.Redirect || u.Query().Get("applicationName") != r.ApplicationName {
		t.Error(u.Query(), err)
	}
}

func TestAuthorizeRefuses(t *testing.T) {
	ask := func(p ...greenfield.Permission) authorize.Request {
		return authorize.Request{Permissions: p}
	}
	to := func(redirect string) authorize.Request {
		return authorize.Request{Redirect: redirect}
	}
	for _, c := range []struct {
		request     authorize.Request
		member, why string
	}{
		{ask("hello"), "permissions", "leave it out"},
		{ask(greenfield.CanViewInvoices + ":"), "permissions", "no store behind"},
		{ask("btcpay.store.canfly"), "permissions", "unknown"},
		{ask("btcpay.store.canviewinvoice"), "permissions", "is btcpay.store.canviewinvoices meant"},
		{ask("btcpay.server.canviewinvoices"), "permissions", "is btcpay.store.canviewinvoices meant"},
		{ask(greenfield.CanViewInvoices + ":a;b"), "permissions", "no store's id"},
		{ask(greenfield.CanViewProfile + ":abc"), "permissions", "not about a store"},
		{ask(greenfield.Unrestricted + ":abc"), "permissions", "is no limit"},
		{to("cb/here"), "redirect", "not absolute"},
		{to("/account/apikeys"), "redirect", "not absolute"},
		{to("//127.0.0.1/cb"), "redirect", "not absolute"},
		{to("http://"), "redirect", "no host"},
		{to("http://:80/"), "redirect", "no host"},
		{to("javascript:alert(1)"), "redirect", "run"},
		{to("data:text/html,x"), "redirect", "run"},
		{to("http://u:secretpw@127.0.0.1:8765/cb"), "redirect", "user name"},
		{to("http://127.0.0.1:8765/cb#frag"), "redirect", "fragment"},
		{to("http://127.0.0.1:8765/cb#"), "redirect", "fragment"},
		{to("http://127.0.0.1:8765/\u202ecb"), "redirect", "no address"},
		{to("http://127.0.0.1:port/cb"), "redirect", "no address"},
		{authorize.Request{ApplicationIdentifier: "app"}, "applicationIdentifier", "redirect"},
		{authorize.Request{ApplicationName: "a\u202eb"}, "applicationName", "cannot be shown"},
		{authorize.Request{ApplicationName: "a\nb"}, "applicationName", "cannot be shown"},
		{authorize.Request{ApplicationName: "a\xff"}, "applicationName", "cannot be shown"},
		{authorize.Request{ApplicationName: "  "}, "applicationName", "blanks"},
		{authorize.Request{ApplicationName: strings.Repeat("x", 201)}, "applicationName", "201 bytes"},
	} {
		_, err := c.request.URL(shopServer)
		refused, ok := errors.AsType[*client.RequestError](err)
		if !ok || refused.Member != c.member || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%+v: %v, want %s: …%s…", c.request, err, c.member, c.why)
		}
		if err != nil && strings.Contains(err.Error(), "secretpw") {
			t.Errorf("a password stands in %v", err)
		}
	}
}

func TestAuthorizeAllows(t *testing.T) {
	plugin := greenfield.Permission("btcpay.plugin.store.canship")
	for name, r := range map[string]authorize.Request{
		"unknown on purpose":     {Permissions: []greenfield.Permission{plugin}, AllowUnknown: true},
		"in the server's list":   {Permissions: []greenfield.Permission{plugin}, Known: []greenfield.PermissionInfo{{Name: plugin}}},
		"the scheme of an app":   {Redirect: "myapp://callback/done?a=1"},
		"a scheme without slash": {Redirect: "myapp:done"},
		"everything":             {Permissions: greenfield.AllPermissions()},
	} {
		if _, err := r.URL(shopServer); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A server that does not have a permission would drop it.
	old := authorize.Request{Permissions: []greenfield.Permission{greenfield.CanViewWallet}, Known: serverPermissions(t, "1.13.5")}
	if _, err := old.URL(shopServer); err == nil {
		t.Error("1.13.5 was asked for a permission about wallets")
	}
	if _, err := (authorize.Request{}).URL("http://shop.example.com"); !errors.Is(err, client.ErrServer) {
		t.Error(err)
	}
	if got, err := (authorize.Request{}).URL("http://shop.example.com", client.WithAllowHTTP()); err != nil {
		t.Error(got, err)
	}
}

func TestAuthorizeWarnings(t *testing.T) {
	const create, view, profile = greenfield.CanCreateInvoice, greenfield.CanViewInvoices, greenfield.CanViewProfile
	ask := func(selective bool, strict *bool, p ...greenfield.Permission) authorize.Request {
		return authorize.Request{Permissions: p, SelectiveStores: selective, Strict: strict}
	}
	with := func(r authorize.Request, identifier, redirect string) authorize.Request {
		r.ApplicationIdentifier, r.Redirect = identifier, redirect
		return r
	}
	const local = "http://127.0.0.1:8765/cb"
	for _, c := range []struct {
		request authorize.Request
		want    []authorize.WarningCode
	}{
		{ask(false, nil, view), nil},
		{ask(false, nil, view+":A"), []authorize.WarningCode{authorize.WarnWidened}},
		{ask(true, nil, view+":A"), nil},
		{ask(true, nil, view, create), []authorize.WarningCode{authorize.WarnOneStore}},
		{ask(true, nil, create+":A", view), []authorize.WarningCode{authorize.WarnTwoStores}},
		{ask(true, nil, profile), []authorize.WarningCode{authorize.WarnNoEffect}},
		{ask(true, new(false), profile), []authorize.WarningCode{authorize.WarnOneStore, authorize.WarnMayAdd}},
		{ask(false, nil, create), []authorize.WarningCode{authorize.WarnCannotRead}},
		{ask(false, nil, greenfield.CanModifyInvoices), nil},
		{ask(false, nil, greenfield.CanModifyInvoices, view), []authorize.WarningCode{authorize.WarnCovered}},
		{ask(false, nil), []authorize.WarningCode{authorize.WarnNothing}},
		{ask(false, nil, greenfield.Unrestricted), []authorize.WarningCode{authorize.WarnEverything}},
		{ask(false, nil, greenfield.CanViewUsers), []authorize.WarningCode{authorize.WarnAdministrator}},
		{ask(false, new(false), view), []authorize.WarningCode{authorize.WarnMayAdd}},
		{with(ask(false, new(false), view), "app", local), []authorize.WarningCode{authorize.WarnMayAdd, authorize.WarnReuseBreaks}},
		{with(ask(true, nil, view), "app", local), []authorize.WarningCode{authorize.WarnOneStore, authorize.WarnAllStoresKey}},
		{with(ask(false, nil, view), "", "http://shop.example.com/cb"), []authorize.WarningCode{authorize.WarnPlainRedirect}},
		{with(ask(false, nil, view), "", "https://shop.example.com/cb"), []authorize.WarningCode{authorize.WarnOtherRedirect}},
		{with(ask(false, nil, view), "", "http://localhost:8765/cb"), nil},
		{with(ask(false, nil, view), "", "http://[::1]:8765/cb"), nil},
	} {
		var codes []authorize.WarningCode
		for _, w := range c.request.Warnings() {
			codes = append(codes, w.Code)
			if w.Text == "" || strings.Contains(w.Text, "%!") {
				t.Errorf("%s says %q", w.Code, w.Text)
			}
		}
		slices.Sort(codes)
		slices.Sort(c.want)
		if diff := cmp.Diff(c.want, codes); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", c.request, diff)
		}
	}
}

func FuzzURL(f *testing.F) {
	f.Add("btcpay.store.canviewinvoices", "App", "http://127.0.0.1:1/cb?x=%2F", "id", true)
	f.Add("btcpay.store.canviewinvoices:A", "a&b=c#d", "myapp:done", "", false)
	f.Fuzz(func(t *testing.T, permission, name, redirect, identifier string, selective bool) {
		r := authorize.Request{
			Permissions: []greenfield.Permission{greenfield.Permission(permission)}, ApplicationName: name, Redirect: redirect,
			ApplicationIdentifier: identifier, SelectiveStores: selective, AllowUnknown: true,
		}
		r.Warnings()
		text, err := r.URL("https://shop.example.com/btcpay")
		if err != nil {
			return
		}
		u, err := url.Parse(text)
		if err != nil || u.Host != "shop.example.com" || u.Path != "/btcpay/api-keys/authorize" || u.Fragment != "" {
			t.Fatalf("%+v became %s, %v", r, text, err)
		}
		query, err := url.ParseQuery(u.RawQuery)
		want, _ := greenfield.ParsePermission(permission)
		if err != nil || query.Get("permissions") != string(want) || query.Get("applicationName") != name || query.Get("redirect") != redirect ||
			query.Get("applicationIdentifier") != identifier || (query.Get("selectiveStores") == "true") != selective || query.Has("strict") {
			t.Fatalf("%+v became %s, %v", r, text, err)
		}
	})
}

// serverPermissions is the list of permissions of a recorded server.
func serverPermissions(t testing.TB, version string) (list []greenfield.PermissionInfo) {
	t.Helper()
	loaded, err := replay.LoadAll(filepath.Join("..", "..", "sandbox", "testdata", "recordings", version, "10-health-info.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range loaded {
		steps, err := r.Exchanges()
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range steps {
			if s.Request.Path == "/misc/permissions" && s.Response.Status == 200 && json.Unmarshal(s.Response.JSON, &list) == nil {
				return list
			}
		}
	}
	t.Fatal("there is no list of permissions in the recording of", version)
	return nil
}
