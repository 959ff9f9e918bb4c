package secretservice

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/programs"
)

// patience is how long a program may take on a busy machine.
const patience = 2 * time.Minute

// A Bus is a session bus for one test, on which no service is started automatically.
type Bus struct {
	// Address is the value of DBUS_SESSION_BUS_ADDRESS for programs that use the bus.
	Address string

	stop func()
}

// StartBus starts a bus that ends with the test. It does not touch the user's bus. If the
// program dbus-daemon is missing, the test is skipped, or fails if CI=true.
func StartBus(t testing.TB) *Bus {
	t.Helper()
	daemon := programs.DBus.Need(t)
	dir, err := os.MkdirTemp("", "bus-") // the path of a socket is limited to 107 bytes
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	config := filepath.Join(dir, "bus.conf")
	must(t, os.WriteFile(config, fmt.Appendf(nil, `<busconfig><type>session</type><listen>unix:path=%s/bus</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`, dir), 0o600))
	cmd := exec.Command(daemon, "--config-file="+config, "--nofork", "--nopidfile", "--print-address=1")
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	stop := sync.OnceFunc(func() { cmd.Process.Kill(); cmd.Wait() })
	t.Cleanup(stop)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		t.Fatal("dbus-daemon printed no address:", err)
	}
	return &Bus{Address: strings.TrimSpace(line), stop: stop}
}

// Stop kills the bus, as at the end of a session.
func (b *Bus) Stop() { b.stop() }

// StartGnome starts a real gnome-keyring-daemon on a bus, with an unlocked collection in a
// directory of its own. It returns a connection to the bus. Both end with the test.
func StartGnome(t testing.TB, bus *Bus) *dbus.Conn {
	t.Helper()
	daemon := programs.GnomeKeyring.Need(t)
	home, err := os.MkdirTemp("", "gnome-") // the path of a socket is limited to 107 bytes
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(home) })
	cmd := exec.Command(daemon, "--foreground", "--unlock", "--components=secrets", "--control-directory="+home)
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_DATA_HOME="+home, "XDG_RUNTIME_DIR="+home, "XDG_CONFIG_HOME="+home,
		"DBUS_SESSION_BUS_ADDRESS="+bus.Address)
	cmd.Stdin = strings.NewReader("password of the test")
	must(t, cmd.Start())
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	t.Cleanup(func() { cmd.Process.Kill(); <-ended })
	conn, err := dbus.Connect(bus.Address)
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		var owned bool
		must(t, conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, busName).Store(&owned))
		var path dbus.ObjectPath
		if owned && conn.Object(busName, root).Call(ifaceService+"."+ReadAlias, 0, "default").Store(&path) == nil && path != "/" {
			return conn
		}
		select {
		case <-ended:
			t.Fatal("the keyring daemon ended immediately: ", cmd.ProcessState)
		default:
		}
	}
	t.Fatal("the keyring daemon did not start")
	return nil
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
