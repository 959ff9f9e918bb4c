package canary

import (
	"maps"
	"testing"

	"github.com/godbus/dbus/v5"

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/passstore"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/programs"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/secretservice"
)

const (
	secretService = "org.freedesktop.secrets"
	secretPath    = dbus.ObjectPath("/org/freedesktop/secrets")
)

// startSecretService starts a bus and a gnome-keyring-daemon of the test's own.
func startSecretService(t *testing.T) (address string) {
	t.Helper()
	bus := secretservice.StartBus(t)
	secretservice.StartGnome(t, bus)
	return bus.Address
}

func startKeyringBackend(t *testing.T, h *canaryHome) []Canary {
	h.env["DBUS_SESSION_BUS_ADDRESS"] = startSecretService(t)
	h.env["BTCPAYCTL_KEYSTORE"], h.env["BTCPAYCTL_KEYSTORE_TIMEOUT"] = "keyring", patience.String()
	return nil
}

func startSecretServiceBackend(t *testing.T, h *canaryHome) []Canary {
	helper := programs.DockerSecret.Need(t)
	h.env["DBUS_SESSION_BUS_ADDRESS"] = startSecretService(t)
	h.env["BTCPAYCTL_KEYSTORE"] = "helper:" + helper
	return nil
}

func startPassBackend(t *testing.T, h *canaryHome) []Canary {
	helper, env := passstore.Start(t, h.path("home", "store"))
	maps.Copy(h.env, env)
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
		delete(r.home.env, "BTCPAYCTL_KEYSTORE_TIMEOUT") // nobody unlocks it
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
