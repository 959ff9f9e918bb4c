package keystore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func indexed(t *testing.T, x *Index) []string {
	t.Helper()
	entries, err := x.List(t.Context())
	must(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name)
	}
	return names
}

func TestIndex(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "not", "there", "yet")
	x := OpenIndex(dir)
	if got := indexed(t, x); len(got) != 0 {
		t.Error(got)
	}
	must(t, x.Remove(t.Context(), "bitid/none"))
	if _, err := os.Stat(dir); err == nil {
		t.Error("reading and removing nothing made the directory")
	}
	b := Entry{Name: "bitid/B", Keystore: "file", Server: "https://b.example", Created: noon}
	for _, e := range []Entry{{Name: "bitid/C"}, {Name: "apikey/a"}, {Name: "bitid/B", Server: "https://old.example"}, b} {
		must(t, x.Add(t.Context(), e))
	}
	entries, err := OpenIndex(dir).List(t.Context())
	must(t, err)
	if diff := cmp.Diff([]Entry{{Name: "apikey/a"}, b, {Name: "bitid/C"}}, entries); diff != "" {
		t.Error(diff)
	}
	must(t, x.Remove(t.Context(), "bitid/B"))
	must(t, x.Remove(t.Context(), "bitid/B"))
	must(t, x.Add(t.Context(), b))
	must(t, x.Remove(t.Context(), "bitid/C"))
	if got := indexed(t, x); !slices.Equal(got, []string{"apikey/a", "bitid/B"}) {
		t.Error(got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = x.List(ctx)
	wantError(t, err, "index", "list", context.Canceled)
	wantError(t, x.Add(ctx, b), "index", "put", context.Canceled)
}

func TestIndexAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, OpenIndex(dir).Add(t.Context(), Entry{Name: "bitid/gone"}))
	writers := 32
	if testing.Short() {
		writers = 4
	}
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			x := OpenIndex(dir)
			for _, err := range []error{
				x.Add(t.Context(), Entry{Name: fmt.Sprintf("bitid/N%02d", i)}),
				x.Add(t.Context(), Entry{Name: fmt.Sprintf("bitid/M%02d", i)}),
				x.Remove(t.Context(), fmt.Sprintf("bitid/M%02d", i)),
				x.Remove(t.Context(), "bitid/gone"),
			} {
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	names := indexed(t, OpenIndex(dir))
	if len(names) != writers || names[0] != "bitid/N00" || names[writers-1] != fmt.Sprintf("bitid/N%02d", writers-1) {
		t.Errorf("%d names: %v", len(names), names)
	}
}

func TestBadInputIndex(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]error{
		"":                              ErrDamaged,
		"null":                          ErrDamaged,
		"[]":                            ErrDamaged,
		"{":                             ErrDamaged,
		"{}":                            ErrDamaged,
		`{"version":0,"entries":[]}`:    ErrDamaged,
		`{"version":-1}`:                ErrDamaged,
		`{"version":"1"}`:               ErrDamaged,
		`{"version":1,"entries":{}}`:    ErrDamaged,
		`{"version":1,"entries":[]}x`:   ErrDamaged,
		`{"version":1,"entries":[{}]}`:  ErrDamaged,
		`{"version":1,"entries":[5]}`:   ErrDamaged,
		`{"version":2}`:                 ErrVersion,
		`{"version":2,"entries":"new"}`: ErrVersion,
		`{"version":1,"entries":[{"name":"bitid/\u001b[2J"}]}`:          ErrDamaged,
		`{"version":1,"entries":[{"name":"../../etc/passwd"}]}`:         ErrDamaged,
		`{"version":1,"entries":[{"name":"bitid/a","created":"soon"}]}`: ErrDamaged,
		strings.Repeat("[", 100000):                                     ErrDamaged,
		strings.Repeat(" ", indexLimit+1):                               ErrDamaged,
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "index.json")
		must(t, os.WriteFile(path, []byte(content), 0o600))
		x := OpenIndex(dir)
		_, err := x.List(t.Context())
		wantError(t, err, "index", "list", want)
		wantError(t, x.Add(t.Context(), Entry{Name: name}), "index", "put", want)
		wantError(t, x.Remove(t.Context(), name), "index", "delete", want)
		if err != nil && !strings.Contains(err.Error(), path) {
			t.Errorf("%.40q: %v does not name the file", content, err)
		}
		if e, _ := errors.AsType[*Error](err); e == nil || e.Hint == "" {
			t.Errorf("%.40q: no hint", content)
		}
		if now, _ := os.ReadFile(path); string(now) != content {
			t.Errorf("%.40q was changed", content)
		}
	}
}

