package sandbox

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestOperations asks for every operation of the API: none looks like a wrong address.
func TestOperations(t *testing.T) {
	w := newTestbed(t, Options{})
	ids := regexp.MustCompile(`\{[^}]+\}`)
	built := 0
	for _, o := range Operations() {
		path := ids.ReplaceAllString(strings.Replace(o.Path, "{storeId}", w.s.Seed().StoreID, 1), "x")
		if !strings.HasPrefix(path, "/api/v1/") {
			continue // a page
		}
		response, answer := w.greenfield(o.Method, path, "")
		refused := response.StatusCode == http.StatusNotImplemented && strings.HasPrefix(answer, `{"code":"not-in-sandbox","message":"BTCPay Server has `+o.Method+" ")
		switch {
		case !o.Built && !refused:
			t.Errorf("%s %s: %s %s, want 501", o.Method, path, response.Status, answer)
		case o.Built && (refused || response.StatusCode == http.StatusMethodNotAllowed || response.StatusCode == http.StatusNotFound && answer == ""):
			t.Errorf("%s %s: %s %s", o.Method, path, response.Status, answer)
		}
		if o.Built {
			built++
		}
		if o.Method == http.MethodDelete && o.Built && strings.HasSuffix(path, "/current") {
			w = newTestbed(t, Options{}) // the key is gone
		}
	}
	if built < 90 || built == len(Operations()) {
		t.Errorf("%d of %d operations are built", built, len(Operations()))
	}
	// What is in none of the lists is still not there, and nobody reads without a credential.
	for path, status := range map[string]int{"/api/v1/nosuch": http.StatusNotFound, "/api/v1/stores/x/nosuch": http.StatusNotFound} {
		if response, _ := w.greenfield("GET", path, ""); response.StatusCode != status {
			t.Errorf("%s: %s", path, response.Status)
		}
	}
	for _, o := range Operations() {
		if !o.Built {
			response, _ := w.call(o.Method, ids.ReplaceAllString(o.Path, "x"), "")
			if response.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s %s without a credential: %s", o.Method, o.Path, response.Status)
			}
			break
		}
	}
}

// TestOperationsOfOlderReleases has operations that came with 2.3, 2.3.7 and 2.3.8, and one that is not built.
func TestOperationsOfOlderReleases(t *testing.T) {
	for release, known := range map[string]string{"2.0": "", "2.3.0": "list", "2.3.7": "list dates", "2.3.8": "list dates update", "2.4": "list dates update"} {
		old := newTestbed(t, Options{Emulate: release})
		store := "/api/v1/stores/" + old.s.Seed().StoreID
		for name, request := range map[string][2]string{
			"list": {"GET", "/offerings"}, "dates": {"PUT", "/offerings/x/subscribers/a@b/dates"}, "update": {"PUT", "/offerings/x"},
		} {
			response, answer := old.greenfield(request[0], store+request[1], "")
			missing := response.StatusCode == http.StatusMethodNotAllowed || response.StatusCode == http.StatusNotFound && answer == ""
			if has := slices.Contains(strings.Fields(known), name); has == missing {
				t.Errorf("%s %s: %s %s", release, name, response.Status, answer)
			}
		}
	}
	old := newTestbed(t, Options{Emulate: "2.0"})
	for _, o := range Operations() {
		if !o.Built && strings.HasSuffix(o.Path, "/server/email") {
			if response, _ := old.greenfield(o.Method, o.Path, ""); response.StatusCode != http.StatusNotImplemented {
				t.Errorf("2.0.8 %s %s: %s", o.Method, o.Path, response.Status)
			}
		}
	}
}
