//go:build linux

package keystore

import (
	"fmt"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
)

const (
	fakeCollection = secretPath + "/collection/login"
	fakePromptPath = secretPath + "/prompt/p1"
)

// fakeService is a Secret Service on a real bus that can be told to misbehave.
// Without faults it keeps to the specification as far as go-keyring needs it.
type fakeService struct {
	conn *dbus.Conn
	hang chan struct{} // closed at the end of the test

	mu       sync.Mutex
	fault    map[string]string // method to what is wrong with it
	locked   bool
	promptOn string // "unlock" or "create": that asks first
	answer   string // to a prompt: "accept", "dismiss", "nothing", "nonsense", "vanish"
	accepted func() // what an accepted prompt does
	closed   []dbus.ObjectPath
	items    map[dbus.ObjectPath]*fakeItem
	count    int
}

type fakeItem struct {
	service *fakeService
	path    dbus.ObjectPath
	attrs   map[string]string
	value   []byte
}

type fakeSecret struct {
	Session     dbus.ObjectPath
	Parameters  []byte
	Value       []byte
	ContentType string
}

func startFake(t *testing.T) *fakeService {
	t.Helper()
	address, _ := startBus(t)
	conn, err := dbus.Connect(address)
	must(t, err)
	f := &fakeService{conn: conn, hang: make(chan struct{}), fault: map[string]string{}, items: map[dbus.ObjectPath]*fakeItem{}}
	t.Cleanup(func() { close(f.hang); conn.Close() })
	f.export(f, secretPath, "org.freedesktop.Secret.Service")
	f.export((*fakeProperties)(f), secretPath, "org.freedesktop.DBus.Properties")
	f.export((*fakeProperties)(f), fakeCollection, "org.freedesktop.DBus.Properties")
	f.export((*fakeStore)(f), fakeCollection, secretCollection)
	f.export((*fakeSession)(f), secretPath+"/session/s1", "org.freedesktop.Secret.Session")
	f.export((*fakePrompt)(f), fakePromptPath, secretPrompt)
	if reply, err := conn.RequestName(secretService, dbus.NameFlagDoNotQueue); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatal("the name is taken:", reply, err)
	}
	return f
}

func (f *fakeService) export(v any, path dbus.ObjectPath, iface string) {
	if err := f.conn.Export(v, path, iface); err != nil {
		panic(err)
	}
}

// set changes how the service behaves.
func (f *fakeService) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// add puts a secret into the collection, as an earlier call would have.
func (f *fakeService) add(name, secret string) {
	path := fakeCollection + "/0"
	item := &fakeItem{f, path, map[string]string{"service": keyringService, "username": name}, []byte(keyringEncode(name, []byte(secret)))}
	f.items[path] = item
	f.export(item, path, "org.freedesktop.Secret.Item")
}

// misbehave does what is wrong with a method, if anything.
func (f *fakeService) misbehave(method string) *dbus.Error {
	f.mu.Lock()
	fault := f.fault[method]
	f.mu.Unlock()
	switch fault {
	case "":
		return nil
	case "hang":
		<-f.hang
	case "vanish":
		f.conn.Close()
	case "lie", "another":
		return nil
	}
	// The text is what a careless or hostile service may repeat.
	return dbus.NewError(fault, []any{"could not store secret of the test"})
}

func (f *fakeService) is(method, fault string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fault[method] == fault
}

func (f *fakeService) OpenSession(string, dbus.Variant) (dbus.Variant, dbus.ObjectPath, *dbus.Error) {
	return dbus.MakeVariant(""), secretPath + "/session/s1", f.misbehave("OpenSession")
}

func (f *fakeService) ReadAlias(string) (dbus.ObjectPath, *dbus.Error) {
	if f.is("Collections", "none") {
		return "/", nil
	}
	return fakeCollection, f.misbehave("ReadAlias")
}

