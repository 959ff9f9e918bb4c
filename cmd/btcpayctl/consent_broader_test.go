package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// A generous server makes keys with other permissions than it is asked for.
type generous struct {
	*httptest.Server
	gives atomic.Pointer[[]string]
}

func newGenerous(t *testing.T, upstream string) *generous {
	t.Helper()
	target, err := url.Parse(upstream)
	must(t, err)
	g := &generous{}
	proxy := httputil.NewSingleHostReverseProxy(target)
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if gives := g.gives.Load(); gives != nil && r.Method == http.MethodPost && r.URL.Path == "/api/v1/api-keys" {
			var asked map[string]any
			if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
				t.Error(err)
			}
			asked["permissions"] = *gives
			body, err := json.Marshal(asked)
			if err != nil {
				t.Error(err)
			}
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(g.Close)
	return g
}

// TestMintedOtherThanAsked has a server that gives another key than it is asked
// for, and more above all. No command accepts it; it is revoked, and nothing is
// left of it, also where the program is killed and the doctor finds it. Each grant meets
// some of the commands, and each command some of the grants.
func TestMintedOtherThanAsked(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it makes keys by every command")
	}
	t.Parallel()
	mintOtherThanAsked(t, 3)
}

// TestTortureMintedOtherThanAsked has every grant for every command.
func TestTortureMintedOtherThanAsked(t *testing.T) {
	torture(t)
	kept := mintOtherThanAsked(t, 1)
	t.Attr("figure", fmt.Sprintf("keys kept with other permissions than requested | %d | = 0", kept))
}

// mintOtherThanAsked takes one of so many pairs of grant and command, and returns how often
// something was left.
func mintOtherThanAsked(t *testing.T, every int) (left int) {
	s := newKillScene(t)
	store := s.w.server.Seed.StoreID
	g := newGenerous(t, s.w.server.URL)
	s.env = append(s.env, "BTCPAYCTL_SERVER="+g.URL)
	dir := t.TempDir()
	file, marker := filepath.Join(dir, "key.txt"), filepath.Join(dir, "ran")
	asked := []string{"--for", "invoice list", "--store", store}
	s.must("apikey", "create", "--permission", "unrestricted", "--save-as", "admin")
	s.must(append([]string{"apikey", "create", "--save-as", "shop"}, asked...)...)
	kept, err := s.w.keyLabels(t.Context())
	must(t, err)
	slices.Sort(kept)
	used := s.must("apikey", "current", "--profile", "shop", "-o", "name")

	commands := map[string][]string{
		"keystore": append([]string{"apikey", "create"}, asked...),
		"save-as":  append([]string{"apikey", "create", "--save-as", "fresh"}, asked...),
		"file":     append([]string{"apikey", "create", "--output-file", file}, asked...),
		"reveal":   append([]string{"apikey", "create", "--reveal", "--yes"}, asked...),
		"exec":     append(append([]string{"apikey", "exec"}, asked...), "--", "touch", marker),
		"exec ttl": append(append([]string{"apikey", "exec", "--ttl", "10m"}, asked...), "--", "touch", marker),
		"rotate":   {"apikey", "rotate", "--profile", "shop", "--by", "admin"},
	}
	const view = "btcpay.store.canviewinvoices"
	grants := map[string][]string{
		"no limit":          {"unrestricted"},
		"no limit, scoped":  {"unrestricted:" + store},
		"every store":       {view},
		"one more":          {view + ":" + store, "btcpay.user.canviewprofile"},
		"a wider one":       {"btcpay.store.canmodifystoresettings:" + store},
		"another store too": {view + ":" + store, view + ":other"},
		"another store":     {view + ":other"},
		"the store twice":   {view + ":" + store + ":" + store},
		"nothing":           {},
	}
	check := func(what string) {
		t.Helper()
		labels, err := s.w.keyLabels(t.Context())
		must(t, err)
		slices.Sort(labels)
		if !slices.Equal(labels, kept) {
			left++
			t.Errorf("%s: the server holds the keys %v, before it were %v", what, labels, kept)
		}
		for _, path := range []string{file, marker} {
			if _, err := os.Lstat(path); err == nil {
				t.Errorf("%s: %s is there", what, path)
				os.Remove(path)
			}
		}
	}
	for i, grant := range slices.Sorted(maps.Keys(grants)) {
		gives := grants[grant]
		g.gives.Store(&gives)
		for j, name := range slices.Sorted(maps.Keys(commands)) {
			if (i+j)%every != 0 {
				continue
			}
			out, code := s.run("", commands[name]...)
			if code != 3 || out != "" {
				t.Errorf("%s, %s: exit code %d, printed %q", grant, name, code, out)
			}
			check(grant + ", " + name)
		}
		if i%every != 0 {
			continue
		}
		for _, step := range []string{"key-put", "mint-stored"} {
			if _, code := s.run(step, commands["save-as"]...); code != -1 {
				t.Fatalf("not killed at %s: %d", step, code)
			}
			if doctor := s.must("doctor"); !strings.Contains(doctor, "the server made another key than requested") {
				t.Errorf("%s, %s: the doctor says\n%s", grant, step, doctor)
			}
			check(grant + ", doctor after " + step)
		}
		if _, code := s.run("mint-stored", commands["rotate"]...); code != -1 {
			t.Fatalf("not killed: %d", code)
		}
		s.must("doctor")
		check(grant + ", doctor after a rotation")
		// What a command left in the profiles is still there.
		if profiles := s.must("profile", "list", "-o", "name"); strings.Contains(profiles, "fresh") {
			t.Errorf("%s: a profile was made: %s", grant, profiles)
		}
		if now := s.must("apikey", "current", "--profile", "shop", "-o", "name"); now != used {
			t.Errorf("%s: the profile uses %s now", grant, now)
		}
	}
	// And as asked for it is accepted.
	g.gives.Store(nil)
	s.must(commands["exec"]...)
	if _, err := os.Lstat(marker); err != nil {
		t.Error(err)
	}
	s.must("doctor")
	return left
}
