package main

import (
	"slices"
	"testing"
)

func TestIncompatible(t *testing.T) {
	got := incompatible(`Ignoring internal package x
- ./bitpay.(*Client).ApproveURL: removed
- ./sandbox.(*Sandbox).AddPast, method set of *Server: removed
- ./client.New: changed from func(string) error to func(string, Option) error
- ./greenfield/webhook.Event.ID: removed
- package github.com/btcpayctl/btcpayctl/sandbox/human: removed
- ./keystore.Store, Store.Close: added unexported method
`)
	want := []change{
		{"bitpay.Client.ApproveURL", "removed"},
		{"sandbox.Sandbox.AddPast", "method set of *Server: removed"},
		{"client.New", "changed from func(string) error to func(string, Option) error"},
		{"greenfield/webhook.Event.ID", "removed"},
		{"sandbox/human", "removed"},
		{"keystore.Store", "Store.Close: added unexported method"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestBreaking(t *testing.T) {
	for changelog, want := range map[string]string{
		"# Changelog\n\n## [Unreleased]\n\n### Breaking\n\n- `a.B` is removed.\n\n### Added\n\n- `c`\n\n## [0.1.0]\n": "\n- `a.B` is removed.\n",
		"\n## [Unreleased]\n\n### Added\n\n- `c`\n\n## [0.1.0]\n\n### Breaking\n\n- `old`\n":                          "",
		"\n## [Unreleased]\n\n### Breaking\n\n- last":                                                                 "\n- last",
		"\n## [0.1.0]\n\n### Breaking\n\n- `old`\n":                                                                   "",
		"": "",
	} {
		if got := breaking(changelog); got != want {
			t.Errorf("%q: got %q, want %q", changelog, got, want)
		}
	}
}
