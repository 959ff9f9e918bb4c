package keystore

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/programs"
)

// asked is a passphrase prompt that counts.
type asked struct {
	say      []byte
	err      error
	calls    int
	confirms int
}

func (a *asked) passphrase(_ context.Context, confirm bool) ([]byte, error) {
	a.calls++
	if confirm {
		a.confirms++
	}
	return bytes.Clone(a.say), a.err
}

func TestFilePassphraseAskedOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := &asked{say: []byte("correct horse")}
	store := open(t, "file", Options{Dir: dir, Timeout: patience, Passphrase: first.passphrase})
	for _, n := range []string{"bitid/A", "bitid/B", "apikey/c"} {
		must(t, store.Put(t.Context(), n, []byte(n)))
		wantSecret(t, store, n, n)
	}
	if first.calls != 1 || first.confirms != 1 {
		t.Errorf("a new store asked %d times, %d to confirm; want once, to confirm", first.calls, first.confirms)
	}
	second := &asked{say: []byte("correct horse")}
	store = open(t, "file", Options{Dir: dir, Timeout: patience, Passphrase: second.passphrase})
	if _, err := store.Get(t.Context(), "bitid/none"); !errors.Is(err, ErrNotFound) || second.calls != 0 {
		t.Errorf("what is not there was asked for %d times: %v", second.calls, err)
	}
	must(t, store.Delete(t.Context(), "apikey/c"))
	if second.calls != 0 {
		t.Error("deleting needs no passphrase, but it was asked for")
	}
	wantSecret(t, store, "bitid/A", "bitid/A")
	wantSecret(t, store, "bitid/B", "bitid/B")
	must(t, store.Put(t.Context(), "bitid/C", nil))
	if second.calls != 1 || second.confirms != 0 {
		t.Errorf("an old store asked %d times, %d to confirm; want once, not to confirm", second.calls, second.confirms)
	}
}

func TestFilePassphraseWrong(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, open(t, "file", passphraseOptions(dir)).Put(t.Context(), name, []byte("x")))
	ask := &asked{say: []byte("wrong")}
	store := open(t, "file", Options{Dir: dir, Timeout: patience, Passphrase: ask.passphrase})
	_, err := store.Get(t.Context(), name)
	wantError(t, err, "file", "get", ErrPassphrase)
	if errors.Is(err, ErrDamaged) {
		t.Error("a wrong passphrase is no damage")
	}
	wantError(t, store.Put(t.Context(), "bitid/other", nil), "file", "put", ErrPassphrase)
	ask.say = []byte("correct horse")
	wantSecret(t, store, name, "x") // another attempt may succeed
	if ask.calls != 3 {
		t.Errorf("asked %d times, want 3", ask.calls)
	}
}

// A user may try again, as often as the caller allows.
func TestFilePassphraseAgain(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		typed string
		wrong int // what the caller is told
		opens bool
	}{
		{"correct horse", 0, true},
		{"typo,correct horse", 1, true},
		{"typo,typo,correct horse", 2, true},
		{"typo,typo,typo,correct horse", 3, false},
	} {
		dir := t.TempDir()
		must(t, open(t, "file", passphraseOptions(dir)).Put(t.Context(), name, []byte("x")))
		typed := strings.Split(test.typed, ",")
		wrong := 0
		store := open(t, "file", Options{Dir: dir, Timeout: patience,
			Passphrase: func(context.Context, bool) ([]byte, error) {
				next := typed[0]
				typed = typed[1:]
				return []byte(next), nil
			},
			PassphraseAgain: func(n int) bool {
				if wrong++; n != wrong {
					t.Errorf("told of %d wrong passphrases after %d", n, wrong)
				}
				return n < 3
			},
		})
		got, err := store.Get(t.Context(), name)
		if (err == nil) != test.opens || wrong != test.wrong || test.opens && string(got) != "x" {
			t.Errorf("%s: %q, %v, %d times wrong", test.typed, got, err, wrong)
		}
		if !test.opens && (!errors.Is(err, ErrPassphrase) || !errors.Is(err, ErrWrongPassphrase)) {
			t.Errorf("%s: %v", test.typed, err)
		}
	}
	// What is no passphrase at all is not asked again.
	o := Options{Dir: t.TempDir(), Timeout: patience, Passphrase: say(""), PassphraseAgain: func(int) bool { t.Error("asked again"); return false }}
	if err := open(t, "file", o).Put(t.Context(), name, nil); !errors.Is(err, ErrPassphrase) || errors.Is(err, ErrWrongPassphrase) {
		t.Error(err)
	}
}

