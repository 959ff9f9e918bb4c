package secretservice

import (
	"github.com/godbus/dbus/v5"
)

// objects is all that the bus sees of a service. Responses are built by hand, so that they
// can have a wrong type.
type objects struct{ s *Service }

// LookupObject and the methods below are called by the library, for each call and its
// arguments.
func (o objects) LookupObject(path dbus.ObjectPath) (dbus.ServerObject, bool) {
	return object{o.s, path}, true
}

type object struct {
	s    *Service
	path dbus.ObjectPath
}

func (o object) LookupInterface(name string) (dbus.Interface, bool) {
	return methods{o, name}, true
}

type methods struct {
	object
	iface string
}

func (m methods) LookupMethod(name string) (dbus.Method, bool) {
	call, ok := calls[m.iface+"."+name]
	return method{m.object, name, call}, ok
}

type method struct {
	object
	name string
	call call
}

func (m method) DecodeArguments(_ *dbus.Conn, _ string, _ *dbus.Message, args []any) ([]any, error) {
	return args, nil
}

func (m method) NumArguments() int     { return 0 }
func (m method) NumReturns() int       { return 0 }
func (m method) ArgumentValue(int) any { return nil }
func (m method) ReturnValue(int) any   { return nil }

// Call performs the method, unless it has a fault.
func (m method) Call(args ...any) ([]any, error) {
	s := m.s
	name := m.name
	if name == "Get" && len(args) == 2 { // of a property
		name, _ = args[1].(string)
	}
	s.mu.Lock()
	fault := s.faults[name]
	s.note(name, args)
	if !fault.acts() {
		s.mu.Unlock()
		return s.misbehave(fault)
	}
	out, err := m.call(s, m.path, args, fault)
	s.mu.Unlock()
	if fault == Late {
		<-s.over
	}
	return out, err
}

// acts reports whether a call with this fault performs its method.
func (f Fault) acts() bool {
	return f == "" || f == Late || f == Lie || f == Another || f == None
}

func (s *Service) misbehave(fault Fault) ([]any, error) {
	switch fault {
	case Hang:
		<-s.over
	case Nonsense:
		return []any{dbus.MakeVariant(int32(7))}, nil
	case Vanish:
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.conn != nil {
			s.conn.Close()
			s.conn = nil
		}
		return nil, nil
	default: // an error of that name
	}
	text := "no secret was received"
	if all := s.Received(); len(all) > 0 {
		text = "could not store " + all[len(all)-1]
	}
	return nil, dbus.NewError(string(fault), []any{text})
}

// note counts a call, and keeps the value that the caller wants to store.
func (s *Service) note(name string, args []any) {
	s.calls[name]++
	if name == CreateItem {
		s.received = append(s.received, itemOf(args).value)
	}
}

// A call performs a method, under the lock of the service.
type call func(s *Service, path dbus.ObjectPath, args []any, fault Fault) ([]any, error)

var calls = map[string]call{
	ifaceService + "." + OpenSession:    openSession,
	ifaceService + "." + ReadAlias:      readAlias,
	ifaceService + "." + Unlock:         takes(1, unlock),
	ifaceService + "." + Lock:           takes(1, lock),
	ifaceCollection + "." + SearchItems: takes(1, searchItems),
	ifaceCollection + "." + CreateItem:  takes(3, createItem),
	ifaceItem + "." + GetSecret:         takes(1, getSecret),
	ifaceItem + "." + Delete:            deleteItem,
	ifacePrompt + "." + Prompt:          openPrompt,
	ifacePrompt + ".Dismiss":            dismissPrompt,
	ifaceSession + ".Close":             closeSession,
	ifaceProperties + ".Get":            takes(2, property),
}

func takes(n int, do call) call {
	return func(s *Service, path dbus.ObjectPath, args []any, fault Fault) ([]any, error) {
		if len(args) != n {
			return nil, dbus.NewError("org.freedesktop.DBus.Error.InvalidArgs", nil)
		}
		return do(s, path, args, fault)
	}
}

func openSession(*Service, dbus.ObjectPath, []any, Fault) ([]any, error) {
	return []any{dbus.MakeVariant(""), session}, nil
}

func closeSession(*Service, dbus.ObjectPath, []any, Fault) ([]any, error) { return nil, nil }

func readAlias(s *Service, _ dbus.ObjectPath, _ []any, _ Fault) ([]any, error) {
	if s.faults[Collections] == None {
		return []any{dbus.ObjectPath("/")}, nil
	}
	return []any{collection}, nil
}

