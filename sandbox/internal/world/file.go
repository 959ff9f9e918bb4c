package world

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/random"
)

// loadState reads the state file, if there is one.
func (w *World) loadState() error {
	if w.stateFile == "" {
		return nil
	}
	data, err := os.ReadFile(w.stateFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sandbox: state file: %w", err)
	}
	st := NewState()
	if err := json.Unmarshal(data, st); err != nil { //nolint:musttag // the file has the names of the Go fields
		return fmt.Errorf("sandbox: state file %s is damaged: %w. Move it away to start anew", w.stateFile, err)
	}
	if st.Version != stateVersion {
		return fmt.Errorf("sandbox: state file %s has version %d, this program writes %d. Move it away to start anew", w.stateFile, st.Version, stateVersion)
	}
	if err := st.readLog(w.logPath()); err != nil {
		return fmt.Errorf("sandbox: state file: the log is damaged: %w. Move it away to start without its changes", err)
	}
	if err := st.check(); err != nil {
		return fmt.Errorf("sandbox: state file %s is damaged: %w. Move it away to start anew", w.stateFile, err)
	}
	st.index()
	w.clock.advance(st.Ahead)
	w.State, w.loaded = st, true
	random.GoTo(st.Drawn)
	return nil
}

// check refuses a state whose parts do not fit each other, such as one that was edited by hand, and opens the
// wallets.
func (st *State) check() error {
	for id, u := range st.Users {
		if u == nil || u.ID != id {
			return fmt.Errorf("the user with the id %s has another id", id)
		}
	}
	for id, store := range st.Stores {
		if store == nil || store.ID != id {
			return fmt.Errorf("the store with the id %s has another id", id)
		}
		for member, role := range store.Members {
			if st.Users[member] == nil || findRole(role) == nil {
				return fmt.Errorf("store %s has an invalid user", id)
			}
		}
		if store.Wallet != nil {
			if err := store.Wallet.open(); err != nil {
				return fmt.Errorf("store %s: %w", id, err)
			}
		}
	}
	for value, k := range st.APIKeys {
		if k == nil || k.Value != value || st.Users[k.UserID] == nil {
			return fmt.Errorf("an API key belongs to no user")
		}
	}
	for _, sess := range st.Sessions {
		if sess == nil || st.Users[sess.UserID] == nil {
			return fmt.Errorf("a session belongs to no user")
		}
	}
	for code, p := range st.Pairings {
		if p == nil || p.Code != code || p.StoreID != "" && st.Stores[p.StoreID] == nil {
			return fmt.Errorf("pairing code %s is invalid", code)
		}
	}
	for id, t := range st.Tokens {
		if t == nil || t.ID != id || st.Stores[t.StoreID] == nil {
			return fmt.Errorf("token %s belongs to no store", id)
		}
	}
	for id, inv := range st.Invoices {
		if inv == nil || inv.ID != id || st.Stores[inv.StoreID] == nil || slices.Contains(inv.Payments, nil) || inv.Prompt == nil && len(inv.Payments) > 0 {
			return fmt.Errorf("invoice %s belongs to no store, or has invalid payments", id)
		}
	}
	for id, p := range st.PullPayments {
		if p == nil || p.ID != id || st.Stores[p.StoreID] == nil {
			return fmt.Errorf("pull payment %s belongs to no store", id)
		}
	}
	if err := st.checkPayouts(); err != nil {
		return err
	}
	for id, p := range st.PaymentRequests {
		if p == nil || p.ID != id || st.Stores[p.StoreID] == nil {
			return fmt.Errorf("payment request %s belongs to no store", id)
		}
	}
	for id, a := range st.Apps {
		if a == nil || a.ID != id || st.Stores[a.StoreID] == nil {
			return fmt.Errorf("app %s belongs to no store", id)
		}
	}
	if err := st.checkSubscriptions(); err != nil {
		return err
	}
	for id, h := range st.Webhooks {
		if h == nil || h.ID != id || st.Stores[h.StoreID] == nil {
			return fmt.Errorf("webhook %s belongs to no store", id)
		}
	}
	for id, d := range st.WebhookDeliveries {
		if d == nil || d.ID != id {
			return fmt.Errorf("the delivery with the id %s has another id", id)
		}
	}
	for name, p := range st.Pictures {
		if p == nil {
			return fmt.Errorf("picture %s is invalid", name)
		}
	}
	for name, a := range st.LightningAddresses {
		if a == nil || a.Username != name || st.Stores[a.StoreID] == nil {
			return fmt.Errorf("the Lightning address %s belongs to no store", name)
		}
	}
	for id, n := range st.Notifications {
		if n == nil || n.ID != id || st.Users[n.UserID] == nil {
			return fmt.Errorf("notification %s belongs to no user", id)
		}
	}
	for scheme, t := range st.Schemes {
		if t == nil || slices.Contains(t.Deposits, nil) {
			return fmt.Errorf("what is known of the derivation scheme %s is invalid", scheme)
		}
	}
	for id, o := range st.WalletObjects {
		if o == nil || slices.Contains(o.Objects, nil) || slices.Contains(o.Links, nil) {
			return fmt.Errorf("the wallet objects of store %s are invalid", id)
		}
	}
	for _, d := range st.Deliveries {
		if d == nil || d.Kind == IPNKind && st.Invoices[d.Key] == nil {
			return fmt.Errorf("a notification belongs to no invoice")
		}
	}
	return nil
}

// writeStateFile replaces the state file in one step by what write writes, and returns its size.
func (w *World) writeStateFile(write func(io.Writer) error) (size int64, err error) {
	temp, err := os.CreateTemp(filepath.Dir(w.stateFile), filepath.Base(w.stateFile)+".*")
	if err != nil {
		return 0, fmt.Errorf("sandbox: state file: %w", err)
	}
	defer os.Remove(temp.Name())
	buffer := bufio.NewWriterSize(temp, 64<<10)
	err = errors.Join(write(buffer), buffer.Flush(), temp.Sync())
	if info, noInfo := temp.Stat(); noInfo == nil {
		size = info.Size()
	}
	err = errors.Join(err, temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), w.stateFile)
	}
	if err != nil {
		return 0, fmt.Errorf("sandbox: state file: %w", err)
	}
	return size, nil
}

// write writes the state as the state file has it. The deliveries of webhooks, which may be many, are written one by one
// at the end, so that they are never in memory as one text.
func (st *State) write(to io.Writer) error {
	deliveries := st.WebhookDeliveries
	st.WebhookDeliveries = nil
	snapshot, err := json.MarshalIndent(st, "", " ") //nolint:musttag // the file has the names of the Go fields
	st.WebhookDeliveries = deliveries
	if err != nil {
		panic(err) // every value is of our own types
	}
	if _, err := to.Write(bytes.TrimSuffix(snapshot, []byte("\n}"))); err != nil {
		return err
	}
	between := ",\n \"WebhookDeliveries\": {\n  "
	for _, d := range deliveries {
		if _, err := fmt.Fprintf(to, "%s%q: %s", between, d.ID, encodeState(d)); err != nil {
			return err
		}
		between = ",\n  "
	}
	end := "\n}"
	if len(deliveries) > 0 {
		end = "\n }\n}"
	}
	_, err = io.WriteString(to, end)
	return err
}
