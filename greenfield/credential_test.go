package greenfield_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

func TestNewAPIKey(t *testing.T) {
	for text, why := range map[string]string{
		"": "not a Greenfield", "short": "not a Greenfield", testKey + " ": "not a Greenfield", testKey + "\n": "not a Greenfield", "token " + testKey: "not a Greenfield",
		strings.ToUpper(testKey): "capital letters", "Aa1" + testKey: "legacy key", strings.Repeat("a", 257): "not a Greenfield", "é" + testKey: "not a Greenfield",
	} {
		_, err := greenfield.NewAPIKey(client.NewSecret(text))
		if !errors.Is(err, greenfield.ErrAPIKey) || !strings.Contains(err.Error(), why) || text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, paste := range []string{testKey, " " + testKey + "\r\n", `"` + testKey + `"`, "'" + testKey + "'", "“" + testKey + "”", "`" + testKey + "`", "\ufeff" + testKey,
		"token " + testKey, "Bearer  " + testKey + " ", `"token ` + testKey + `"`, "\u00a0" + testKey + "\u200b"} {
		if key, err := greenfield.ParsePastedKey(paste); err != nil || key.Secret().Reveal() != testKey {
			t.Errorf("%q: %v", paste, err)
		}
	}
	for _, paste := range []string{"", "   ", "token", testKey + " " + testKey, testKey[:20] + "\n" + testKey[20:]} {
		if _, err := greenfield.ParsePastedKey(paste); err == nil {
			t.Errorf("%q was taken", paste)
		}
	}
	key := apiKey(t, testKey)
	for _, shown := range []string{fmt.Sprint(key), fmt.Sprintf("%+v %#v %v", key, key, &key)} {
		if strings.Contains(shown, testKey) {
			t.Error(shown)
		}
	}
}

func TestCredentialsOnTheWire(t *testing.T) {
	basic, err := greenfield.NewBasic("utf8@example.com", client.NewSecret("pässwörd €1"))
	if err != nil {
		t.Fatal(err)
	}
	if basic.User() != "utf8@example.com" || strings.Contains(fmt.Sprintf("%+v %#v", basic, basic), "pässwörd") {
		t.Errorf("%+v", basic)
	}
	for _, c := range []struct {
		credential greenfield.Credential
		want       string
	}{
		{apiKey(t, testKey), "token " + testKey},
		{basic, "Basic dXRmOEBleGFtcGxlLmNvbTpww6Rzc3fDtnJkIOKCrDE="},
		{nil, ""},
	} {
		client := serveAs(t, c.credential, func(w http.ResponseWriter, r *http.Request) {
			if got := r.Header.Get("Authorization"); got != c.want {
				t.Errorf("sent %q, want %q", got, c.want)
			}
			answer(w, 200, `{"version":"2.4.1"}`)
		})
		if !strings.HasSuffix(client.Address(), "/btcpay") {
			t.Error(client.Address())
		}
		if info, err := client.Server.Info(t.Context()); err != nil || info.Version != "2.4.1" {
			t.Error(info, err)
		}
	}
	healthy := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the question for health shows the key")
		}
		answer(w, 200, `{"synchronized":true}`)
	})
	if health, err := healthy.Server.Health(t.Context()); err != nil || !health.Synchronized {
		t.Error(health, err)
	}
	if (greenfield.APIKey{}).Authorize(nil, nil) == nil || (greenfield.Basic{}).Authorize(nil, nil) == nil {
		t.Error("an empty credential was sent")
	}
}

