package root

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mainCommands are ten commands that people run most, with a name for each kind of need:
// the configuration, the server, the journal, a keystore. ID is an invoice.
var mainCommands = []struct{ name, line string }{
	{"doctor", "doctor"},
	{"show", "profile show"},
	{"current", "apikey current"},
	{"keys", "apikey list"},
	{"stores", "store list"},
	{"permissions", "apikey permissions"},
	{"get", "invoice get ID"},
	{"list", "invoice list --limit 1"},
	{"create", "invoice create --amount 1 --currency USD"},
	{"generate", "key generate --profile fresh"},
}

// An outcome is what a command does in an environment: its exit code, and words that name
// the cause. The zero outcome is success.
type outcome struct {
	exit  int
	cause string
}

// all is the outcome of all commands, but for some.
func all(o outcome, but map[string]outcome) map[string]outcome {
	outcomes := map[string]outcome{}
	for _, c := range mainCommands {
		outcomes[c.name] = o
	}
	maps.Copy(outcomes, but)
	return outcomes
}

// An environment is an unusual one in which the main commands run.
type environment struct {
	name string
	// profile uses a profile with a stored API key; else the environment gives all.
	profile bool
	make    func(*environmentStage)
	// outcomes of commands that do not succeed.
	outcomes map[string]outcome
}

// An environmentStage is the home of one environment, and the variables.
type environmentStage struct {
	t      *testing.T
	dir    string // holds the home and what surrounds it
	home   string
	key    string
	server string
	env    map[string]string
	unset  []string
	flags  []string // of commands that talk to a server
}

func (s *environmentStage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *environmentStage) config() string {
	return filepath.Join(s.home, ".config", "btcpayctl", "config.toml")
}

func (s *environmentStage) write(path, text string) string {
	s.t.Helper()
	s.must(os.MkdirAll(filepath.Dir(path), 0o700))
	s.must(os.WriteFile(path, []byte(text), 0o600))
	return path
}

// moveHome moves the home, with what is in it, and names the new one.
func (s *environmentStage) moveHome(name string) {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	s.must(os.MkdirAll(filepath.Dir(path), 0o700))
	s.must(os.Rename(s.home, path))
	s.home, s.env["HOME"] = path, path
	s.env["BTCPAYCTL_IDENTITY_FILE"] = filepath.Join(path, "identity")
}

func set(pairs ...string) func(*environmentStage) {
	return func(s *environmentStage) {
		for i := 0; i < len(pairs); i += 2 {
			s.env[pairs[i]] = pairs[i+1]
		}
	}
}

// homeless is a HOME in which nothing can be kept, and where nothing asks for a keystore.
func homeless(home string) func(*environmentStage) {
	return func(s *environmentStage) { s.env["HOME"], s.unset = home, []string{"BTCPAYCTL_KEYSTORE"} }
}

// process sets a variable that libraries read themselves.
func process(name, value string) func(*environmentStage) {
	return func(s *environmentStage) { s.t.Setenv(name, value) }
}

var (
	noHome   = map[string]outcome{"create": {2, "the journal of operations has no place"}, "generate": {2, "there is no home directory"}}
	noConfig = func(cause string) map[string]outcome { return all(outcome{2, cause}, nil) }
	// unserved commands are those that a server cannot be reached for.
	unserved = func(o outcome) map[string]outcome {
		return all(o, map[string]outcome{"show": {}, "keys": {}, "generate": {}})
	}
)

