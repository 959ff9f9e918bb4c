package keystore

import (
	"errors"
	"testing"
)

// A store that holds another's key under a name. What is read through Checked is
// the right one or an error, and a move of it changes nothing.
func TestBadInputAnothersKey(t *testing.T) {
	t.Parallel()
	follows := func(name string, secret []byte) error {
		if name != "bitid/"+string(secret) {
			return errors.New("it is another key")
		}
		return nil
	}
	from, to := open(t, "memory", Options{}), open(t, "memory", Options{})
	must(t, from.Put(t.Context(), "bitid/A", []byte("A")))
	must(t, from.Put(t.Context(), "bitid/B", []byte(canary)))
	checked := Checked("memory", from, follows)
	wantSecret(t, checked, "bitid/A", "A")
	_, err := checked.Get(t.Context(), "bitid/B")
	wantError(t, err, "memory", "get", ErrDamaged)
	_, err = Checked("helper:/bin/x", from, follows).Get(t.Context(), "bitid/B")
	wantError(t, err, "helper", "get", ErrDamaged)
	wantHint(t, err, "keystore restore")
	noCanary(t, err)
	_, err = checked.Get(t.Context(), "bitid/C")
	wantError(t, err, "memory", "get", ErrNotFound)

	err = Move(t.Context(), []string{"bitid/A", "bitid/B"}, checked, to, nil)
	wantError(t, err, "memory", "get", ErrDamaged)
	_, err = to.Get(t.Context(), "bitid/B")
	wantError(t, err, "memory", "get", ErrNotFound)
	wantSecret(t, from, "bitid/A", "A")
	wantSecret(t, from, "bitid/B", canary)

	// What a trial writes follows from nothing, and is no key.
	must(t, Check(t.Context(), Checked("memory", from, follows)))
}