func (f *fakeService) Unlock(paths []dbus.ObjectPath) ([]dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	if err := f.misbehave("Unlock"); err != nil {
		return nil, "/", err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.locked && f.promptOn == "unlock" {
		f.accepted = func() { f.locked = false }
		return nil, fakePromptPath, nil
	}
	if f.locked {
		return nil, "/", nil
	}
	return paths, "/", nil
}

type fakeProperties fakeService

func (p *fakeProperties) Get(_, property string) (dbus.Variant, *dbus.Error) {
	f := (*fakeService)(p)
	if err := f.misbehave(property); err != nil && !f.is(property, "none") {
		return dbus.MakeVariant(""), err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.fault[property] == "another":
		return dbus.MakeVariant("a text where none belongs"), nil
	case property == "Locked":
		return dbus.MakeVariant(f.locked), nil
	case f.fault[property] == "none":
		return dbus.MakeVariant([]dbus.ObjectPath{}), nil
	}
	return dbus.MakeVariant([]dbus.ObjectPath{fakeCollection}), nil
}

type fakeStore fakeService

func (s *fakeStore) CreateItem(properties map[string]dbus.Variant, secret fakeSecret, replace bool) (dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	f := (*fakeService)(s)
	if err := f.misbehave("CreateItem"); err != nil {
		return "/", "/", err
	}
	attrs, _ := properties["org.freedesktop.Secret.Item.Attributes"].Value().(map[string]string)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
	path := dbus.ObjectPath(fmt.Sprintf("%s/%d", fakeCollection, f.count))
	store := func() {
		for old, item := range f.items {
			if item.matches(attrs) {
				delete(f.items, old)
			}
		}
		item := &fakeItem{f, path, attrs, secret.Value}
		f.items[path] = item
		f.export(item, path, "org.freedesktop.Secret.Item")
	}
	switch {
	case f.promptOn == "create":
		f.accepted = store
		return "/", fakePromptPath, nil
	case f.fault["CreateItem"] != "lie":
		store()
	}
	return path, "/", nil
}

func (i *fakeItem) matches(attrs map[string]string) bool {
	return i.attrs["service"] == attrs["service"] && i.attrs["username"] == attrs["username"]
}

func (s *fakeStore) SearchItems(attrs map[string]string) ([]dbus.ObjectPath, *dbus.Error) {
	f := (*fakeService)(s)
	if err := f.misbehave("SearchItems"); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []dbus.ObjectPath
	for path, item := range f.items {
		if item.matches(attrs) {
			found = append(found, path)
		}
	}
	return found, nil
}

func (i *fakeItem) GetSecret(session dbus.ObjectPath) (fakeSecret, *dbus.Error) {
	if err := i.service.misbehave("GetSecret"); err != nil {
		return fakeSecret{}, err
	}
	value := i.value
	switch {
	case i.service.is("GetSecret", "another"):
		value = []byte(keyringEncode("bitid/Another", []byte("another's")))
	case i.service.is("GetSecret", "lie"):
		value = []byte(keyringEncode(name, []byte("another's")))
	}
	return fakeSecret{session, []byte{}, value, "text/plain"}, nil
}

func (i *fakeItem) Delete() (dbus.ObjectPath, *dbus.Error) {
	f := i.service
	if err := f.misbehave("Delete"); err != nil {
		return "/", err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.promptOn == "delete":
		f.accepted = func() { delete(f.items, i.path) }
		return fakePromptPath, nil
	case f.fault["Delete"] != "lie":
		delete(f.items, i.path)
	}
	return "/", nil
}

type fakeSession fakeService

func (s *fakeSession) Close() *dbus.Error { return nil }

type fakePrompt fakeService

func (p *fakePrompt) Prompt(string) *dbus.Error {
	f := (*fakeService)(p)
	if err := f.misbehave("Prompt"); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	completed := func(body ...any) { f.conn.Emit(fakePromptPath, secretPrompt+".Completed", body...) }
	switch f.answer {
	case "accept":
		f.accepted()
		completed(false, dbus.MakeVariant([]dbus.ObjectPath{fakeCollection}))
	case "dismiss":
		completed(true, dbus.MakeVariant([]dbus.ObjectPath{}))
	case "nonsense":
		completed("yes")
	}
	return nil
}

func (p *fakePrompt) Dismiss() *dbus.Error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = append(p.closed, fakePromptPath)
	return nil
}