var environments = []environment{
	{name: "nothing unusual"},
	{name: "nothing unusual, with a profile", profile: true},

	{name: "no HOME", make: func(s *environmentStage) { s.unset = []string{"HOME", "BTCPAYCTL_KEYSTORE"} }, outcomes: noHome},
	{name: "an empty HOME", make: homeless(""), outcomes: noHome},
	{name: "a relative HOME", make: homeless("home/me"), outcomes: noHome},
	{name: "no HOME, but a place for data", make: func(s *environmentStage) {
		s.unset = []string{"HOME"}
		s.env["XDG_DATA_HOME"] = filepath.Join(s.dir, "data")
	}, outcomes: map[string]outcome{"generate": {2, "there is no home directory"}}},
	{name: "no HOME, but a place for the configuration", profile: true, make: func(s *environmentStage) {
		s.unset = []string{"HOME"}
		s.env["BTCPAYCTL_CONFIG_DIR"], s.env["XDG_DATA_HOME"] = filepath.Dir(s.config()), filepath.Join(s.home, ".local", "share")
	}, outcomes: map[string]outcome{"generate": {2, "no directory for its lock"}}},
	{name: "HOME below a file", make: homeless("/dev/null"), outcomes: map[string]outcome{
		"create": {1, "the journal of operations cannot be written"}, "generate": {2, "is not a directory"}}},
	{name: "HOME with blanks", profile: true, make: func(s *environmentStage) { s.moveHome("my home  dir") }},
	{name: "HOME with a line end and a quote", profile: true, make: func(s *environmentStage) { s.moveHome("it's\na home") }},
	{name: "a very long HOME", profile: true, make: func(s *environmentStage) {
		s.moveHome(strings.Repeat(strings.Repeat("d", 200)+"/", 14) + "home")
	}},
	{name: "relative XDG directories", profile: true, make: set("XDG_CONFIG_HOME", "a", "XDG_DATA_HOME", "./b", "XDG_STATE_HOME", "c")},
	{name: "data behind a link", profile: true, make: func(s *environmentStage) {
		data := filepath.Join(s.home, ".local", "share", "btcpayctl")
		s.must(os.Rename(data, filepath.Join(s.dir, "disk")))
		s.must(os.Symlink(filepath.Join(s.dir, "disk"), data))
	}},

	{name: "LANG=C", make: set("LANG", "C", "LC_ALL", "POSIX")},
	{name: "TERM unset", make: func(s *environmentStage) { s.unset = []string{"TERM"} }},
	{name: "TERM=dumb, 30 columns", make: set("TERM", "dumb", "COLUMNS", "30", "LINES", "5", "NO_COLOR", "1")},
	{name: "CI", make: set("CI", "true", "GITHUB_ACTIONS", "true")},
	{name: "SSH", make: set("SSH_CONNECTION", "10.0.0.1 5 10.0.0.2 22", "SSH_TTY", "/dev/pts/1")},
	{name: "WSL", make: set("WSL_DISTRO_NAME", "Debian", "WSL_INTEROP", "/run/WSL/1_interop")},
	{name: "PATH empty", make: set("PATH", "")},
	{name: "TMPDIR missing", make: process("TMPDIR", "/nonexistent/tmp")},
	{name: "no bus, and nothing to keep", make: func(s *environmentStage) {
		process("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")(s)
		s.unset = []string{"BTCPAYCTL_KEYSTORE"}
	}, outcomes: map[string]outcome{"generate": {9, "keyring"}}},
	{name: "no bus, and a keyring", make: func(s *environmentStage) {
		process("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")(s)
		s.env["BTCPAYCTL_KEYSTORE"] = "keyring"
	}, outcomes: map[string]outcome{"generate": {9, "keyring"}, "doctor": {9, "first: keystore"}}},

	{name: "variables from a file with CRLF and BOM", make: func(s *environmentStage) {
		for _, name := range []string{"BTCPAYCTL_SERVER", "BTCPAYCTL_API_KEY", "BTCPAYCTL_STORE", "BTCPAYCTL_KEYSTORE", "BTCPAYCTL_IDENTITY_FILE"} {
			s.env[name] += "\r"
		}
		s.env["BTCPAYCTL_SERVER"] = "\ufeff" + s.env["BTCPAYCTL_SERVER"]
	}},
	{name: "a key file with CRLF and BOM", make: func(s *environmentStage) {
		s.unset = []string{"BTCPAYCTL_API_KEY"}
		s.env["BTCPAYCTL_API_KEY_FILE"] = s.write(filepath.Join(s.dir, "key"), "\ufeff"+s.key+"\r\n")
	}},
	{name: "a key file of a mounted secret", make: func(s *environmentStage) {
		s.unset = []string{"BTCPAYCTL_API_KEY"}
		s.write(filepath.Join(s.dir, "secret", "..2026_11", "key"), s.key)
		s.must(os.Symlink("..2026_11", filepath.Join(s.dir, "secret", "..data")))
		s.must(os.Symlink("..data/key", filepath.Join(s.dir, "secret", "key")))
		s.env["BTCPAYCTL_API_KEY_FILE"] = filepath.Join(s.dir, "secret", "key")
	}},

	{name: "HTTP_PROXY unparsable, server on this machine", make: process("HTTP_PROXY", "ht!tp://%zz")},
	{name: "HTTP_PROXY unparsable", make: func(s *environmentStage) {
		process("HTTP_PROXY", "ht!tp://%zz")(s)
		s.elsewhere()
	}, outcomes: unserved(outcome{2, "proxy"})},
	{name: "HTTP_PROXY", make: func(s *environmentStage) {
		process("HTTP_PROXY", s.server)(s)
		s.elsewhere()
	}},
	{name: "ALL_PROXY with SOCKS, gone", make: func(s *environmentStage) {
		process("ALL_PROXY", "socks5://127.0.0.1:1")(s)
		s.elsewhere()
	}, outcomes: unserved(outcome{7, "the proxy failed"})},
	{name: "NO_PROXY=*", make: func(s *environmentStage) {
		process("HTTP_PROXY", "http://127.0.0.1:1")(s)
		process("NO_PROXY", "*")(s)
	}},

	{name: "a configuration with BOM and CRLF", profile: true, make: func(s *environmentStage) {
		text, err := os.ReadFile(s.config())
		s.must(err)
		s.write(s.config(), "\ufeff"+strings.ReplaceAll(string(text), "\n", "\r\n"))
	}},
	{name: "a configuration from a ConfigMap", profile: true, make: func(s *environmentStage) {
		dir := filepath.Dir(s.config())
		s.must(os.Mkdir(filepath.Join(dir, "..2026_11"), 0o755))
		s.must(os.Rename(s.config(), filepath.Join(dir, "..2026_11", "config.toml")))
		s.must(os.Symlink("..2026_11", filepath.Join(dir, "..data")))
		s.must(os.Symlink("..data/config.toml", s.config()))
	}},
	{name: "a configuration from stow", profile: true, make: func(s *environmentStage) {
		s.must(os.Rename(filepath.Dir(s.config()), filepath.Join(s.dir, "dotfiles")))
		s.must(os.Symlink("../../dotfiles", filepath.Dir(s.config())))
	}},
	{name: "a configuration that is only read", profile: true, make: func(s *environmentStage) { s.must(os.Chmod(s.config(), 0o444)) }},
	{name: "an empty configuration", make: func(s *environmentStage) { s.write(s.config(), "") }},
	{name: "a configuration that is a directory", make: func(s *environmentStage) { s.must(os.MkdirAll(s.config(), 0o700)) },
		outcomes: noConfig("is a directory, not a file")},
	{name: "a link to a configuration that is gone", make: func(s *environmentStage) {
		s.must(os.MkdirAll(filepath.Dir(s.config()), 0o700))
		s.must(os.Symlink("gone.toml", s.config()))
	}, outcomes: noConfig("is a link to a file that does not exist: gone.toml")},
	{name: "a configuration that all can write", profile: true, make: func(s *environmentStage) { s.must(os.Chmod(s.config(), 0o666)) },
		outcomes: noConfig("can be written by every user")},
	{name: "a directory in which all can replace the configuration", profile: true, make: func(s *environmentStage) { s.must(os.Chmod(filepath.Dir(s.config()), 0o777)) },
		outcomes: noConfig("can be written by every user")},
	{name: "a directory like /tmp", profile: true, make: func(s *environmentStage) {
		s.must(os.Chmod(filepath.Dir(s.config()), 0o777|fs.ModeSticky))
	}, outcomes: map[string]outcome{"generate": {2, "can be written by every user"}}},
}

