package greenfield_test

import (
	"errors"
	"testing"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/greenfield"
	"github.com/btcpayctl/btcpayctl/greenfield/authorize"
	"github.com/btcpayctl/btcpayctl/sandbox"
)

type shop struct {
	seed    sandbox.Seed
	address string
}

func startShop(t *testing.T, rootPath string) shop {
	t.Helper()
	server := sandbox.New(t, sandbox.Options{RootPath: rootPath})
	return shop{server.Seed, server.URL}
}

func (s shop) connect(t *testing.T, credential greenfield.Credential) *greenfield.Client {
	t.Helper()
	c, err := greenfield.New(s.address, credential, client.WithTimeout(patience))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// TestLifeOfAKey mints a key for one store, uses it, sees it refused elsewhere,
// and takes it back.
func TestLifeOfAKey(t *testing.T) {
	ctx, s := t.Context(), startShop(t, "/btcpay")
	basic, err := greenfield.NewBasic(s.seed.Email, client.NewSecret(s.seed.Password))
	if err != nil {
		t.Fatal(err)
	}
	owner := s.connect(t, basic)
	other, err := owner.Stores.Create(ctx, greenfield.StoreRequest{Name: "Another shop", DefaultCurrency: "EUR", PaymentTolerance: decimal(t, "0.5")})
	if err != nil || other.DefaultCurrency != "EUR" || other.PaymentTolerance.Cmp(*decimal(t, "0.5")) != 0 || other.InvoiceExpiration.Duration().Minutes() != 15 {
		t.Fatalf("%+v, %v", other, err)
	}
	made, err := owner.APIKeys.Create(ctx, greenfield.APIKeyRequest{
		Label: "btcpayctl/test", Permissions: []greenfield.Permission{greenfield.CanViewStoreSettings.ForStore(greenfield.StoreID(s.seed.StoreID))},
	})
	if err != nil {
		t.Fatal(err)
	}
	key, err := greenfield.NewAPIKey(made.Key)
	if err != nil {
		t.Fatal(err)
	}
	limited := s.connect(t, key)
	if current, err := limited.APIKeys.Current(ctx); err != nil || current.Label != "btcpayctl/test" || !current.Key.Equal(made.Key) {
		t.Error(current, err)
	}
	if stores, err := limited.Stores.List(ctx); err != nil || len(stores) != 1 || stores[0].ID != greenfield.StoreID(s.seed.StoreID) {
		t.Error(stores, err)
	}
	if store, err := limited.Stores.Get(ctx, greenfield.StoreID(s.seed.StoreID)); err != nil || store.Name != s.seed.StoreName {
		t.Error(store, err)
	}
	_, err = limited.Stores.Get(ctx, other.ID)
	if refused, ok := errors.AsType[*greenfield.PermissionError](err); !ok || refused.Permission != greenfield.CanViewStoreSettings.ForStore(other.ID) {
		t.Error(err)
	}
	_, err = limited.Stores.Create(ctx, greenfield.StoreRequest{Name: "No"})
	if _, ok := errors.AsType[*greenfield.PermissionError](err); !ok {
		t.Error(err)
	}
	_, err = limited.APIKeys.Create(ctx, greenfield.APIKeyRequest{})
	if refused, ok := errors.AsType[*greenfield.PermissionError](err); !ok || refused.Permission != greenfield.Unrestricted {
		t.Error(err)
	}
	if err := limited.APIKeys.RevokeCurrent(ctx); err != nil {
		t.Error(err)
	}
	if _, err := limited.APIKeys.Current(ctx); !errors.Is(err, greenfield.ErrUnknownKey) {
		t.Error(err)
	}
	if err := owner.APIKeys.RevokeValue(ctx, key); !errors.Is(err, greenfield.ErrKeyNotFound) {
		t.Error(err)
	}
}

// TestKeysOfEveryRelease makes, reads, proves and revokes keys on servers of each line, and one after 2.4.1.
func TestKeysOfEveryRelease(t *testing.T) {
	for _, release := range []string{"1.13", "2.0", "2.3", "2.4", "2.4.2", "newer"} {
		t.Run(release, func(t *testing.T) {
			ctx := t.Context()
			server := sandbox.New(t, sandbox.Options{Emulate: release})
			shop := shop{server.Seed, server.URL}
			owner := shop.connect(t, apiKey(t, shop.seed.APIKey))
			permission := greenfield.CanViewInvoices.ForStore(greenfield.StoreID(shop.seed.StoreID))
			request := greenfield.APIKeyRequest{Label: "btcpayctl/test", Permissions: []greenfield.Permission{permission}}
			hashed := release == "newer"
			byID := func(key greenfield.APIKey, revoke func(greenfield.APIKeyID) error) error {
				info, err := shop.connect(t, key).APIKeys.Current(ctx)
				if err != nil || !hashed {
					return errors.Join(err, owner.APIKeys.RevokeValue(ctx, key))
				}
				return revoke(info.ID)
			}
			for _, revoke := range []func(key greenfield.APIKey) error{
				func(key greenfield.APIKey) error {
					return byID(key, func(id greenfield.APIKeyID) error { return owner.APIKeys.Revoke(ctx, id) })
				},
				func(key greenfield.APIKey) error {
					return byID(key, func(id greenfield.APIKeyID) error {
						return owner.APIKeys.RevokeForUser(ctx, greenfield.UserID(shop.seed.Email), id)
					})
				},
				func(key greenfield.APIKey) error { return owner.APIKeys.RevokeValue(ctx, key) },
				func(key greenfield.APIKey) error {
					return owner.APIKeys.RevokeValueForUser(ctx, greenfield.UserID(shop.seed.Email), key)
				},
				func(key greenfield.APIKey) error { return shop.connect(t, key).APIKeys.RevokeCurrent(ctx) },
			} {
				made, err := owner.APIKeys.Create(ctx, request)
				if err != nil {
					t.Fatal(err)
				}
				key := apiKey(t, made.Key.Reveal())
				holder := shop.connect(t, key)
				if current, err := holder.APIKeys.Current(ctx); err != nil || current.ID != made.ID || (current.ID == "") == hashed || current.Key.IsZero() != hashed || !hashed && !current.Key.Equal(made.Key) || current.Created.IsZero() == hashed || !current.Created.Equal(made.Created.Time) || current.Label != request.Label || len(current.Permissions) != 1 || current.Permissions[0] != permission {
					t.Errorf("%+v, %v", current, err)
				}
				if proof, err := authorize.Prove(ctx, owner, key, authorize.Request{Permissions: request.Permissions}); err != nil || proof.Grant.Match != authorize.MatchSame {
					t.Errorf("%+v, %v", proof, err)
				}
				if err := revoke(key); err != nil {
					t.Error(err)
				}
				if _, err := holder.APIKeys.Current(ctx); !errors.Is(err, greenfield.ErrUnknownKey) && !errors.Is(err, greenfield.ErrUnauthenticated) {
					t.Error(err)
				}
				if err := owner.APIKeys.RevokeValue(ctx, key); !errors.Is(err, greenfield.ErrKeyNotFound) {
					t.Error(err)
				}
			}
		})
	}
}
