package cli

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/greenfield"
)

// PermissionFlags are the two ways to say what a key is for.
type PermissionFlags struct {
	Tree         Tree // that --for looks commands up in
	Given        []string
	Commands     []string
	AllowUnknown bool
	AllStores    bool
}

// Add adds the flags to a command.
func (f *PermissionFlags) Add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.Given, "permission", nil, "`permission` such as btcpay.store.canviewinvoices; may be repeated")
	cmd.Flags().StringArrayVar(&f.Commands, "for", nil, "derive the permissions from these `commands`, such as \"invoice create,invoice get\"")
	cmd.Flags().BoolVar(&f.AllStores, "all-stores", false, "every store, including future ones, even if the environment or profile names one")
	cmd.Flags().BoolVar(&f.AllowUnknown, "allow-unknown", false, "allow permissions that only a plugin defines")
}

// Permissions is the least set of what was asked for, for the store that is named.
// A permission for every store is only requested by --all-stores; picks means that
// the user at the consent page picks one.
func (f *PermissionFlags) Permissions(store app.Value, picks bool) ([]greenfield.Permission, error) {
	if f.AllStores && store.Source == "--store" {
		return nil, &output.Error{Code: output.Usage, What: "--store and --all-stores contradict each other", Why: "Nothing was sent.", Next: "give one of them"}
	}
	var all []greenfield.Permission
	for _, text := range f.Given {
		p, err := greenfield.ParsePermission(text)
		if err == nil && p.Scope() != "" && store.Source == "--store" && p.Scope() != store.Text {
			return nil, &output.Error{Code: output.Usage, What: fmt.Sprintf("--permission names store %s, and --store %s", p.Scope(), store.Text), Why: "Nothing was sent.", Next: "leave --store out"}
		}
		if err != nil {
			e := &output.Error{Code: output.Usage, What: err.Error(), Why: "Nothing was sent.", Next: "btcpayctl apikey permissions --all", Err: err}
			if policy, scope, scoped := strings.Cut(text, ":"); scoped && scope == "" {
				e.Why, e.Next = emptyWhy("--permission"), "--permission "+app.ShellWord(policy+":ID")
			}
			return nil, e
		}
		all = append(all, p)
	}
	var needs map[string][]greenfield.Permission // by command
	if len(f.Commands) > 0 {
		needs = f.Tree.needs()
	}
	for _, line := range f.Commands {
		for command := range strings.SplitSeq(line, ",") {
			found, err := needsOf(needs, command)
			if err != nil {
				return nil, err
			}
			if slices.Contains(found, greenfield.Unrestricted) && !f.AllStores {
				return nil, &output.Error{Code: output.Usage, What: strings.TrimSpace(command) + " needs an unrestricted key, which is for every store of the account",
					Why: "Nothing was sent.", Next: "--permission unrestricted, if that is what you want"}
			}
			all = append(all, found...)
		}
	}
	if err := f.contradiction(all, store); err != nil {
		return nil, err
	}
	if store.Text != "" && !f.AllStores {
		for i, p := range all {
			if p.Scope() == "" {
				all[i] = p.ForStore(greenfield.StoreID(store.Text))
			}
		}
	}
	if !f.AllStores && !picks && slices.ContainsFunc(all, Everywhere) {
		return nil, &output.Error{Code: output.Usage, What: NoStoreSaid, Why: "Nothing was sent.",
			Next: "--store ID\nor --all-stores, for every store of the account, now and later"}
	}
	return greenfield.Reduce(all), nil
}

// contradiction refuses what two parts of a line say of the stores, where one of them
// would be dropped.
func (f *PermissionFlags) contradiction(all []greenfield.Permission, store app.Value) error {
	named, open := "", slices.ContainsFunc(all, Everywhere)
	for _, p := range all {
		if p.Kind() == greenfield.StorePermission && p.Scope() != "" {
			named = p.Scope()
		}
	}
	unlimited := slices.Contains(all, greenfield.Unrestricted)
	wrong := func(what, next string) error {
		return &output.Error{Code: output.Usage, What: what, Why: "Nothing was sent.", Next: next}
	}
	switch {
	case named != "" && f.AllStores && !open:
		return wrong(fmt.Sprintf("--permission names store %s, and --all-stores says every store", named), "leave --all-stores out\nor leave the store out of --permission")
	case named != "" && !f.AllStores && open && store.Text != "" && named != store.Text:
		return wrong(fmt.Sprintf("--permission names store %s, and the rest would be for store %s (%s)", named, store.Text, store.Source), "--store "+app.ShellWord(named)+", for all of them\nor name a store in each --permission")
	case unlimited && store.Source == "--store":
		return wrong(fmt.Sprintf("--store names store %s, and unrestricted is for every store of the account", store.Text),
			"--all-stores instead of --store\nor --permission btcpay.store.canmodifystoresettings, which is all of one store")
	}
	return nil
}

// NoStoreSaid begins the error of a request for a key that names no store.
const NoStoreSaid = "no store is given for the key"

// Everywhere reports whether a permission is for every store.
func Everywhere(p greenfield.Permission) bool {
	return p.Kind() == greenfield.StorePermission && p.Scope() == ""
}

// needsOf is what one command needs, or all commands of a noun.
func needsOf(needs map[string][]greenfield.Permission, command string) ([]greenfield.Permission, error) {
	command = strings.TrimPrefix(strings.Join(strings.Fields(command), " "), "btcpayctl ")
	if list, ok := needs[command]; ok {
		return list, nil
	}
	var all []greenfield.Permission
	found := false
	for _, name := range slices.Sorted(maps.Keys(needs)) {
		if noun, _, _ := strings.Cut(name, " "); noun == command {
			found = true
			all = append(all, needs[name]...)
		}
	}
	if !found {
		return nil, &output.Error{Code: output.Usage, What: fmt.Sprintf("--for: no command %.80q uses an API key", command),
			Why: "These do: " + strings.Join(slices.Sorted(maps.Keys(needs)), ", ") + ".", Next: "--for \"invoice create,invoice get\""}
	}
	return all, nil
}

// UsageOf turns an error in the requested permissions into a usage error.
func UsageOf(err error) error {
	if request, ok := errors.AsType[*client.RequestError](err); ok {
		e := &output.Error{Code: output.Usage, What: request.Error(), Next: "btcpayctl authorize --help", Err: err}
		if request.Member == "permissions" {
			e.Next = "btcpayctl apikey permissions --all\nor --allow-unknown, for a plugin's"
		}
		return e
	}
	return err
}