// elsewhere names the server by a name that only a proxy knows.
func (s *environmentStage) elsewhere() {
	s.env["BTCPAYCTL_SERVER"] = "http://shop.test"
	s.flags = []string{"--allow-http"}
}

// TestEnvironments runs the main commands in unusual environments: each has its exit code
// and one cause, and no file is replaced or lost.
func TestEnvironments(t *testing.T) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"} {
		t.Setenv(name, "")
	}
	server := newRecordingServer(t)
	template := newHome(t)
	owner := map[string]string{"BTCPAYCTL_SERVER": server.URL, "BTCPAYCTL_STORE": server.Seed.StoreID, "BTCPAYCTL_API_KEY": server.Seed.APIKey}
	ok := func(g *given, line string) string {
		t.Helper()
		if g.run(t, strings.Fields(line)...); g.code != 0 {
			t.Fatalf("%s: exit %d\n%s", line, g.code, g.stderr)
		}
		return strings.TrimSpace(g.stdout)
	}
	ok(&given{home: template, env: owner}, "apikey create --permission unrestricted --save-as shop")
	ok(&given{home: template}, "profile set shop --store "+server.Seed.StoreID)
	id := ok(&given{home: template, env: owner}, "invoice create --amount 1 --currency USD -o name")
	for _, e := range environments {
		t.Run(e.name, func(t *testing.T) {
			s := &environmentStage{t: t, dir: t.TempDir(), key: server.Seed.APIKey, server: server.URL, env: map[string]string{"TERM": "xterm", "BTCPAYCTL_KEYSTORE": "file"}}
			s.home = filepath.Join(s.dir, "home")
			s.must(os.CopyFS(s.home, os.DirFS(template)))
			s.env["HOME"], s.env["BTCPAYCTL_IDENTITY_FILE"] = s.home, filepath.Join(s.home, "identity")
			s.must(closeModes(s.home))
			if !e.profile {
				s.must(os.Remove(s.config()))
				maps.Copy(s.env, owner)
			}
			if e.make != nil {
				e.make(s)
			}
			before := snapshot(t, s.dir)
			for _, c := range mainCommands {
				args := strings.Fields(strings.Replace(c.line, "ID", id, 1))
				if c.name != "show" && c.name != "generate" && (c.name != "keys" || e.profile) {
					args = append(args, s.flags...)
				}
				server.took()
				g := (&given{home: s.home, env: s.env, without: s.unset}).run(t, args...)
				want := e.outcomes[c.name]
				if g.code != want.exit {
					t.Errorf("%s: exit %d, want %d\n%s%s", c.line, g.code, want.exit, g.stdout, g.stderr)
				}
				wantOneCause(t, c.line, want, g)
				if made := invoicesMade(server.took()); made > 0 != (c.name == "create" && want.exit == 0) {
					t.Errorf("%s: %d invoices were made", c.line, made)
				}
				keeps(t, c.line, before, snapshot(t, s.dir))
			}
			if text, err := os.ReadFile(s.config()); e.profile && (err != nil || !strings.Contains(string(text), "[profile.shop]")) {
				t.Errorf("the profile is gone: %v\n%s", err, text)
			}
		})
	}
	if len(environments) < 40 {
		t.Errorf("only %d environments", len(environments))
	}
}