func TestNewBasicRefuses(t *testing.T) {
	for _, c := range []struct{ user, password, why string }{
		{"", "x", "empty"}, {"a@b", "", "empty"}, {"a@b", "left:right 1", "holds a colon"}, {"a:b", "x", "holds a colon"}, {"a@b", "\xff", "UTF-8"}, {"a\nb", "x", "control"},
	} {
		_, err := greenfield.NewBasic(c.user, client.NewSecret(c.password))
		if !errors.Is(err, greenfield.ErrBasic) || !strings.Contains(err.Error(), c.why) || len(c.password) > 5 && strings.Contains(err.Error(), c.password) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// TestErrorMeanings are the answers of wire recordings and what they mean.
func TestErrorMeanings(t *testing.T) {
	unauthenticated := func(message string) string { return `{"code":"unauthenticated","message":"` + message + `"}` }
	for _, c := range []struct {
		status int
		body   string
		want   error
	}{
		{401, unauthenticated("Authentication is required for accessing this endpoint"), greenfield.ErrUnauthenticated},
		{401, "", greenfield.ErrNotServer},
		{401, "<html><title>Log in</title>", greenfield.ErrNotServer},
		{401, `{"message":"Unknown API Key"}`, greenfield.ErrNotServer},
		{401, unauthenticated("ApiKey authentication failed: Unknown API Key"), greenfield.ErrUnknownKey},
		{401, unauthenticated("ApiKey authentication failed: Your user account is currently disabled."), greenfield.ErrUserDisabled},
		{401, unauthenticated("Basic authentication failed: Your user account is currently disabled."), greenfield.ErrUserDisabled},
		{401, unauthenticated("Basic authentication header was not in a correct format. (username:password encoded in base64)"), greenfield.ErrUnauthenticated},
		{401, unauthenticated("Basic authentication failed: User not found or invalid password"), greenfield.ErrWrongPassword},
		{401, unauthenticated("Failed"), greenfield.ErrWrongPassword},
		{401, unauthenticated("LockedOut"), greenfield.ErrLockedOut},
		{401, unauthenticated("Lockedout"), greenfield.ErrLockedOut},
		{401, unauthenticated("RequiresTwoFactor"), greenfield.ErrSecondFactor},
		{401, unauthenticated("Cannot use Basic authentication when multi-factor is enabled."), greenfield.ErrSecondFactor},
		{401, unauthenticated("Basic authentication for the Greenfield API is not enabled for this user."), greenfield.ErrBasicDisabled},
		{404, `{"code":"apikey-not-found","message":"This apikey does not exists"}`, greenfield.ErrKeyNotFound},
		{401, unauthenticated("Basic authentication failed: Rate limited. Please use authentication with API Keys to avoid throttling."), greenfield.ErrThrottled},
		{400, `{"code":"apikey-not-found","message":"This apikey does not exists"}`, greenfield.ErrKeyNotFound},
		{404, `{"code":"user-not-found","message":"The user was not found"}`, greenfield.ErrUserNotFound},
		{404, `{"code":"invoice-not-found","message":"The invoice was not found"}`, greenfield.ErrInvoiceNotFound},
		{403, `{"code":"store-limit-reached","message":"x"}`, greenfield.ErrStoreLimit},
		{404, "", greenfield.ErrNoAPI},
		{404, "<html><title>Not found</title>", greenfield.ErrNoAPI},
		{403, "<html><title>Access denied</title>", greenfield.ErrNotServer},
		{403, `{"message":"Forbidden"}`, greenfield.ErrNotServer},
		{400, `{"code":"generic-error","message":"Error retrieving a matching payment method or rate.\nx"}`, greenfield.ErrNoRate},
		{400, `{"code":"generic-error","message":"Warning: You have payment methods configured but none of them match any of the requested payment methods or the rate is not available."}`, greenfield.ErrNoRate},
	} {
		g := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, c.status, c.body) })
		_, err := g.Users.Me(t.Context())
		refusal, ok := errors.AsType[*client.Error](err)
		if !errors.Is(err, c.want) || !ok || refusal.Status != c.status {
			t.Errorf("%d %s: %v, want %v", c.status, c.body, err, c.want)
		}
	}
}

func TestPermissionError(t *testing.T) {
	const store = "AsbZaWLJ5JixjuqMVp5QJ4qi5FNAqRGCwdx6vcijJMbz"
	g := serve(t, func(w http.ResponseWriter, r *http.Request) {
		policy := "btcpay.store.canviewinvoices"
		switch {
		case strings.HasSuffix(r.URL.Path, "/me"):
			policy = "btcpay.user.canviewprofile"
		case strings.HasSuffix(r.URL.Path, "/api-keys"):
			policy = "btcpay.server.canmanageusers"
		case strings.HasSuffix(r.URL.Path, "/info"):
			policy = "rubbish\\u001b[2J"
		}
		answer(w, 403, `{"missingPermission":"`+policy+`","code":"missing-permission","message":"Insufficient API Permissions."}`)
	})
	_, err := g.Invoices.Get(t.Context(), store, "invoice", greenfield.InvoiceGetOptions{})
	refused, ok := errors.AsType[*greenfield.PermissionError](err)
	if !ok || refused.Permission != greenfield.CanViewInvoices.ForStore(store) || !strings.Contains(err.Error(), "does not exist") {
		t.Error(err)
	}
	if !strings.HasPrefix(err.Error(), "GET /api/v1/stores/"+store+"/invoices/invoice: 403: ") {
		t.Errorf("no method and path in %q", err)
	}
	var logged bytes.Buffer
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", slog.Any("err", client.Explain(errors.New("outer"), fmt.Errorf("inner: %w", err))))
	for _, want := range []string{"err.meaning=outer", "err.permission=btcpay.store.canviewinvoices:" + store, "err.method=GET", "err.path=/api/v1/stores/" + store + "/invoices/invoice", "err.status=403"} {
		if !strings.Contains(logged.String(), want) || strings.Contains(logged.String(), testKey) {
			t.Errorf("no %s in %s", want, &logged)
		}
	}
	_, err = g.Users.Me(t.Context())
	if refused, ok := errors.AsType[*greenfield.PermissionError](err); !ok || refused.Permission != greenfield.CanViewProfile || strings.Contains(err.Error(), "exist") {
		t.Error(err)
	}
	_, err = g.APIKeys.CreateForUser(t.Context(), "bob@example.com", greenfield.APIKeyRequest{})
	if refused, ok := errors.AsType[*greenfield.PermissionError](err); !ok || refused.Permission != greenfield.CanManageUsers || !strings.Contains(err.Error(), "administrator") {
		t.Error(err)
	}
	_, err = g.Server.Info(t.Context())
	if refused, ok := errors.AsType[*greenfield.PermissionError](err); !ok || refused.Permission != "" {
		t.Error(err)
	}
}

func TestLoginPage(t *testing.T) {
	g := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/btcpay/login?ReturnUrl=x", http.StatusFound)
	})
	if _, err := g.Stores.List(t.Context()); !errors.Is(err, greenfield.ErrLoginPage) {
		t.Error(err)
	}
}
