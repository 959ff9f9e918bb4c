//go:build linux || netbsd || openbsd || (freebsd && cgo) || (dragonfly && cgo)

package keystore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/godbus/dbus/v5"
)

const (
	secretService    = "org.freedesktop.secrets"
	secretPath       = dbus.ObjectPath("/org/freedesktop/secrets")
	secretCollection = "org.freedesktop.Secret.Collection"
	secretPrompt     = "org.freedesktop.Secret.Prompt"
)

// keyringSession is a connection to the session bus besides that of go-keyring. It ends
// with the timeout, asks what go-keyring does not ask, and sees how prompts end, which
// go-keyring ignores.
type keyringSession struct {
	conn    *dbus.Conn
	end     context.CancelFunc
	prompts chan *dbus.Signal
}

// openKeyring checks that there is a keyring that go-keyring can use, and unlocks it. While
// it waits for the user, prompting is set.
func openKeyring(ctx context.Context, prompting *atomic.Bool) (*keyringSession, error) {
	// If there is no bus, go-keyring would start one with dbus-launch, with a keyring that
	// no other program sees.
	lifetime, end := keyringLifetime(ctx, prompting)
	conn, err := dbus.SessionBusPrivateNoAutoStartup(dbus.WithContext(lifetime))
	if err != nil {
		end()
		return nil, &Error{Err: fmt.Errorf("%w: there is no D-Bus session bus, as is usual without a desktop", ErrUnavailable),
			Hint: hintOtherStore}
	}
	s := &keyringSession{conn: conn, end: end, prompts: make(chan *dbus.Signal, 16)}
	if err := s.prepare(ctx, prompting); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// keyringLifetime ends with the call. While a prompt is open it lasts until the session is
// closed, so that the prompt can be withdrawn at the timeout.
func keyringLifetime(ctx context.Context, prompting *atomic.Bool) (context.Context, context.CancelFunc) {
	lifetime, end := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		if !prompting.Load() {
			end()
		}
	})
	return lifetime, func() { stop(); end() }
}

// quietKeyring finds the collection that is used here, without unlocking it. The caller
// closes the connection.
func quietKeyring(ctx context.Context) (*keyringSession, dbus.ObjectPath, error) {
	conn, err := dbus.SessionBusPrivateNoAutoStartup(dbus.WithContext(ctx))
	if err != nil {
		return nil, "", &Error{Err: fmt.Errorf("%w: there is no D-Bus session bus, as is usual without a desktop", ErrUnavailable), Hint: hintOtherStore}
	}
	s := &keyringSession{conn: conn}
	err = errors.Join(conn.Auth(nil), conn.Hello())
	if err != nil {
		conn.Close()
		return nil, "", platformCause(err)
	}
	collection, err := s.collection(ctx)
	if err != nil {
		conn.Close()
		return nil, "", err
	}
	return s, collection, nil
}

func keyringState(ctx context.Context) (State, error) {
	s, collection, err := quietKeyring(ctx)
	if err != nil {
		return State{}, err
	}
	defer s.conn.Close()
	state := State{Detail: "kept by the desktop's keyring"}
	err = s.property(ctx, collection, secretCollection, "Locked", &state.Locked)
	return state, err
}

// lockKeyrings locks the collection that is used here.
func lockKeyrings(ctx context.Context) error {
	s, collection, err := quietKeyring(ctx)
	if err != nil {
		return err
	}
	defer s.conn.Close()
	var locked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	err = s.conn.Object(secretService, secretPath).
		CallWithContext(ctx, "org.freedesktop.Secret.Service.Lock", 0, []dbus.ObjectPath{collection}).Store(&locked, &prompt)
	if err != nil {
		return platformCause(err)
	}
	var is bool
	if err := s.property(ctx, collection, secretCollection, "Locked", &is); err != nil {
		return err
	}
	if !is {
		return &Error{Err: fmt.Errorf("%w: the keyring did not lock", ErrUnavailable), Hint: "lock it in the desktop's password settings"}
	}
	return nil
}

func (s *keyringSession) prepare(ctx context.Context, prompting *atomic.Bool) error {
	if err := s.conn.Auth(nil); err != nil {
		return &Error{Err: fmt.Errorf("%w: the D-Bus session bus denied access to this process", ErrUnavailable), Hint: hintOtherStore}
	}
	if err := s.conn.Hello(); err != nil {
		return platformCause(err)
	}
	s.conn.Signal(s.prompts)
	err := s.conn.AddMatchSignalContext(ctx, dbus.WithMatchInterface(secretPrompt), dbus.WithMatchMember("Completed"))
	if err != nil {
		return platformCause(err)
	}
	collection, err := s.collection(ctx)
	if err != nil {
		return err
	}
	var locked bool
	if err := s.property(ctx, collection, secretCollection, "Locked", &locked); err != nil {
		return err
	}
	if !locked {
		return nil
	}
	return s.unlock(ctx, collection, prompting)
}

// collection finds the collection that go-keyring will use.
func (s *keyringSession) collection(ctx context.Context) (dbus.ObjectPath, error) {
	var all []dbus.ObjectPath
	if err := s.property(ctx, secretPath, "org.freedesktop.Secret.Service", "Collections", &all); err != nil {
		return "", err
	}
	for _, path := range all {
		if path == secretPath+"/collection/login" {
			return path, nil
		}
	}
	var path dbus.ObjectPath
	err := s.conn.Object(secretService, secretPath).
		CallWithContext(ctx, "org.freedesktop.Secret.Service.ReadAlias", 0, "default").Store(&path)
	if err != nil {
		return "", platformCause(err)
	}
	if path == "/" || !path.IsValid() {
		return "", &Error{Err: fmt.Errorf("%w: the desktop has a keyring service but no keyring", ErrUnavailable),
			Hint: `create one named "login" in the desktop's password settings, or ` + hintOtherStore}
	}
	return path, nil
}

