package sandbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf16"
)

type storeData struct {
	ID string `json:"id"`
	storeSettings
}

func (s *Sandbox) listStores(w http.ResponseWriter, _ *http.Request, c *caller) {
	stores := []storeData{}
	for _, st := range s.state.storesOf(c.user) {
		if c.key == nil || c.key.grants(viewStoreSettings, st.ID) {
			stores = append(stores, storeData{st.ID, st.storeSettings})
		}
	}
	if len(stores) == 0 && c.key != nil && !c.key.grantsAnywhere(viewStoreSettings) {
		clear(w.Header())
		writeForbidden(w, viewStoreSettings)
		return
	}
	writeJSON(w, http.StatusOK, stores)
}

func (s *Sandbox) createStore(w http.ResponseWriter, r *http.Request, c *caller) {
	settings := newStoreSettings()
	if !mergeSettings(w, r, c, &settings) {
		return
	}
	st := s.state.newStore(c.user, settings, s.clock.now())
	s.changed = true
	writeJSON(w, http.StatusOK, storeData{st.ID, st.storeSettings})
}

func (s *Sandbox) readStore(w http.ResponseWriter, r *http.Request, _ *caller) {
	st := s.state.Stores[r.PathValue("storeId")]
	writeJSON(w, http.StatusOK, storeData{st.ID, st.storeSettings})
}

// updateStore changes what is named and keeps the rest.
func (s *Sandbox) updateStore(w http.ResponseWriter, r *http.Request, c *caller) {
	st := s.state.Stores[r.PathValue("storeId")]
	settings := st.storeSettings
	if !mergeSettings(w, r, c, &settings) {
		return
	}
	st.storeSettings = settings
	s.changed = true
	writeJSON(w, http.StatusOK, storeData{st.ID, settings})
}

// mergeSettings puts the members of a request over settings; null and absent ones count for nothing.
func mergeSettings(w http.ResponseWriter, r *http.Request, c *caller, into *storeSettings) bool {
	b := bindBody(w, r, c)
	if b == nil {
		return false
	}
	for _, name := range slices.Sorted(maps.Keys(b.members)) {
		raw := b.members[name]
		if string(raw) == "null" {
			continue
		}
		one, err := json.Marshal(map[string]json.RawMessage{name: raw})
		if err == nil {
			err = json.Unmarshal(one, into)
		}
		if err != nil {
			b.fail(name)
		}
	}
	if tolerance := b.decimal("paymentTolerance"); tolerance != nil {
		into.PaymentTolerance = tolerance.number()
	}
	if refuseMember(w, b) {
		return false
	}
	var faults []fieldError
	switch length := len(utf16.Encode([]rune(into.Name))); {
	case into.Name == "":
		faults = append(faults, fieldError{"Name", "Name is missing"})
	case length > 50:
		faults = append(faults, fieldError{"Name", "Name can only be between 1 and 50 characters"})
	}
	if into.Website != nil && *into.Website != "" && !strings.Contains(*into.Website, "://") {
		faults = append(faults, fieldError{"Website", "Website is not a valid url"})
	}
	if faults != nil {
		writeValidation(w, faults...)
		return false
	}
	into.DefaultCurrency = strings.ToUpper(strings.TrimSpace(into.DefaultCurrency))
	return true
}
