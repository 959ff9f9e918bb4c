//go:build linux

package main

import (
	"strings"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	. "github.com/btcpayctl/btcpayctl/keystore/keystoretest/secretservice"
)

// A fakeKeyring is a keyring that misbehaves, and the code of the error that
// each kind of access must end with; none where the access is not concerned.
type fakeKeyring struct {
	name             string
	set              func(*Service)
	put, get, remove output.Code
	waits            bool // until the deadline
}

const (
	unusable = output.KeystoreUnusable
	locked   = output.KeystoreLocked
	damaged  = output.KeystoreDamaged
	fine     = output.Code("")
)

// fakeKeyrings are those that misbehave in a way of their own, and those of which
// each method in turn does the same.
func fakeKeyrings() (special, methodical []fakeKeyring) {
	fails := func(method string, fault Fault) func(*Service) {
		return func(s *Service) { s.Fail(method, fault) }
	}
	special = []fakeKeyring{
		{"has no collection", fails(Collections, None), unusable, unusable, unusable, false},
		{"stores and never says so", fails(CreateItem, Late), unusable, fine, fine, true},
		{"deletes and never says so", fails(Delete, Late), fine, fine, unusable, true},
		{"lies about storing", fails(CreateItem, Lie), unusable, fine, fine, false},
		{"lies about deleting", fails(Delete, Lie), fine, fine, unusable, false},
		{"is locked, it says late", fails(GetSecret, IsLocked), locked, locked, fine, false},
		{"locks before it stores", fails(CreateItem, IsLocked), locked, fine, fine, false},
		{"the bus gave up", fails(GetSecret, "org.freedesktop.DBus.Error.TimedOut"), unusable, unusable, fine, false},
		{"is full", fails(CreateItem, "org.freedesktop.DBus.Error.LimitsExceeded"), unusable, fine, fine, false},
		{"fails for a reason of its own", fails(SearchItems, "org.example.Whatever"), unusable, unusable, unusable, false},
		{"another's secret", fails(GetSecret, Another), damaged, damaged, fine, false},
		{"another's secret under our name", changes(anothersKey), damaged, damaged, fine, false},
		{"half a secret", changes(func(v string) string { return v[:len(v)-10] }), damaged, damaged, fine, false},
		{"no secret", changes(func(string) string { return "" }), damaged, damaged, fine, false},
		{"a password", changes(func(string) string { return "hunter2" }), damaged, damaged, fine, false},
		{"a secret of a newer version", changes(func(v string) string { return strings.Replace(v, ":1:", ":2:", 1) }), damaged, damaged, fine, false},
		{"locked, nothing asks", (*Service).Lock, locked, locked, locked, false},
		{"locked, the prompt is dismissed", asks(Unlock, Dismiss), locked, locked, locked, false},
		{"locked, nobody is there", asks(Unlock, Ignore), locked, locked, locked, true},
		{"locked, the prompt babbles", asks(Unlock, Babble), locked, locked, locked, false},
		{"storing is dismissed", asks(CreateItem, Dismiss), locked, fine, fine, false},
		{"nobody answers when storing", asks(CreateItem, Ignore), unusable, fine, fine, true},
		{"the prompt for storing babbles", asks(CreateItem, Babble), unusable, fine, fine, false},
		{"deleting is dismissed", asks(Delete, Dismiss), fine, fine, locked, false},
		{"nobody answers when deleting", asks(Delete, Ignore), fine, fine, unusable, true},
	}
	for _, at := range []fakeKeyring{
		{Collections, nil, unusable, unusable, unusable, false},
		{Locked, nil, unusable, unusable, unusable, false},
		{Unlock, nil, unusable, unusable, unusable, false},
		{OpenSession, nil, unusable, unusable, fine, false},
		{SearchItems, nil, unusable, unusable, unusable, false},
		{GetSecret, nil, unusable, unusable, fine, false},
		{CreateItem, nil, unusable, fine, fine, false},
		{Delete, nil, fine, fine, unusable, false},
	} {
		for what, fault := range map[string]Fault{"hangs": Hang, "refuses": Refuse, "vanishes": Vanish, "talks nonsense": Nonsense} {
			fake := at
			fake.name, fake.set, fake.waits = what+" at "+at.name, fails(at.name, fault), fault == Hang
			if fault == Refuse {
				for _, code := range []*output.Code{&fake.put, &fake.get, &fake.remove} {
					if *code != fine {
						*code = locked
					}
				}
			}
			methodical = append(methodical, fake)
		}
	}
	return special, methodical
}

func asks(method string, answer Answer) func(*Service) {
	return func(s *Service) {
		s.Ask(method, answer)
		if method == Unlock {
			s.Lock()
		}
	}
}

func changes(change func(string) string) func(*Service) {
	return func(s *Service) {
		s.Change(func(_, value string) string { return change(value) })
	}
}

var somebodyElse = bitpay.Generate()

// anothersKey is a good key of somebody else, in place of the one of the name.
func anothersKey(value string) string {
	return keyringValue(strings.Split(value, ":")[2], somebodyElse)
}
