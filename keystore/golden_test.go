package keystore

import (
	"os"
	"path/filepath"
	"testing"

	"filippo.io/age"
	"github.com/btcpayctl/btcpayctl/keystore/internal/work"
)

// golden is what the stores in testdata/v1 hold. They were written by the first
// version and are never written again: every later version has to read them.
var golden = map[string]string{
	"bitid/TfX3yr5tYvccKNVrE26BrPs6LWZRh8woHwjR": "-----BEGIN EC PRIVATE KEY-----\nnot a real key\n-----END EC PRIVATE KEY-----\n",
	"apikey/0123456789abcdef":                    "every byte: \x00\x01\x7f\x80\xff\n",
	"bitid/Empty":                                "",
}

func TestGoldenStores(t *testing.T) {
	t.Parallel()
	for mode, options := range map[string]func(dir string) Options{
		"passphrase": func(dir string) Options {
			return Options{Dir: dir, Timeout: patience, Passphrase: say("correct horse battery staple")}
		},
		"identity": func(dir string) Options {
			return Options{Dir: dir, Timeout: patience, IdentityFile: filepath.Join(dir, "identity.txt")}
		},
	} {
		t.Run(mode, func(t *testing.T) {
			if testing.Short() && mode == "passphrase" {
				t.Skip("left out of the inner loop: it derives from a passphrase at the real cost")
			}
			dir := goldenCopy(t, mode)
			store := open(t, "file", options(dir))
			for name, want := range golden {
				wantSecret(t, store, name, want)
			}
			entries, err := OpenIndex(dir).List(t.Context())
			must(t, err)
			if len(entries) != len(golden) || entries[0].Server != "https://btcpay.example.com" || entries[0].Created.Year() != 2026 {
				t.Errorf("the index holds %v", entries)
			}
			must(t, store.Put(t.Context(), name, []byte("written by this version")))
			wantSecret(t, store, name, "written by this version")
		})
	}
}

// The first version wrote this backup, and later ones read it.
func TestGoldenBackup(t *testing.T) {
	t.Parallel()
	file := must2(os.Open("testdata/v1/backup/backup.age"))
	defer file.Close()
	entries, err := ReadBackup(file, BackupKey{Identities: must2(os.ReadFile("testdata/v1/backup/identity.txt"))})
	must(t, err)
	if len(entries) != len(golden) {
		t.Errorf("%d entries", len(entries))
	}
	for _, e := range entries {
		if want, ok := golden[e.Name]; !ok || string(e.Secret) != want {
			t.Errorf("%s is %q, want %q", e.Name, e.Secret, want)
		}
		if e.Keystore != "file" || e.Server != "https://btcpay.example.com" || !e.Created.Equal(noon) {
			t.Errorf("%+v", e.Entry)
		}
	}
}

// What the first version writes into a keyring, and into a helper of docker.
func TestGoldenValue(t *testing.T) {
	const value = "btcpayctl:1:" + name + ":dGhlIHNlY3JldA=="
	if got := keyringEncode(name, []byte("the secret")); got != value {
		t.Errorf("%q is written", got)
	}
	if got, err := keyringDecode(name, value); err != nil || string(got) != "the secret" {
		t.Errorf("%q, %v", got, err)
	}
}

// goldenCopy is a copy to work in, with the rights that git does not keep.
func goldenCopy(t *testing.T, mode string) string {
	t.Helper()
	dir := t.TempDir()
	must(t, os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "v1", mode))))
	must(t, filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return os.Chmod(path, 0o600)
	}))
	return dir
}

// A passphrase is worth the second that it costs: the golden identity, which
// was written at the real cost, asks for 2^18 steps.
func TestPassphraseCost(t *testing.T) {
	f := must2(os.Open("testdata/v1/passphrase/keystore/identity.age"))
	defer f.Close()
	id := must2(age.NewScryptIdentity("any"))
	id.SetMaxWorkFactor(17)
	if _, err := age.Decrypt(f, id); err == nil || err.Error() != "scrypt work factor too large: 18" {
		t.Error(err)
	}
	if factorOfProgram != 18 {
		t.Errorf("the cost is 2^%d", factorOfProgram)
	}
}

// A file that asks for more memory than the machine has is refused, not served.
func TestBadInputPassphraseCost(t *testing.T) {
	dir := t.TempDir()
	must(t, open(t, "file", passphraseOptions(dir)).Put(t.Context(), name, nil))
	path := dir + "/keystore/identity.age"
	was := work.Factor
	work.Factor = 4
	costly := rewrap(t, path, "correct horse", "correct horse")
	work.Factor = was
	// The stanza is "-> scrypt SALT 4".
	for i := range costly {
		if string(costly[i:i+3]) == " 4\n" {
			costly = append(costly[:i:i], append([]byte(" 40\n"), costly[i+3:]...)...)
			break
		}
	}
	must(t, os.WriteFile(path, costly, 0o600))
	_, err := open(t, "file", passphraseOptions(dir)).Get(t.Context(), name)
	wantError(t, err, "file", "get", ErrDamaged)
}
