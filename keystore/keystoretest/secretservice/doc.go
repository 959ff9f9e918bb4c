// Package secretservice is a desktop's keyring for tests that can be told to
// misbehave: a Secret Service on a real D-Bus session bus of its own. Programs
// reach it with DBUS_SESSION_BUS_ADDRESS set to [Bus].Address.
//
// Without faults it keeps to the Secret Service API draft of freedesktop.org
// (version 0.2) as far as callers need who store text under attributes: one
// collection, "login", plain sessions, and one prompt at a time. [StartGnome]
// gives a real daemon in its place.
//
// # Behaviours
//
// [Service.Fail] gives one method of the interface a fault:
//
//   - [Hang]: it never answers.
//   - [Late]: it does what was asked, and never answers.
//   - [Vanish]: the service leaves the bus in the middle of the call.
//   - [Lie]: it says that it was done, and does nothing (CreateItem, Delete,
//     Lock).
//   - [Another]: it gives the value of another item, or a text of nobody's where
//     there is one item only (GetSecret).
//   - [Nonsense]: it answers with a variant that holds a number, whatever belongs
//     there.
//   - [None]: there is no collection (Collections).
//   - [Refuse], [IsLocked] or any other name of a D-Bus error: it fails with that
//     error, whose text repeats the last secret that was received, as a careless
//     service may.
//
// [Service.Lock] locks the collection, and [Service.Ask] makes a method open a
// prompt first, with what the person at it does: [Accept], [Dismiss], [Ignore],
// or what only a broken prompt does: [Babble].
//
// [Service.Change] gives other values than were stored. [Service.Calls] counts
// calls as they come in, for tests that wait until one hangs.
//
// # Promise
//
// The package follows semantic versioning with the module it is in.
package secretservice
