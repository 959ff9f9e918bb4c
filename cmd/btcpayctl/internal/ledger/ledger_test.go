package ledger

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/btcpayctl/btcpayctl/keystore/durable"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/leaks"
)

func TestMain(m *testing.M) {
	if os.Getenv(spinVariable) != "" {
		spin()
		return
	}
	leaks.Main(m)
}

// patience bounds every wait; it is far more than any takes.
const patience = 2 * time.Minute

func open(t *testing.T) (*Ledger, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "ledger")
	return Open(dir, time.Now), dir
}

func begin(t *testing.T, l *Ledger, r Invoice) *Operation[Invoice] {
	t.Helper()
	o, err := Begin(t.Context(), l, r)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func newInvoice() Invoice {
	return Invoice{
		Header:         Header{ID: rand.Text(), Kind: KindInvoice, Server: "https://btcpay.example.com"},
		InvoicePayload: InvoicePayload{OrderID: "A-1", Amount: "12.50", Currency: "USD"},
	}
}

// TestLife follows an operation from its beginning to its end; each step is on
// the disk when it returns.
func TestLife(t *testing.T) {
	l, dir := open(t)
	if records, err := l.Unfinished(); len(records) > 0 || err != nil {
		t.Fatalf("an empty ledger: %v %v", records, err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("reading made the directory")
	}
	o := begin(t, l, newInvoice())
	unfinished := func() []Invoice {
		entries, err := l.Unfinished()
		if records := Of[Invoice](entries); err == nil && len(records) == 1 && len(Of[Pair](entries)) == 0 {
			return records
		}
		t.Fatalf("%+v %v", entries, err)
		return nil
	}
	if r := unfinished()[0]; !cmp.Equal(r, o.Record) || r.OrderID != "A-1" || r.Created.IsZero() {
		t.Fatalf("%+v", r)
	}
	if err := o.Advance(func(r *Invoice) { r.Invoice = "inv" }); err != nil {
		t.Fatal(err)
	}
	if r := unfinished()[0]; r.Invoice != "inv" {
		t.Errorf("%+v", r)
	}
	if err := o.Finish(); err != nil {
		t.Fatal(err)
	}
	if err := o.Release(); err != nil {
		t.Errorf("Release after Finish: %v", err)
	}
	wantEmpty(t, dir)
	if _, err := Resume[Invoice](t.Context(), l, o.Record.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("Resume of a finished operation: %v", err)
	}
}

// TestResumeWithin waits for a holder that never lets go, and for one that does.
func TestResumeWithin(t *testing.T) {
	l, _ := open(t)
	o := begin(t, l, newInvoice())
	id := o.Record.ID
	if _, err := ResumeWithin[Invoice](t.Context(), l, id, 20*time.Millisecond); !errors.Is(err, ErrBusy) {
		t.Error(err)
	}
	released := make(chan error, 1)
	time.AfterFunc(20*time.Millisecond, func() { released <- o.Release() })
	again, err := ResumeWithin[Invoice](t.Context(), l, id, patience)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(<-released, again.Finish()); err != nil {
		t.Error(err)
	}
}

func TestResume(t *testing.T) {
	l, dir := open(t)
	o := begin(t, l, newInvoice())
	id := o.Record.ID
	if _, err := Resume[Invoice](t.Context(), l, id); !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("an operation that somebody is at: %v", err)
	}
	if err := o.Release(); err != nil {
		t.Fatal(err)
	}
	again, err := Resume[Invoice](t.Context(), l, id)
	if err != nil || !cmp.Equal(again.Record, o.Record) {
		t.Fatalf("%+v %v", again, err)
	}
	if err := again.Finish(); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{"", "x", "../../../etc/passwd", strings.Repeat("A", 41), rand.Text()} {
		if _, err := Resume[Invoice](t.Context(), l, wrong); !errors.Is(err, ErrNotFound) {
			t.Errorf("Resume(%q): %v", wrong, err)
		}
		if _, err := Begin(t.Context(), l, Invoice{Header: Header{ID: wrong, Kind: KindInvoice}}); len(wrong) != 26 && err == nil {
			t.Errorf("Begin(%q) succeeded", wrong)
		}
	}
	if names, _ := filepath.Glob(dir + "/*.lock"); len(names) > 1 {
		t.Errorf("wrong ids left locks: %q", names)
	}
}

// TestUnreadable puts records there that are none. Each is named, and the
// others are read all the same.
func TestUnreadable(t *testing.T) {
	l, dir := open(t)
	good := begin(t, l, newInvoice())
	defer good.Release()
	for name, content := range map[string]struct {
		text string
		err  error
	}{
		"HALFWRITTEN":   {`{"version":1,"id":"HALFWRI`, ErrDamaged},
		"EMPTYFILE":     {"", ErrDamaged},
		"OTHERIDHERE":   {`{"version":1,"id":"ANOTHERID","kind":"pair"}`, ErrDamaged},
		"NOVERSION1":    {`{"id":"NOVERSION1","kind":"pair"}`, ErrDamaged},
		"FROMTHEFUTURE": {`{"version":3,"id":"FROMTHEFUTURE","kind":"pair"}`, ErrVersion},
		"NOKINDATALL":   {`{"version":2,"id":"NOKINDATALL"}`, ErrDamaged},
		"WRONGPAYLOAD":  {`{"version":2,"id":"WRONGPAYLOAD","kind":"pair","code":[]}`, ErrDamaged},
		"WRONGFIRST":    {`{"version":1,"id":"WRONGFIRST","kind":"pair","code":[]}`, ErrDamaged},
		"TOOLARGEFILE":  {strings.Repeat(" ", recordLimit+1), durable.ErrTooLarge},
	} {
		path := filepath.Join(dir, name+".json")
		if err := os.WriteFile(path, []byte(content.text), 0o600); err != nil {
			t.Fatal(err)
		}
		records, err := l.Unfinished()
		if !errors.Is(err, content.err) || !strings.Contains(err.Error(), path) || len(records) != 1 {
			t.Errorf("%s: %v, %d records", name, err, len(records))
		}
		if _, err := Resume[Invoice](t.Context(), l, name); !errors.Is(err, content.err) {
			t.Errorf("Resume(%s): %v", name, err)
		}
		os.Remove(path)
	}
	link := filepath.Join(dir, "LINKEDRECORD.json")
	if err := os.Symlink(filepath.Join(dir, good.Record.ID+".json"), link); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Unfinished(); !errors.Is(err, durable.ErrSymlink) {
		t.Errorf("a link: %v", err)
	}
}

// TestOrder lists the oldest first.
func TestOrder(t *testing.T) {
	now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	dir := filepath.Join(t.TempDir(), "ledger")
	var wanted []string
	for i := range 20 {
		l := Open(dir, func() time.Time { return now.Add(-time.Duration(i) * time.Minute) })
		o := begin(t, l, newInvoice())
		wanted = append(wanted, o.Record.ID)
		o.Release()
	}
	slices.Reverse(wanted)
	records, err := Open(dir, time.Now).Unfinished()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range records {
		got = append(got, r.ID)
	}
	if !slices.Equal(got, wanted) {
		t.Errorf("%q, want %q", got, wanted)
	}
}

// TestFailedAdvance leaves the record as it was, in memory and on the disk.
func TestFailedAdvance(t *testing.T) {
	l, dir := open(t)
	o := begin(t, l, newInvoice())
	path := filepath.Join(dir, o.Record.ID+".json")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil { // nothing can be renamed onto it
		t.Fatal(err)
	}
	before := o.Record
	if err := o.Advance(func(r *Invoice) { r.Invoice = "lost" }); err == nil {
		t.Error("it succeeded")
	}
	if o.Record.Invoice != before.Invoice {
		t.Errorf("%+v", o.Record)
	}
	o.Release()
}

// TestSweep takes away what killed processes left, and nothing else. Of a large directory a
// start looks at a part.
func TestSweep(t *testing.T) {
	l, dir := open(t)
	l.Sweep(0) // there is none yet
	defer begin(t, l, newInvoice()).Release()
	long := time.Now().Add(-2 * time.Hour)
	leave := func() {
		for _, name := range []string{".tmp-old", "DONEDONE.lock", "DONEDONE.watch"} {
			path := filepath.Join(dir, name)
			if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chtimes(path, long, long)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for limit, left := range map[int]int{0: 2, 5: 2, 3: 4} {
		leave()
		l.Sweep(limit)
		names, err := os.ReadDir(dir)
		if limit == 3 && err == nil {
			// Locks stay, and the temporary file where it was not among the first.
			if len(names) != left && len(names) != left+1 {
				t.Errorf("limit %d left %v", limit, names)
			}
		} else if err != nil || len(names) != left {
			t.Errorf("limit %d left %v %v", limit, names, err)
		}
	}
	defer begin(t, l, newInvoice()).Release()
	leave()
	defer begin(t, l, newInvoice()).Release()
	if _, err := os.Stat(filepath.Join(dir, ".tmp-old")); err != nil {
		t.Error("Begin swept, which each start does once")
	}
}

// TestMode keeps records from other users.
func TestMode(t *testing.T) {
	l, dir := open(t)
	o := begin(t, l, newInvoice())
	defer o.Release()
	info, err := os.Stat(filepath.Join(dir, o.Record.ID+".json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
}

func wantEmpty(t *testing.T, dir string) {
	t.Helper()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}
