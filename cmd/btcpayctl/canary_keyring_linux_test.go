package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

const (
	secretService = "org.freedesktop.secrets"
	secretPath    = dbus.ObjectPath("/org/freedesktop/secrets")
)

// lookFor skips a test whose program is missing, outside CI.
func lookFor(t *testing.T, program, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: apt-get install %s", program, pkg)
	}
	if err != nil {
		t.Skipf("%s is missing: apt-get install %s", program, pkg)
	}
	return path
}

// startSecretService starts a bus and a gnome-keyring-daemon of the test's own.
func startSecretService(t *testing.T) (address string) {
	t.Helper()
	bus, keyring := lookFor(t, "dbus-daemon", "dbus"), lookFor(t, "gnome-keyring-daemon", "gnome-keyring")
	// The path of a socket has at most 107 bytes.
	dir, err := os.MkdirTemp("", "bus")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	config := filepath.Join(dir, "bus.conf")
	must(t, os.WriteFile(config, fmt.Appendf(nil, `<busconfig><type>session</type><listen>unix:path=%s/bus</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`, dir), 0o600))
	cmd := exec.Command(bus, "--config-file="+config, "--nofork", "--nopidfile", "--print-address=1")
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	must(t, err)
	address = strings.TrimSpace(line)
	daemon := exec.Command(keyring, "--foreground", "--unlock", "--components=secrets", "--control-directory="+dir)
	daemon.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_RUNTIME_DIR="+dir, "XDG_CONFIG_HOME="+dir, "DBUS_SESSION_BUS_ADDRESS="+address)
	daemon.Stdin = strings.NewReader("password of the test")
	must(t, daemon.Start())
	t.Cleanup(func() { daemon.Process.Kill(); daemon.Wait() })
	conn, err := dbus.Connect(address)
	must(t, err)
	defer conn.Close()
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		var path dbus.ObjectPath
		if conn.Object(secretService, secretPath).Call("org.freedesktop.Secret.Service.ReadAlias", dbus.FlagNoAutoStart, "default").Store(&path) == nil && path != "/" {
			return address
		}
		if time.Now().After(end) {
			t.Fatal("the keyring daemon did not come up")
		}
	}
}

func startKeyringBackend(t *testing.T, h *canaryHome) []canary {
	h.env["DBUS_SESSION_BUS_ADDRESS"] = startSecretService(t)
	h.env["BTCPAYCTL_KEYSTORE"] = "keyring"
	return nil
}

func startSecretServiceBackend(t *testing.T, h *canaryHome) []canary {
	helper := lookFor(t, "docker-credential-secretservice", "golang-docker-credential-helpers")
	h.env["DBUS_SESSION_BUS_ADDRESS"] = startSecretService(t)
	h.env["BTCPAYCTL_KEYSTORE"] = "helper:" + helper
	return nil
}

// startPassBackend makes a password store with a gpg key of its own.
func startPassBackend(t *testing.T, h *canaryHome) []canary {
	helper := lookFor(t, "docker-credential-pass", "golang-docker-credential-helpers")
	gpg, pass := lookFor(t, "gpg", "gnupg"), lookFor(t, "pass", "pass")
	dir, err := os.MkdirTemp("", "gpg")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	h.env["GNUPGHOME"], h.env["PASSWORD_STORE_DIR"] = dir, h.path("home", "store")
	for _, args := range [][]string{
		{gpg, "--batch", "--pinentry-mode", "loopback", "--passphrase", "", "--quick-generate-key", "test@btcpayctl.invalid"},
		{pass, "init", "test@btcpayctl.invalid"},
	} {
		cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
		cmd.Env = h.environ()
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", args[0], err, out)
		}
	}
	t.Cleanup(func() { exec.Command("gpgconf", "--homedir", dir, "--kill", "all").Run() })
	h.env["BTCPAYCTL_KEYSTORE"] = "helper:" + helper
	return nil
}

// keyringFaults end the bus, or lead to one that nobody is on. A locked
// collection is that of another daemon, since runs go side by side.
var keyringFaults = map[string]func(*canaryRun) error{
	"missing": func(r *canaryRun) error {
		r.home.env["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=" + r.home.path("tmp", "none")
		return nil
	},
	"locked": func(r *canaryRun) error {
		if r.stage.lockedBus == "" {
			return errNoSuchFault
		}
		r.home.env["DBUS_SESSION_BUS_ADDRESS"] = r.stage.lockedBus
		return nil
	},
	"damaged": func(r *canaryRun) error {
		if r.stage.damagedBus == "" {
			return errNoSuchFault
		}
		r.home.env["DBUS_SESSION_BUS_ADDRESS"] = r.stage.damagedBus
		return nil
	},
}

// fillSecretService gives a daemon an item of each name whose text is none that
// this program wrote, and holds a secret.
func fillSecretService(address string, names []string, secret string) error {
	conn, err := dbus.Connect(address)
	if err != nil {
		return err
	}
	defer conn.Close()
	var nothing dbus.Variant
	var session, item, prompt dbus.ObjectPath
	service := conn.Object(secretService, secretPath)
	if err := service.Call("org.freedesktop.Secret.Service.OpenSession", 0, "plain", dbus.MakeVariant("")).Store(&nothing, &session); err != nil {
		return err
	}
	type value struct {
		Session     dbus.ObjectPath
		Parameters  []byte
		Value       []byte
		ContentType string
	}
	for _, name := range names {
		properties := map[string]dbus.Variant{
			"org.freedesktop.Secret.Item.Label":      dbus.MakeVariant(name),
			"org.freedesktop.Secret.Item.Attributes": dbus.MakeVariant(map[string]string{"service": "btcpayctl", "username": name}),
		}
		text := value{session, nil, []byte("btcpayctl:0:" + name + ":" + secret), "text/plain"}
		err := conn.Object(secretService, secretPath+"/collection/login").Call("org.freedesktop.Secret.Collection.CreateItem", 0, properties, text, true).Store(&item, &prompt)
		if err != nil {
			return err
		}
	}
	return nil
}

// lockSecretService locks the collection of a daemon.
func lockSecretService(address string) error {
	conn, err := dbus.Connect(address)
	if err != nil {
		return err
	}
	defer conn.Close()
	var locked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	return conn.Object(secretService, secretPath).Call("org.freedesktop.Secret.Service.Lock", 0,
		[]dbus.ObjectPath{secretPath + "/collection/login"}).Store(&locked, &prompt)
}