// Several first writes through one store ask once, and do not wait for each other's locks.
func TestFileMadeAtOnceByOneStore(t *testing.T) {
	t.Parallel()
	const writers = 8
	var calls atomic.Int32
	started := make(chan struct{}, writers)
	store := open(t, "file", Options{Dir: t.TempDir(), Timeout: patience, Passphrase: func(context.Context, bool) ([]byte, error) {
		if calls.Add(1) == 1 {
			for range writers {
				<-started
			}
		}
		return []byte("correct horse"), nil
	}})
	errs := make(chan error)
	for i := range writers {
		go func() {
			started <- struct{}{}
			errs <- store.Put(t.Context(), "bitid/"+string(rune('A'+i)), []byte{byte(i)})
		}()
	}
	for range writers {
		must(t, <-errs)
	}
	if calls.Load() != 1 {
		t.Errorf("asked %d times", calls.Load())
	}
}

func TestBadInputPassphrase(t *testing.T) {
	t.Parallel()
	stopped := errors.New("the terminal went away")
	for what, ask := range map[string]*asked{"empty": {}, "failed": {err: stopped}, "nobody": nil} {
		t.Run(what, func(t *testing.T) {
			o := Options{Dir: t.TempDir(), Timeout: patience}
			if ask != nil {
				o.Passphrase = ask.passphrase
			}
			err := open(t, "file", o).Put(t.Context(), name, []byte("x"))
			wantError(t, err, "file", "put", ErrPassphrase)
			wantHint(t, err, "export BTCPAYCTL_PASSPHRASE_FILE=")
			if what == "failed" && !errors.Is(err, stopped) {
				t.Error("the cause is lost")
			}
			if files, _ := filepath.Glob(o.Dir + "/keystore/*"); len(files) > 0 {
				t.Errorf("files were left: %v", files)
			}
		})
	}
}

// Somebody at the prompt does not make others wait beyond their deadline.
func TestFilePromptDoesNotBlockOthers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, open(t, "file", passphraseOptions(dir)).Put(t.Context(), name, []byte("x")))
	asking, answer := make(chan struct{}), make(chan struct{})
	store := open(t, "file", Options{Dir: dir, Timeout: patience, Passphrase: func(context.Context, bool) ([]byte, error) {
		close(asking)
		<-answer
		return []byte("correct horse"), nil
	}})
	done := make(chan error, 1)
	go func() { _, err := store.Get(t.Context(), name); done <- err }()
	<-asking
	ctx, cancel := context.WithTimeout(t.Context(), shortWait)
	defer cancel()
	if _, err := store.Get(ctx, name); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a second call: %v", err)
	}
	// Another process is not held up at all.
	wantSecret(t, open(t, "file", passphraseOptions(dir)), name, "x")
	close(answer)
	must(t, <-done)
}

func TestFileIdentityFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := identityOptions(dir)
	must(t, open(t, "file", o).Put(t.Context(), name, []byte("x")))
	info, err := os.Stat(o.IdentityFile)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the identity file has mode %o", info.Mode().Perm())
	}
	before, err := os.ReadFile(o.IdentityFile)
	must(t, err)
	must(t, open(t, "file", o).Put(t.Context(), "bitid/B", []byte("y")))
	if after, _ := os.ReadFile(o.IdentityFile); !bytes.Equal(before, after) {
		t.Fatal("the identity file was replaced")
	}

	t.Run("not named", func(t *testing.T) {
		_, err := open(t, "file", Options{Dir: dir, Timeout: patience, Passphrase: say("x")}).Get(t.Context(), name)
		wantError(t, err, "file", "get", ErrPassphrase)
		wantHint(t, err, "export BTCPAYCTL_IDENTITY_FILE=")
	})
	t.Run("another one", func(t *testing.T) {
		other := o
		other.IdentityFile = filepath.Join(dir, "other")
		_, err := open(t, "file", other).Get(t.Context(), name)
		wantError(t, err, "file", "get", ErrPassphrase) // it is not there, and none is made for a store that is
		must(t, os.WriteFile(other.IdentityFile, must2(newIdentityText()), 0o600))
		_, err = open(t, "file", other).Get(t.Context(), name)
		wantError(t, err, "file", "get", ErrPassphrase)
		wantError(t, open(t, "file", other).Put(t.Context(), name, nil), "file", "put", ErrPassphrase)
		wantSecret(t, open(t, "file", o), name, "x")
	})
	t.Run("through a link", func(t *testing.T) {
		link := o
		link.IdentityFile = filepath.Join(dir, "link")
		must(t, os.Symlink(o.IdentityFile, link.IdentityFile))
		wantSecret(t, open(t, "file", link), name, "x")
	})
	t.Run("shared by two stores", func(t *testing.T) {
		two := identityOptions(t.TempDir())
		two.IdentityFile = o.IdentityFile
		must(t, open(t, "file", two).Put(t.Context(), name, []byte("two")))
		wantSecret(t, open(t, "file", two), name, "two")
	})
}