func (s *keyringSession) property(ctx context.Context, path dbus.ObjectPath, iface, name string, value any) error {
	var v dbus.Variant
	err := s.conn.Object(secretService, path).
		CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", 0, iface, name).Store(&v)
	if err != nil {
		return platformCause(err)
	}
	if err := v.Store(value); err != nil {
		return platformCause(err)
	}
	return nil
}

func (s *keyringSession) unlock(ctx context.Context, collection dbus.ObjectPath, prompting *atomic.Bool) error {
	var unlocked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	err := s.conn.Object(secretService, secretPath).
		CallWithContext(ctx, "org.freedesktop.Secret.Service.Unlock", 0, []dbus.ObjectPath{collection}).Store(&unlocked, &prompt)
	if err != nil {
		return platformCause(err)
	}
	if prompt == "/" || !prompt.IsValid() {
		return s.stillLocked(ctx, collection)
	}
	prompting.Store(true)
	if err := s.conn.Object(secretService, prompt).CallWithContext(ctx, secretPrompt+".Prompt", 0, "").Err; err != nil {
		return platformCause(err)
	}
	for {
		select {
		case signal, open := <-s.prompts:
			if !open {
				return &Error{Err: fmt.Errorf("%w: the session bus closed the connection", ErrUnavailable), Hint: hintOtherStore}
			}
			if signal.Path != prompt {
				continue
			}
			prompting.Store(false)
			if dismissed(signal) {
				return &Error{Err: fmt.Errorf("%w, so the keyring stays locked", ErrDismissed), Hint: hintUnlock}
			}
			return s.stillLocked(ctx, collection)
		case <-ctx.Done():
			// The prompt belongs to a call that has ended.
			s.conn.Object(secretService, prompt).Go(secretPrompt+".Dismiss", dbus.FlagNoReplyExpected, nil)
			return ctx.Err()
		}
	}
}

func (s *keyringSession) stillLocked(ctx context.Context, collection dbus.ObjectPath) error {
	var locked bool
	if err := s.property(ctx, collection, secretCollection, "Locked", &locked); err != nil {
		return err
	}
	if locked {
		return &Error{Err: ErrLocked, Hint: hintUnlock}
	}
	return nil
}

// Dismissed reports whether a prompt was dismissed since the session began.
func (s *keyringSession) Dismissed() bool {
	// Signals and responses come in one stream, and the library puts a signal into a
	// channel with room before it reads on. So when the response to this call is here, all
	// signals sent before it are here too.
	s.conn.BusObject().CallWithContext(s.conn.Context(), "org.freedesktop.DBus.GetId", 0)
	for {
		select {
		case signal, open := <-s.prompts:
			if !open {
				return false
			}
			if dismissed(signal) {
				return true
			}
		default:
			return false
		}
	}
}

func dismissed(signal *dbus.Signal) bool {
	if len(signal.Body) == 0 || signal.Name != secretPrompt+".Completed" {
		return false
	}
	is, ok := signal.Body[0].(bool)
	return ok && is
}

func (s *keyringSession) Close() {
	s.conn.Close()
	s.end()
}

// platformCause maps the errors of D-Bus.
func platformCause(err error) error {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return err
	}
	var kind error
	var what string
	hint := hintOtherStore
	remote, ok := errors.AsType[dbus.Error](err)
	if pointer, is := errors.AsType[*dbus.Error](err); is {
		remote, ok = *pointer, true
	}
	switch name, _ := strings.CutPrefix(remote.Name, "org.freedesktop."); {
	case !ok && strings.HasPrefix(err.Error(), "failed to unlock correct collection"):
		kind, what, hint = ErrLocked, "it did not unlock", hintUnlock
	case !ok:
		kind, what = ErrUnavailable, "the keyring closed the connection or sent an invalid response"
	case name == "Secret.Error.IsLocked":
		kind, what, hint = ErrLocked, "it must be unlocked first", hintUnlock
	case name == "DBus.Error.AccessDenied", name == "DBus.Error.AuthFailed", name == "DBus.Error.InteractiveAuthorizationRequired":
		kind, what = ErrDenied, "the keyring denied access to this program"
	case name == "DBus.Error.ServiceUnknown", name == "DBus.Error.NameHasNoOwner", strings.HasPrefix(name, "DBus.Error.Spawn."):
		kind, what = ErrUnavailable, "no keyring service runs in this session"
	case name == "DBus.Error.Timeout", name == "DBus.Error.TimedOut":
		kind, what, hint = ErrTimeout, "the keyring service did not respond to the bus", hintMoreTime
	case name == "DBus.Error.NoReply", name == "DBus.Error.Disconnected":
		kind, what = ErrUnavailable, "the keyring service ended during the call"
	case name == "DBus.Error.LimitsExceeded":
		kind, what = ErrTooLarge, "a limit of the bus was exceeded"
	case name == "Secret.Error.NoSuchObject", name == "DBus.Error.UnknownObject", name == "DBus.Error.UnknownMethod",
		name == "DBus.Error.UnknownInterface", name == "DBus.Error.UnknownProperty":
		kind, what = ErrUnavailable, "the keyring service does not support the call"
	default:
		kind, what = ErrUnavailable, "the keyring service failed"
	}
	return &Error{Err: fmt.Errorf("%w: %s", kind, what), Hint: hint}
}