func wantOneCause(t *testing.T, line string, want outcome, g *given) {
	t.Helper()
	causes := 0
	if want.exit != 0 {
		causes = 1
	}
	if n := strings.Count("\n"+g.stderr, "\nerror: "); n != causes {
		t.Errorf("%s: %d causes, want %d\n%s", line, n, causes, g.stderr)
	}
	if !strings.Contains(g.stdout+g.stderr, want.cause) {
		t.Errorf("%s: %q is not said\n%s%s", line, want.cause, g.stdout, g.stderr)
	}
	for _, never := range []string{"warning:", "goroutine ", "panic"} {
		if strings.Contains(g.stderr, never) {
			t.Errorf("%s: it says %q\n%s", line, never, g.stderr)
		}
	}
}

func invoicesMade(sent []sentRequest) (made int) {
	for _, r := range sent {
		if r.method == "POST" && strings.HasSuffix(r.path, "/invoices") {
			made++
		}
	}
	return made
}

// closeModes gives files and directories the modes that the program makes them with.
func closeModes(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return os.Chmod(path, 0o600)
	})
}

// snapshot are the files below a directory: their kind, and the content of those that no
// command of the table may change.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		files[path] = entry.Type().String()
		changes := []string{"config.toml", "index.json", "lock"}
		if !entry.Type().IsRegular() || slices.Contains(changes, entry.Name()) || strings.HasSuffix(path, ".lock") {
			return nil
		}
		text, err := os.ReadFile(path)
		files[path] += " " + string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func keeps(t *testing.T, line string, before, after map[string]string) {
	t.Helper()
	for path, was := range before {
		if is, ok := after[path]; !ok || is != was {
			t.Errorf("%s: %s is now %.80q, and was %.80q", line, path, is, was)
		}
	}
}
