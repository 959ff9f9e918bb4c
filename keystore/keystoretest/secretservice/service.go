package secretservice

import (
	"fmt"
	"maps"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
)

const (
	busName         = "org.freedesktop.secrets"
	ifaceService    = "org.freedesktop.Secret.Service"
	ifaceCollection = "org.freedesktop.Secret.Collection"
	ifaceItem       = "org.freedesktop.Secret.Item"
	ifaceSession    = "org.freedesktop.Secret.Session"
	ifacePrompt     = "org.freedesktop.Secret.Prompt"
	ifaceProperties = "org.freedesktop.DBus.Properties"

	root       = dbus.ObjectPath("/org/freedesktop/secrets")
	collection = root + "/collection/login"
	session    = root + "/session/s1"
	prompt     = root + "/prompt/p1"
)

// What can have a fault: methods, and two properties that callers read first.
const (
	OpenSession = "OpenSession"
	Collections = "Collections" // of the service
	Locked      = "Locked"      // of the collection
	ReadAlias   = "ReadAlias"
	Unlock      = "Unlock"
	Lock        = "Lock"
	SearchItems = "SearchItems"
	CreateItem  = "CreateItem"
	GetSecret   = "GetSecret"
	Delete      = "Delete"
	Prompt      = "Prompt"
)

// A Fault is how a method misbehaves, see the package documentation. Any other text is the
// name of a D-Bus error.
type Fault string

// The faults.
const (
	Hang     Fault = "hang"
	Late     Fault = "late"
	Vanish   Fault = "vanish"
	Lie      Fault = "lie"
	Another  Fault = "another"
	Nonsense Fault = "nonsense"
	None     Fault = "none"
	Refuse   Fault = "org.freedesktop.DBus.Error.AccessDenied"
	IsLocked Fault = "org.freedesktop.Secret.Error.IsLocked"
)

// An Answer is how a prompt ends.
type Answer string

// The answers. Babble ends the prompt with a signal of the wrong type.
const (
	Accept  Answer = "accept"
	Dismiss Answer = "dismiss"
	Ignore  Answer = "ignore"
	Babble  Answer = "babble"
)

// A Service is the keyring. Its methods may be called while programs use it.
type Service struct {
	bus  *Bus
	over chan struct{} // closed at the end of the test

	mu       sync.Mutex
	conn     *dbus.Conn
	faults   map[string]Fault
	change   func(username, value string) string
	locked   bool
	asks     string // the method that opens a prompt first
	answer   Answer
	accepted func() // what the open prompt is about
	closed   int    // prompts that the caller withdrew
	items    map[dbus.ObjectPath]item
	made     int // items, for their paths
	received []string
	calls    map[string]int
}

type item struct{ service, username, value string }

// Start starts an empty, unlocked keyring on the bus. It ends with the test.
func Start(t testing.TB, bus *Bus) *Service {
	t.Helper()
	s := &Service{bus: bus, over: make(chan struct{}), faults: map[string]Fault{}, calls: map[string]int{}, items: map[dbus.ObjectPath]item{}}
	t.Cleanup(func() {
		close(s.over)
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.conn != nil {
			s.conn.Close()
		}
	})
	must(t, s.join())
	return s
}

// join requests the name of the keyring on the bus.
func (s *Service) join() error {
	conn, err := dbus.Connect(s.bus.Address, dbus.WithHandler(objects{s}))
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.conn = conn
	s.mu.Unlock()
	reply, err := conn.RequestName(busName, dbus.NameFlagDoNotQueue)
	if err == nil && reply != dbus.RequestNameReplyPrimaryOwner {
		err = fmt.Errorf("the name %s is taken on this bus: %v", busName, reply)
	}
	return err
}

// Fail gives a method a fault, from the next call on.
func (s *Service) Fail(method string, fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[method] = fault
}

// Change makes GetSecret return what change makes of a value.
func (s *Service) Change(change func(username, value string) string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.change = change
}

// Lock locks the collection. Nothing unlocks it, unless [Service.Ask] makes Unlock open a
// prompt.
func (s *Service) Lock() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.locked = true
}

// Ask makes a method, [Unlock], [CreateItem] or [Delete], open a prompt first.
func (s *Service) Ask(method string, answer Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asks, s.answer = method, answer
}

// Heal ends all misbehaviour, unlocks the collection, and brings a vanished service back to
// the bus. Stored values stay.
func (s *Service) Heal(t testing.TB) {
	t.Helper()
	s.mu.Lock()
	clear(s.faults)
	s.change, s.locked, s.asks, s.answer = nil, false, "", ""
	gone := s.conn == nil
	s.mu.Unlock()
	if gone {
		must(t, s.join())
	}
}

// Put stores a value, like an earlier call.
func (s *Service) Put(service, username, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.store(item{service, username, value})
}

// Values are the stored values, by user name.
func (s *Service) Values() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	values := map[string]string{}
	for _, i := range s.items {
		values[i.username] = i.value
	}
	return values
}

// Received are the values that callers wanted to store, including those that were not
// stored.
func (s *Service) Received() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.received...)
}

// Calls counts the calls of a method that have arrived, including those without a response.
func (s *Service) Calls(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[method]
}

// TakenBack counts the prompts that their caller withdrew.
func (s *Service) TakenBack() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func (s *Service) store(made item) dbus.ObjectPath {
	maps.DeleteFunc(s.items, func(_ dbus.ObjectPath, old item) bool {
		return old.service == made.service && old.username == made.username
	})
	s.made++
	path := dbus.ObjectPath(fmt.Sprintf("%s/%d", collection, s.made))
	s.items[path] = made
	return path
}
