package vault

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/leaks"
)

func TestMain(m *testing.M) { leaks.Main(m) }

const token = "hvs.token-of-the-test"

// double keeps to the documented HTTP API of the KV engine, version 2: versions
// and their metadata, check-and-set, deletion, lists, namespaces, tokens, and
// the sealed state. https://openbao.org/api-docs/secret/kv/kv-v2/
type double struct {
	mu     sync.Mutex
	sealed bool
	// engines are by namespace and mount, such as "team1/secret".
	engines  map[string]map[string]*entry
	versions map[string]string // of the engine, where it is not 2
	paths    []string          // of all requests
	// meddle, if not nil, may answer a request itself. It runs without the lock.
	meddle func(w http.ResponseWriter, r *http.Request) bool
}

type entry struct {
	versions map[int]*version
	last     int
}

type version struct {
	data    json.RawMessage
	deleted bool
}

const maxVersions = 10

func startDouble(t *testing.T) (*double, *httptest.Server) {
	t.Helper()
	d := &double{engines: map[string]map[string]*entry{"/secret": {}}, versions: map[string]string{}}
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	return d, server
}

func (d *double) set(change func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change()
}

func fail(w http.ResponseWriter, status int, errors ...string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if errors == nil {
		errors = []string{}
	}
	json.NewEncoder(w).Encode(map[string]any{"errors": errors})
}

func answer(w http.ResponseWriter, status int, data any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"request_id": "x", "lease_id": "", "renewable": false, "lease_duration": 0, "data": data, "wrap_info": nil, "warnings": nil, "auth": nil})
}

func (d *double) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	meddle := d.meddle
	d.paths = append(d.paths, r.Method+" "+r.URL.Path)
	d.mu.Unlock()
	if meddle != nil && meddle(w, r) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.sealed:
		fail(w, http.StatusServiceUnavailable, "Vault is sealed")
		return
	case r.Header.Get("X-Vault-Token") != token:
		fail(w, http.StatusForbidden, "2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n")
		return
	}
	namespace := r.Header.Get("X-Vault-Namespace")
	path, ok := strings.CutPrefix(r.URL.Path, "/v1/")
	if mount, is := strings.CutPrefix(path, "sys/internal/ui/mounts/"); ok && is {
		if _, there := d.engines[namespace+"/"+mount]; !there {
			fail(w, http.StatusForbidden, "preflight capability check returned 403, please ensure client's policies grant access to path \""+mount+"/\"")
			return
		}
		v := "2"
		if d.versions[mount] != "" {
			v = d.versions[mount]
		}
		answer(w, http.StatusOK, map[string]any{"type": "kv", "path": mount + "/", "options": map[string]string{"version": v}})
		return
	}
	mount, rest, _ := strings.Cut(path, "/")
	kind, key, _ := strings.Cut(rest, "/")
	entries, there := d.engines[namespace+"/"+mount]
	if !ok || !there {
		fail(w, http.StatusNotFound, fmt.Sprintf("no handler for route %q. route entry not found.", path))
		return
	}
	switch {
	case kind == "data" && r.Method == http.MethodGet:
		read(w, r, entries[key])
	case kind == "data" && (r.Method == http.MethodPost || r.Method == http.MethodPut):
		write(w, r, entries, key)
	case kind == "data" && r.Method == http.MethodDelete:
		if e := entries[key]; e != nil && e.versions[e.last] != nil {
			e.versions[e.last].deleted = true
		}
		w.WriteHeader(http.StatusNoContent)
	case kind == "metadata" && r.Method == http.MethodDelete:
		delete(entries, key)
		w.WriteHeader(http.StatusNoContent)
	case kind == "metadata" && r.Method == "LIST":
		list(w, entries, key)
	default:
		fail(w, http.StatusMethodNotAllowed, "1 error occurred:\n\t* unsupported operation\n\n")
	}
}

func read(w http.ResponseWriter, r *http.Request, e *entry) {
	if e == nil {
		fail(w, http.StatusNotFound)
		return
	}
	n := e.last
	if asked, _ := strconv.Atoi(r.URL.Query().Get("version")); asked > 0 {
		n = asked
	}
	v := e.versions[n]
	if v == nil {
		fail(w, http.StatusNotFound)
		return
	}
	metadata := map[string]any{"created_time": "2026-11-25T10:00:00Z", "custom_metadata": nil, "deletion_time": "", "destroyed": false, "version": n}
	if v.deleted {
		metadata["deletion_time"] = "2026-11-25T10:00:01Z"
		answer(w, http.StatusNotFound, map[string]any{"data": nil, "metadata": metadata})
		return
	}
	answer(w, http.StatusOK, map[string]any{"data": v.data, "metadata": metadata})
}

func write(w http.ResponseWriter, r *http.Request, entries map[string]*entry, key string) {
	var request struct {
		Data    json.RawMessage `json:"data"`
		Options struct {
			CAS *int `json:"cas"`
		} `json:"options"`
	}
	if json.NewDecoder(r.Body).Decode(&request) != nil || request.Data == nil {
		fail(w, http.StatusBadRequest, "no data provided")
		return
	}
	e := entries[key]
	if e == nil {
		e = &entry{versions: map[int]*version{}}
	}
	if request.Options.CAS != nil && *request.Options.CAS != e.last {
		fail(w, http.StatusBadRequest, "check-and-set parameter did not match the current version")
		return
	}
	entries[key] = e
	e.last++
	e.versions[e.last] = &version{data: request.Data}
	delete(e.versions, e.last-maxVersions)
	answer(w, http.StatusOK, map[string]any{"created_time": "2026-11-25T10:00:00Z", "custom_metadata": nil, "deletion_time": "", "destroyed": false, "version": e.last})
}

func list(w http.ResponseWriter, entries map[string]*entry, folder string) {
	keys := map[string]bool{}
	for key := range entries {
		if rest, ok := strings.CutPrefix(key, folder); ok {
			if first, _, deeper := strings.Cut(rest, "/"); deeper {
				rest = first + "/"
			}
			keys[rest] = true
		}
	}
	if len(keys) == 0 {
		fail(w, http.StatusNotFound)
		return
	}
	answer(w, http.StatusOK, map[string]any{"keys": slices.Sorted(maps.Keys(keys))})
}