func must2[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestBadInputIdentityFile(t *testing.T) {
	t.Parallel()
	two := append(must2(newIdentityText()), must2(newIdentityText())...)
	for what, content := range map[string]string{
		"empty": "", "nonsense": "hello", "recipient": "age1qqqqqqqq", "two identities": string(two),
		"truncated": "AGE-SECRET-KEY-1QQQQ", "binary": "\x00\xff\xfe", "ssh": "-----BEGIN OPENSSH PRIVATE KEY-----\n",
		"too large": strings.Repeat("# comment\n", 10000),
	} {
		t.Run(what, func(t *testing.T) {
			o := identityOptions(t.TempDir())
			o.IdentityFile = filepath.Join(o.Dir, "id")
			must(t, os.WriteFile(o.IdentityFile, []byte(content), 0o600))
			err := open(t, "file", o).Put(t.Context(), name, []byte("x"))
			if !errors.Is(err, ErrPassphrase) && !errors.Is(err, ErrDamaged) {
				t.Errorf("error %v", err)
			}
			if err == nil || !strings.Contains(err.Error(), o.IdentityFile) {
				t.Errorf("error %v does not name the file", err)
			}
			if now, _ := os.ReadFile(o.IdentityFile); string(now) != content {
				t.Error("the file was changed")
			}
		})
	}
}

// The age program opens what this package writes, in both modes.
func TestFileOpenedByAge(t *testing.T) {
	t.Parallel()
	age := programs.Age.Need(t)
	dir := t.TempDir()
	o := identityOptions(dir)
	secret := append([]byte("-----BEGIN EC PRIVATE KEY-----\n\x00\xff"), random(3000)...)
	must(t, open(t, "file", o).Put(t.Context(), name, secret))
	got, err := exec.Command(age, "-d", "-i", o.IdentityFile, dir+"/keystore/bitid-"+name[6:]+".age").CombinedOutput()
	if err != nil || !bytes.Equal(got, secret) {
		t.Errorf("age -d: %v, %d bytes: %.200q", err, len(got), got)
	}
}

// An identity made by age-keygen opens a store.
func TestFileWithKeygen(t *testing.T) {
	t.Parallel()
	keygen := programs.AgeKeygen.Need(t)
	o := identityOptions(t.TempDir())
	o.IdentityFile = filepath.Join(o.Dir, "key.txt")
	if out, err := exec.Command(keygen, "-o", o.IdentityFile).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	must(t, open(t, "file", o).Put(t.Context(), name, []byte("x")))
	wantSecret(t, open(t, "file", o), name, "x")
}

// age asks for the passphrase on a terminal only, so script gives it one.
func TestFilePassphraseOpenedByAge(t *testing.T) {
	t.Parallel()
	age, script := programs.Age.Need(t), programs.Script.Need(t)
	dir := t.TempDir()
	must(t, open(t, "file", passphraseOptions(dir)).Put(t.Context(), name, []byte("x y z")))
	out := filepath.Join(dir, "out")
	cmd := exec.CommandContext(t.Context(), script, "-qec",
		age+" -d -i "+dir+"/keystore/identity.age -o "+out+" "+dir+"/keystore/bitid-"+name[6:]+".age", "/dev/null")
	in, err := cmd.StdinPipe()
	must(t, err)
	var seen prompt
	seen.want, seen.found = "passphrase", make(chan struct{})
	cmd.Stdout = &seen
	must(t, cmd.Start())
	select {
	case <-seen.found:
	case <-time.After(patience):
		t.Error("age did not ask")
	}
	in.Write([]byte("correct horse\n"))
	err = cmd.Wait()
	if got, _ := os.ReadFile(out); err != nil || string(got) != "x y z" {
		t.Errorf("age -d: %v, %q: %s", err, got, seen.text)
	}
}

// prompt waits for a word in what a program prints.
type prompt struct {
	want  string
	found chan struct{}
	text  []byte
}

func (p *prompt) Write(b []byte) (int, error) {
	had := bytes.Contains(p.text, []byte(p.want))
	p.text = append(p.text, b...)
	if !had && bytes.Contains(p.text, []byte(p.want)) {
		close(p.found)
	}
	return len(b), nil
}

// The passphrase may be changed with the age program, as the documentation
// says: the identity is what counts, not the file it is in.
func TestFilePassphraseChanged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, open(t, "file", passphraseOptions(dir)).Put(t.Context(), name, []byte("x")))
	path := dir + "/keystore/identity.age"
	must(t, os.WriteFile(path, rewrap(t, path, "correct horse", "battery staple"), 0o600))

	_, err := open(t, "file", Options{Dir: dir, Timeout: patience, Passphrase: say("typo")}).Get(t.Context(), name)
	wantError(t, err, "file", "get", ErrDamaged) // no telling yet which of the two it is
	wantHint(t, err, "type the new one")
	wantSecret(t, open(t, "file", Options{Dir: dir, Timeout: patience, Passphrase: say("battery staple")}), name, "x")
	_, err = open(t, "file", Options{Dir: dir, Timeout: patience, Passphrase: say("typo")}).Get(t.Context(), name)
	wantError(t, err, "file", "get", ErrPassphrase)
}

