// Package secretservice is a desktop's keyring for tests that misbehaves on request: a
// Secret Service on a real D-Bus session bus of its own. Programs reach it with
// DBUS_SESSION_BUS_ADDRESS set to [Bus].Address.
//
// Without faults it implements the Secret Service API draft of freedesktop.org (version
// 0.2) for callers that store text under attributes: one collection, "login", plain
// sessions, and one prompt at a time. [StartGnome] starts a real daemon instead.
//
// # Behaviours
//
// [Service.Fail] gives one method of the interface a fault:
//
//   - [Hang]: it never responds.
//   - [Late]: it performs the call, and never responds.
//   - [Vanish]: the service leaves the bus during the call.
//   - [Lie]: it reports success, and does nothing (CreateItem, Delete, Lock).
//   - [Another]: it returns the value of another item, or some other text if there is
//     only one item (GetSecret).
//   - [Nonsense]: it responds with a variant that holds a number, whatever the type.
//   - [None]: there is no collection (Collections).
//   - [Refuse], [IsLocked] or any other name of a D-Bus error: it fails with that
//     error, whose text repeats the last secret that was received, as a careless
//     service may.
//
// [Service.Lock] locks the collection, and [Service.Ask] makes a method open a prompt
// first. The user at the prompt does what the test chooses: [Accept], [Dismiss], [Ignore],
// or what only a broken prompt does: [Babble].
//
// [Service.Change] returns other values than were stored. [Service.Calls] counts calls as
// they arrive, for tests that wait until one hangs.
//
// # Promise
//
// The package follows semantic versioning with the module it is in.
package secretservice
