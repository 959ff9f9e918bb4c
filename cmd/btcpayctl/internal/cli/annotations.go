package cli

import (
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/greenfield"
)

// Annotations of commands, from which --for, "apikey permissions", what a start says and
// what hints repeat are derived.
const (
	needsAnnotation   = "btcpayctl-needs"
	serverAnnotation  = "btcpayctl-talks-to-server"
	handlesAnnotation = "btcpayctl-handles"
	setsUpAnnotation  = "btcpayctl-sets-up-profile"
)

// ColumnsAnnotation holds the names of the columns of a command's tables, see [Shows].
const ColumnsAnnotation = "btcpayctl-columns"

// What open operations are about, for [Handles].
const (
	Keys       = "keys"
	Moves      = "moves"
	Batches    = "batches"
	Webhooks   = "webhooks"
	Everything = "everything"
)

// Needs declares which permissions a command needs of an API key: none if any key will
// do. A command that uses no API key has no such declaration.
func Needs(cmd *cobra.Command, permissions ...greenfield.Permission) {
	declare(cmd, needsAnnotation, strings.Join(Texts(permissions), ","))
}

// NeedsOf is what a command declares by [Needs], if it does.
func NeedsOf(cmd *cobra.Command) (permissions []greenfield.Permission, declared bool) {
	list, declared := cmd.Annotations[needsAnnotation]
	permissions = []greenfield.Permission{}
	for text := range strings.SplitSeq(list, ",") {
		if text != "" {
			permissions = append(permissions, greenfield.Permission(text))
		}
	}
	return permissions, declared
}

// TalksToServer declares that a command talks to the server that is selected.
func TalksToServer(cmd *cobra.Command) { declare(cmd, serverAnnotation, "true") }

// IsServerCommand reports whether a command declares that it talks to a server.
func IsServerCommand(cmd *cobra.Command) bool { return cmd.Annotations[serverAnnotation] != "" }

// Handles declares that a command deals itself with open operations of some sorts, so that
// its start says nothing about them.
func Handles(cmd *cobra.Command, sorts ...string) {
	declare(cmd, handlesAnnotation, strings.Join(sorts, ","))
}

// DoesHandle reports whether a command declares that it deals with a sort of operations.
func DoesHandle(cmd *cobra.Command, sort string) bool {
	declared := strings.Split(cmd.Annotations[handlesAnnotation], ",")
	return slices.Contains(declared, sort) || slices.Contains(declared, Everything)
}

// SetsUpProfile declares that a command makes the profile that --profile names, with the
// server that --server names.
func SetsUpProfile(cmd *cobra.Command) { declare(cmd, setsUpAnnotation, "true") }

// DoesSetUpProfile reports whether a command declares that it makes the profile.
func DoesSetUpProfile(cmd *cobra.Command) bool { return cmd.Annotations[setsUpAnnotation] != "" }

func declare(cmd *cobra.Command, name, value string) {
	if cmd.Annotations == nil {
		cmd.Annotations = map[string]string{}
	}
	cmd.Annotations[name] = value
}

// A Tree makes the whole tree of commands.
type Tree func() *cobra.Command

// needs are the permissions that each command declares, by its name without the program's.
func (t Tree) needs() map[string][]greenfield.Permission {
	all := map[string][]greenfield.Permission{}
	for cmd := range Commands(t()) {
		if list, declared := NeedsOf(cmd); declared {
			all[strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")] = list
		}
	}
	return all
}

// Enabled returns what lists the commands that a permission is enough for, by name.
func (t Tree) Enabled() func(greenfield.Permission) []string {
	needs := t.needs()
	names := slices.Sorted(maps.Keys(needs))
	return func(p greenfield.Permission) (commands []string) {
		for _, command := range names {
			list := needs[command]
			if len(list) > 0 && !slices.ContainsFunc(list, func(need greenfield.Permission) bool { return !p.Policy().Covers(need) }) {
				commands = append(commands, command)
			}
		}
		return commands
	}
}

// Commands are a command and all below it.
func Commands(cmd *cobra.Command) func(yield func(*cobra.Command) bool) {
	return func(yield func(*cobra.Command) bool) { walk(cmd, yield) }
}

func walk(cmd *cobra.Command, yield func(*cobra.Command) bool) bool {
	if !yield(cmd) {
		return false
	}
	for _, child := range cmd.Commands() {
		if !walk(child, yield) {
			return false
		}
	}
	return true
}
