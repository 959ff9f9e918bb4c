package keystore

import (
	"errors"
	"os"
	"strings"
	"testing"
	"unicode"
)

// Files whose content is long, and made to be quoted.
func TestBadInputQuoted(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("\\u001b[2Jx", 5000)
	dir := t.TempDir()
	o := passphraseOptions(dir)
	must(t, open(t, "file", o).Put(t.Context(), name, []byte("x")))
	get := func() error { _, err := open(t, "file", o).Get(t.Context(), name); return err }
	list := func() error { _, err := OpenIndex(dir).List(t.Context()); return err }
	for what, c := range map[string]struct {
		file, content string
		call          func() error
	}{
		"a time":            {"index.json", `{"version":1,"entries":[{"name":"bitid/A","created":"` + long + `"}]}`, list},
		"a number":          {"index.json", `{"version":1,"entries":` + strings.Repeat("1", 50000) + `}`, list},
		"a header's number": {"keystore/store.json", `{"version":1,"recipient":` + strings.Repeat("1", 50000) + `}`, get},
		"a stanza":          {"keystore/" + secretFile(name), "age-encryption.org/v1\n-> " + strings.Repeat("\x1b[2J", 15000) + "\n", get},
		"an identity":       {"keystore/identity.age", "age-encryption.org/v1\n-> scrypt " + strings.Repeat("\x1b[2J", 15000) + " 1\n", get},
	} {
		before, err := os.ReadFile(dir + "/" + c.file)
		if err != nil && c.file != "index.json" {
			t.Fatal(err)
		}
		must(t, os.WriteFile(dir+"/"+c.file, []byte(c.content), 0o600))
		err = c.call()
		if !errors.Is(err, ErrDamaged) || len(err.Error()) > 1500 || strings.ContainsFunc(err.Error(), unicode.IsControl) {
			t.Errorf("%s: %d bytes: %.300q", what, len(err.Error()), err)
		}
		must(t, os.WriteFile(dir+"/"+c.file, before, 0o600))
	}
	err := &Error{Backend: "file", Op: "put", Err: errors.Join(errors.New("first"), errors.New("se\x1bcond"))}
	if want := "keystore file: put: first; se�cond"; err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
}