func property(s *Service, _ dbus.ObjectPath, args []any, fault Fault) ([]any, error) {
	switch {
	case args[1] == Locked:
		return []any{dbus.MakeVariant(s.locked)}, nil
	case args[1] == Collections && fault == None:
		return []any{dbus.MakeVariant([]dbus.ObjectPath{})}, nil
	case args[1] == Collections:
		return []any{dbus.MakeVariant([]dbus.ObjectPath{collection})}, nil
	}
	return nil, dbus.NewError("org.freedesktop.DBus.Error.UnknownProperty", nil)
}

func lock(s *Service, _ dbus.ObjectPath, args []any, fault Fault) ([]any, error) {
	s.locked = s.locked || fault != Lie
	return []any{args[0], dbus.ObjectPath("/")}, nil
}

func unlock(s *Service, _ dbus.ObjectPath, args []any, _ Fault) ([]any, error) {
	switch {
	case s.locked && s.asks == Unlock:
		s.accepted = func() { s.locked = false }
		return []any{[]dbus.ObjectPath{}, prompt}, nil
	case s.locked:
		return []any{[]dbus.ObjectPath{}, dbus.ObjectPath("/")}, nil
	}
	return []any{args[0], dbus.ObjectPath("/")}, nil
}

func createItem(s *Service, _ dbus.ObjectPath, args []any, fault Fault) ([]any, error) {
	made := itemOf(args)
	switch {
	case s.asks == CreateItem:
		s.accepted = func() { s.store(made) }
		return []any{dbus.ObjectPath("/"), prompt}, nil
	case fault == Lie:
		return []any{collection + "/0", dbus.ObjectPath("/")}, nil
	}
	return []any{s.store(made), dbus.ObjectPath("/")}, nil
}

// itemOf reads the arguments of CreateItem: properties, a struct of session,
// parameters, value and type, and whether to replace.
func itemOf(args []any) (made item) {
	if len(args) < 2 {
		return made
	}
	properties, _ := args[0].(map[string]dbus.Variant)
	attributes, _ := properties[ifaceItem+".Attributes"].Value().(map[string]string)
	made.service, made.username = attributes["service"], attributes["username"]
	if secret, ok := args[1].([]any); ok && len(secret) > 2 {
		value, _ := secret[2].([]byte)
		made.value = string(value)
	}
	return made
}

func searchItems(s *Service, _ dbus.ObjectPath, args []any, _ Fault) ([]any, error) {
	attributes, _ := args[0].(map[string]string)
	found := []dbus.ObjectPath{}
	for path, i := range s.items {
		if i.service == attributes["service"] && i.username == attributes["username"] {
			found = append(found, path)
		}
	}
	return []any{found}, nil
}

// secretStruct is the response of GetSecret.
type secretStruct struct {
	Session     dbus.ObjectPath
	Parameters  []byte
	Value       []byte
	ContentType string
}

func getSecret(s *Service, path dbus.ObjectPath, args []any, fault Fault) ([]any, error) {
	asked, ok := s.items[path]
	if !ok {
		return nil, dbus.NewError("org.freedesktop.Secret.Error.NoSuchObject", nil)
	}
	value := asked.value
	if fault == Another {
		value = "the text of no item"
		for other, i := range s.items {
			if other != path {
				value = i.value
			}
		}
	}
	if s.change != nil {
		value = s.change(asked.username, value)
	}
	return []any{secretStruct{session, []byte{}, []byte(value), "text/plain"}}, nil
}

func deleteItem(s *Service, path dbus.ObjectPath, _ []any, fault Fault) ([]any, error) {
	switch {
	case s.asks == Delete:
		s.accepted = func() { delete(s.items, path) }
		return []any{prompt}, nil
	case fault != Lie:
		delete(s.items, path)
	}
	return []any{dbus.ObjectPath("/")}, nil
}

func openPrompt(s *Service, _ dbus.ObjectPath, _ []any, _ Fault) ([]any, error) {
	completed := func(body ...any) { s.conn.Emit(prompt, ifacePrompt+".Completed", body...) }
	switch s.answer {
	case Accept:
		s.accepted()
		completed(false, dbus.MakeVariant([]dbus.ObjectPath{collection}))
	case Dismiss:
		completed(true, dbus.MakeVariant([]dbus.ObjectPath{}))
	case Babble:
		completed("yes")
	case Ignore:
	}
	return nil, nil
}

func dismissPrompt(s *Service, _ dbus.ObjectPath, _ []any, _ Fault) ([]any, error) {
	s.closed++
	return nil, nil
}