func TestBadInputIndexDirectory(t *testing.T) {
	t.Parallel()
	x := OpenIndex("")
	_, err := x.List(t.Context())
	wantError(t, err, "index", "list", ErrUnavailable)
	wantError(t, x.Add(t.Context(), Entry{Name: name}), "index", "put", ErrUnavailable)
	if _, err := os.Stat("index.json"); err == nil {
		t.Error("an index was written to the working directory")
	}
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	wantError(t, OpenIndex(file).Add(t.Context(), Entry{Name: name}), "index", "put", ErrUnavailable)
	wantError(t, OpenIndex(t.TempDir()).Add(t.Context(), Entry{Name: "no"}), "index", "put", ErrName)
	wantError(t, OpenIndex(t.TempDir()).Remove(t.Context(), "no"), "index", "delete", ErrName)
}

// A file that was merged by hand: out of order, with a name twice, and with
// fields that a later version of the same format may have.
func TestIndexMergedByHand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, os.WriteFile(dir+"/index.json", []byte(`{"entries":[{"name":"bitid/B","server":"first"},{"name":"bitid/A","colour":1},
		{"name":"bitid/B","server":"last"}],"version":1,"more":true}`), 0o600))
	x := OpenIndex(dir)
	entries, err := x.List(t.Context())
	must(t, err)
	want := []Entry{{Name: "bitid/A"}, {Name: "bitid/B", Server: "last"}}
	if diff := cmp.Diff(want, entries); diff != "" {
		t.Error(diff)
	}
	must(t, x.Remove(t.Context(), "bitid/A"))
	if got := indexed(t, x); !slices.Equal(got, []string{"bitid/B"}) {
		t.Error(got)
	}
}

// An index never grows beyond what it reads again.
func TestIndexFull(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	x := OpenIndex(dir)
	must(t, x.Add(t.Context(), Entry{Name: "bitid/A"}))
	err := x.Add(t.Context(), Entry{Name: "bitid/B", Server: strings.Repeat("s", indexLimit)})
	wantError(t, err, "index", "put", ErrTooLarge)
	if got := indexed(t, x); !slices.Equal(got, []string{"bitid/A"}) {
		t.Error(got)
	}
}

// An entry is added to a long index without decoding the others, and the text is the same
// as if all were encoded again.
func TestIndexSplice(t *testing.T) { // it counts allocations, so nothing runs beside it
	dir := manyEntries(t, 2000)
	x := OpenIndex(dir)
	added := Entry{Name: "bitid/TfX3yr5tYvccKNVrE26BrPs6LWZRh001000a", Keystore: "file", Created: noon}
	allocations := testing.AllocsPerRun(1, func() { must(t, x.Add(t.Context(), added)) })
	if allocations > 5*2000 {
		t.Errorf("%.0f allocations: all entries are decoded", allocations)
	}
	for i, change := range []indexChange{
		{put: []Entry{{Name: "apikey/first", Created: noon}}},
		{put: []Entry{{Name: "zzz/last", Server: "https://é.example/<a>&b", Created: noon}}}, // has to be decoded from now on
		{put: []Entry{added, {Name: "bitid/A", Created: noon}, added, {Name: "bitid/B"}}},
		{remove: "zzz/last"}, // and not any more
		{remove: "zzz/last"},
		{remove: added.Name, put: []Entry{{Name: "bitid/B", Keystore: "keyring", Created: noon.Local()}}},
	} {
		old := must2(os.ReadFile(dir + "/index.json"))
		entries := must2(parseIndex(old))
		want := append(must2(json.MarshalIndent(indexContent{indexVersion, change.apply(entries)}, "", "  ")), '\n')
		got, ok := change.splice(old)
		if ok && string(got) != string(want) {
			t.Fatalf("change %d differs:\n%s", i, cmp.Diff(string(want), string(got)))
		}
		if decoded := i == 2 || i == 3; ok == decoded {
			t.Errorf("change %d: spliced: %v", i, ok)
		}
		must(t, os.WriteFile(dir+"/index.json", want, 0o600))
	}
}

