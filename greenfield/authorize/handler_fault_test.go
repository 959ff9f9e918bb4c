package authorize_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
	"github.com/btcpayctl/btcpayctl/sandbox"
	"github.com/btcpayctl/btcpayctl/sandbox/human"
)

// TestHandlerUnproven loses the connection to the server while a key is checked.
func TestHandlerUnproven(t *testing.T) {
	s := sandbox.New(t)
	app := newWebApp(t)
	page, redirect := app.start(s.URL, "alice", oneStore)
	fault, err := s.Fault(sandbox.Fault{Path: "/api/v1/api-keys/current", Times: -1, Drop: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Consent(t.Context(), page, human.Choice{}); err != nil {
		t.Fatal(err)
	}
	result := app.only()
	if result.Outcome != authorize.OutcomeUnproven || result.Err == nil || result.Callback.APIKey.IsZero() || result.Login.User != "alice" {
		t.Fatalf("%+v", result)
	}
	if _, isNetwork := errors.AsType[*client.NetworkError](result.Err); !isNetwork {
		t.Error(result.Err)
	}
	if again, err := app.handler.Check(t.Context(), result.Login, result.Callback); err != nil || again.Outcome != authorize.OutcomeUnproven {
		t.Errorf("%+v, %v", again, err)
	}
	fault.Remove()
	if again, err := app.handler.Check(t.Context(), result.Login, result.Callback); err != nil || again.Outcome != authorize.OutcomeProven {
		t.Errorf("%+v, %v", again, err)
	}
	if err := connect(t, s.URL, result.Callback.APIKey).APIKeys.RevokeCurrent(t.Context()); err != nil {
		t.Fatal(err)
	}
	if again, err := app.handler.Check(t.Context(), result.Login, result.Callback); !errors.Is(err, authorize.ErrNotProven) {
		t.Errorf("%+v, %v", again, err)
	}
	// The key was delivered, so the state is used up for others.
	if status, _ := app.post(redirect, mint(t, s)); status != http.StatusNotFound {
		t.Error(status)
	}
}

var errFull = errors.New("the disk is full")

// TestHandlerNotSaved fails in each place of the app. The user's reload delivers the key
// again.
func TestHandlerNotSaved(t *testing.T) {
	s := sandbox.New(t)
	var storeFails, takeFails bool
	var stored []authorize.Callback
	app := newWebApp(t, func(o *authorize.HandlerOptions) {
		o.Store = func(_ context.Context, login authorize.Login, callback authorize.Callback) error {
			stored = append(stored, callback)
			if storeFails || login.User != "alice" {
				return errFull
			}
			return nil
		}
		o.Pending = failing{&authorize.Memory{}, &takeFails}
	})
	key := mint(t, s, greenfield.CanViewInvoices.ForStore(greenfield.StoreID(s.Seed.StoreID)))
	_, redirect := app.start(s.URL, "alice", oneStore)
	attempt := func(name string, want int) {
		t.Helper()
		if status, _ := app.post(redirect, key); status != want {
			t.Errorf("%s: %d, want %d, %v", name, status, want, app.lastRefusal())
		}
		if want == http.StatusInternalServerError && !errors.Is(app.lastRefusal(), errFull) {
			t.Errorf("%s: %v", name, app.lastRefusal())
		}
	}
	takeFails = true
	attempt("Take", http.StatusInternalServerError)
	takeFails, storeFails = false, true
	attempt("Store", http.StatusInternalServerError)
	if len(app.results) != 0 || len(stored) != 1 || stored[0].APIKey.Secret().Reveal() != key {
		t.Error(app.results, stored)
	}
	storeFails = false
	app.setDone(func() error { return errFull })
	attempt("Done", http.StatusInternalServerError)
	app.setDone(func() error { panic(http.ErrAbortHandler) })
	if response, err := browser(t).Post(redirect, formType, strings.NewReader("apiKey="+key)); err == nil {
		response.Body.Close()
		t.Error("a panic got", response.Status)
	}
	app.setDone(func() error { return nil })
	attempt("nothing fails", http.StatusSeeOther)
	if last := app.results[len(app.results)-1]; len(app.results) != 3 || last.Login.User != "alice" || last.Outcome != authorize.OutcomeProven {
		t.Errorf("%+v", app.results)
	}
}

// TestHandlerBrowserGone loses the browser after its POST arrived.
func TestHandlerBrowserGone(t *testing.T) {
	s := sandbox.New(t)
	ctx, leave := context.WithCancel(t.Context())
	app := newWebApp(t, func(o *authorize.HandlerOptions) {
		o.Store = func(context.Context, authorize.Login, authorize.Callback) error { leave(); return nil }
	})
	_, redirect := app.start(s.URL, "alice", oneStore)
	key := mint(t, s, greenfield.CanViewInvoices.ForStore(greenfield.StoreID(s.Seed.StoreID)))
	r := httptest.NewRequestWithContext(ctx, "POST", redirect, strings.NewReader("apiKey="+key))
	r.Header.Set("Content-Type", formType)
	app.handler.ServeHTTP(httptest.NewRecorder(), r)
	if result := app.only(); result.Outcome != authorize.OutcomeProven {
		t.Errorf("%+v", result)
	}
}

// failing is a Pending whose Take may fail.
type failing struct {
	authorize.Pending
	fails *bool
}

func (f failing) Take(ctx context.Context, id string) (authorize.Login, error) {
	if *f.fails {
		return authorize.Login{}, errFull
	}
	return f.Pending.Take(ctx, id)
}
