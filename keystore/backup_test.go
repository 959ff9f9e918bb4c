package keystore

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"github.com/btcpayctl/btcpayctl/keystore/internal/work"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/programs"
)

func filled(t *testing.T, n int) (Store, []Entry) {
	t.Helper()
	store := open(t, "file", identityOptions(t.TempDir()))
	var entries []Entry
	for i := range n {
		entries = append(entries, Entry{Name: fmt.Sprintf("bitid/T%d", i), Keystore: "file", Server: "https://btcpay.example.com", Created: noon})
		must(t, store.Put(t.Context(), entries[i].Name, fmt.Appendf(nil, "%s %d\x00\xff", canary, i)))
	}
	return store, entries
}

func opener(store Store) func(string) (Store, error) {
	return func(string) (Store, error) { return store, nil }
}

func TestBackup(t *testing.T) {
	t.Parallel()
	identity := must2(age.GenerateX25519Identity())
	for what, keys := range map[string][2]BackupKey{
		"passphrase": {{Passphrase: []byte("horse")}, {Passphrase: []byte("horse")}},
		"recipient":  {{Recipients: "# a comment\n" + identity.Recipient().String() + "\n"}, {Identities: []byte(identity.String())}},
	} {
		t.Run(what, func(t *testing.T) {
			store, entries := filled(t, 3)
			must(t, store.Put(t.Context(), "bitid/Empty", nil))
			entries = append(entries, Entry{Name: "bitid/Empty", Created: noon})
			var file bytes.Buffer
			must(t, Backup(t.Context(), &file, keys[0], entries, opener(store)))
			if Leaks(file.String(), canary) || strings.Contains(file.String(), "bitid") {
				t.Error("the backup is not encrypted")
			}
			back, err := ReadBackup(bytes.NewReader(file.Bytes()), keys[1])
			must(t, err)
			if len(back) != len(entries) {
				t.Fatalf("%d entries", len(back))
			}
			for i, e := range back {
				if diff := cmp.Diff(entries[i], e.Entry); diff != "" {
					t.Error(diff)
				}
				wantSecret(t, store, e.Name, string(e.Secret))
			}
			dir := t.TempDir()
			to, index := open(t, "file", identityOptions(dir)), OpenIndex(dir)
			done, err := Restore(t.Context(), back, to, "file", index, false)
			must(t, err)
			if len(done.Stored) != 4 || len(done.Same)+len(done.Conflicts) != 0 {
				t.Errorf("%+v", done)
			}
			for _, e := range back {
				wantSecret(t, to, e.Name, string(e.Secret))
			}
			if got := indexed(t, index); len(got) != 4 {
				t.Error(got)
			}
		})
	}
}