// What is not in the layout of this program is decoded, which finds the damage.
func TestBadInputIndexSplice(t *testing.T) {
	t.Parallel()
	change := indexChange{put: []Entry{{Name: "bitid/M", Created: noon}}}
	good := must2(json.MarshalIndent(indexContent{indexVersion, []Entry{
		{Name: "bitid/A", Keystore: "file", Created: noon}, {Name: "bitid/Z", Server: "https://z.example", Created: noon},
	}}, "", "  "))
	text := string(good) + "\n"
	if _, ok := change.splice([]byte(text)); !ok {
		t.Fatal("an index of this program is not spliced")
	}
	for before, after := range map[string]string{
		"bitid/A": "bitid/ZZ", "bitid/Z": "bitid/A", `"version": 1`: `"version": 2`, `"file"`: `"fi\"le"`, `"name": "bitid/Z"`: `"name": "bitid"`,
		`"keystore"`: `"colour"`, "\"file\",": "\"file\"", "  ]\n}": "  ],\n}", `"bitid/A",`: `"bitid/A",,`, "    },\n    {": "    }\n    {", "\n}\n": "\n}",
		"      \"name\": \"bitid/A\",\n": "", "https": "ht\xfftps", "2026": "\x002026", "    }\n  ]": "    }\n",
	} {
		if _, ok := change.splice([]byte(strings.Replace(text, before, after, 1))); ok {
			t.Errorf("with %q for %q it is spliced", after, before)
		}
	}
}

func manyEntries(tb testing.TB, n int) (dir string) {
	dir = tb.TempDir()
	content := indexContent{Version: indexVersion}
	for i := range n {
		content.Entries = append(content.Entries, Entry{
			Name: fmt.Sprintf("bitid/TfX3yr5tYvccKNVrE26BrPs6LWZRh%06d", i), Keystore: "keyring",
			Server: "https://btcpay.example.com", Created: noon,
		})
	}
	data, err := json.MarshalIndent(content, "", "  ")
	if err == nil {
		err = os.WriteFile(dir+"/index.json", data, 0o600)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return dir
}

// BenchmarkIndexList lists 10,000 names; BenchmarkIndexRead is the same file
// read and decoded with the standard library alone.
func BenchmarkIndexList(b *testing.B) {
	x := OpenIndex(manyEntries(b, 10000))
	for b.Loop() {
		if entries, err := x.List(b.Context()); err != nil || len(entries) != 10000 {
			b.Fatal(len(entries), err)
		}
	}
}

// BenchmarkIndexAdd adds a name to 10,000.
func BenchmarkIndexAdd(b *testing.B) {
	x := OpenIndex(manyEntries(b, 10000))
	for b.Loop() {
		if err := x.Add(b.Context(), Entry{Name: "bitid/TfX3yr5tYvccKNVrE26BrPs6LWZRh005000a", Keystore: "file", Created: noon}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkIndexRead(b *testing.B) {
	dir := manyEntries(b, 10000)
	for b.Loop() {
		data, err := os.ReadFile(dir + "/index.json")
		var content indexContent
		if err == nil {
			err = json.Unmarshal(data, &content)
		}
		if err != nil || len(content.Entries) != 10000 {
			b.Fatal(len(content.Entries), err)
		}
	}
}