// Several processes make a store at the same moment: one identity wins.
func TestFileMadeAtOnce(t *testing.T) {
	t.Parallel()
	for _, options := range []func(string) Options{passphraseOptions, identityOptions} {
		dir := t.TempDir()
		errs := make(chan error)
		for i := range 8 {
			go func() {
				store, err := Open("file", options(dir))
				if err == nil {
					err = store.Put(t.Context(), "bitid/"+string(rune('A'+i)), []byte{byte(i)})
				}
				errs <- err
			}()
		}
		for range 8 {
			must(t, <-errs)
		}
		store := open(t, "file", options(dir))
		for i := range 8 {
			wantSecret(t, store, "bitid/"+string(rune('A'+i)), string([]byte{byte(i)}))
		}
	}
}

// Two people choose different passphrases at the same moment: the second is
// told, and nothing is written with an identity that the file does not hold.
func TestFileMadeWithTwoPassphrases(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ask := func(ctx context.Context, _ bool) ([]byte, error) {
		must(t, open(t, "file", passphraseOptions(dir)).Put(ctx, "bitid/first", []byte("1")))
		return []byte("another"), nil
	}
	err := open(t, "file", Options{Dir: dir, Timeout: patience, Passphrase: ask}).Put(t.Context(), name, []byte("2"))
	wantError(t, err, "file", "put", ErrPassphrase)
	wantSecret(t, open(t, "file", passphraseOptions(dir)), "bitid/first", "1")
}

// A long-lived store notices that its directory was removed.
func TestFileRemovedUnderneath(t *testing.T) {
	t.Parallel()
	for _, options := range []func(string) Options{passphraseOptions, identityOptions} {
		dir := t.TempDir()
		store := open(t, "file", options(dir))
		must(t, store.Put(t.Context(), name, []byte("x")))
		must(t, os.RemoveAll(dir+"/keystore"))
		_, err := store.Get(t.Context(), name)
		wantError(t, err, "file", "get", ErrNotFound)
		must(t, store.Put(t.Context(), name, []byte("y")))
		wantSecret(t, open(t, "file", options(dir)), name, "y")
	}
}

// And that another process made it anew, with another identity.
func TestFileMadeAnewUnderneath(t *testing.T) {
	t.Parallel()
	for _, options := range []func(string) Options{passphraseOptions, identityOptions} {
		dir := t.TempDir()
		reader, writer := open(t, "file", options(dir)), open(t, "file", options(dir))
		must(t, writer.Put(t.Context(), name, []byte("x")))
		wantSecret(t, reader, name, "x")
		must(t, os.RemoveAll(dir+"/keystore"))
		must(t, os.RemoveAll(dir+"/elsewhere"))
		must(t, open(t, "file", options(dir)).Put(t.Context(), name, []byte("y")))
		wantSecret(t, reader, name, "y")
		must(t, writer.Put(t.Context(), name, []byte("z")))
		wantSecret(t, reader, name, "z")
	}
}