// sealText makes a backup of any text.
func sealText(text string) []byte {
	r := must2(age.NewScryptRecipient("horse"))
	r.SetWorkFactor(work.Factor)
	var out bytes.Buffer
	w := must2(age.Encrypt(&out, r))
	must2(io.WriteString(w, text))
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func TestBadInputBackup(t *testing.T) {
	t.Parallel()
	const head, e = `{"btcpayctl_backup":1,"created":"2026-11-25T12:00:00Z","entries":1}` + "\n",
		`{"name":"bitid/A","created":"2026-11-25T12:00:00Z","secret":"` + canary + `"}` + "\n"
	line := strings.Replace(e, canary, "eA==", 1)
	for text, want := range map[string]error{
		"": ErrDamaged, "x": ErrDamaged, "{}": ErrDamaged, head: ErrDamaged, head + line + line: ErrDamaged, head + e: ErrDamaged,
		head + line: nil, head + line + "\n": ErrDamaged, line: ErrDamaged, head + "{}\n": ErrDamaged,
		strings.Replace(head, `":1,"c`, `":2,"new":1,"c`, 1): ErrVersion, strings.Replace(head, `p":1`, `p":0`, 1) + line: ErrDamaged,
		strings.Replace(head, `s":1`, `s":2`, 1) + line:                ErrDamaged,
		strings.Replace(head, `s":1`, `s":2`, 1) + line + line:         ErrDamaged,
		head + strings.Replace(line, "bitid/A", "../x", 1):             ErrDamaged,
		head + strings.Replace(line, `"secret"`, `"x":1,"secret"`, 1):  ErrDamaged,
		head + strings.Replace(line, `"eA=="`, `null`, 1):              ErrDamaged,
		head + strings.TrimSuffix(line, "\n") + "{}\n":                 ErrDamaged,
		head + strings.Repeat("x", 5*MaxSize) + "\n":                   ErrDamaged,
		strings.Repeat(`{"btcpayctl_backup":1,"entries":9}`+"\n", 300): ErrDamaged,
	} {
		_, err := ReadBackup(bytes.NewReader(sealText(text)), BackupKey{Passphrase: []byte("horse")})
		if want == nil {
			must(t, err)
			continue
		}
		wantError(t, err, "backup", "read", want)
		noCanary(t, err)
	}
	whole := sealText(head + line)
	for i := range whole {
		for _, changed := range [][]byte{whole[:i], append(append(bytes.Clone(whole[:i]), whole[i]^1), whole[i+1:]...)} {
			_, err := ReadBackup(bytes.NewReader(changed), BackupKey{Passphrase: []byte("horse")})
			if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrPassphrase) {
				t.Errorf("changed at %d: %v", i, err)
			}
		}
	}
	_, err := ReadBackup(bytes.NewReader(whole), BackupKey{Passphrase: []byte("other")})
	wantError(t, err, "backup", "read", ErrPassphrase)
	store, entries := filled(t, 1)
	for _, key := range []BackupKey{{}, {Recipients: "age1x"}, {Recipients: " \n"}, {Recipients: "age1x", Passphrase: []byte("x")}} {
		wantError(t, Backup(t.Context(), io.Discard, key, entries, opener(store)), "backup", "write", ErrPassphrase)
	}
	entries = append(entries, Entry{Name: "bitid/Gone"})
	wantError(t, Backup(t.Context(), io.Discard, BackupKey{Passphrase: []byte("x")}, entries, opener(store)), "backup", "write", ErrNotFound)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		if text := fmt.Sprintf(verb+verb, BackupKey{Passphrase: []byte(canary)}, BackupEntry{Secret: []byte(canary)}); Leaks(text, canary) {
			t.Errorf("%s prints %s", verb, text)
		}
	}
}

// The age program opens a backup, and what comes out is lines of JSON.
func TestBackupOpenedByAge(t *testing.T) {
	t.Parallel()
	programs.Age.Need(t)
	dir := t.TempDir()
	identity := must2(age.GenerateX25519Identity())
	must(t, os.WriteFile(dir+"/id", []byte(identity.String()+"\n"), 0o600))
	store, entries := filled(t, 1)
	var file bytes.Buffer
	must(t, Backup(t.Context(), &file, BackupKey{Recipients: identity.Recipient().String()}, entries, opener(store)))
	path := filepath.Join(dir, "backup.age")
	must(t, os.WriteFile(path, file.Bytes(), 0o600))
	out, err := exec.Command("age", "-d", "-i", dir+"/id", path).Output()
	must(t, err)
	head, line, _ := strings.Cut(string(out), "\n")
	want := `{"name":"bitid/T0","keystore":"file","server":"https://btcpay.example.com","created":"` + noon.Format("2006-01-02T15:04:05Z") +
		`","secret":"Y2FuYXJ5LW9mLXRoZS10ZXN0LTdmM2EgMAD/"}` + "\n"
	if !strings.HasPrefix(head, `{"btcpayctl_backup":1,"created":"`) || !strings.HasSuffix(head, `"entries":1}`) || line != want {
		t.Errorf("%s\n%s\n%s", head, line, want)
	}
}
