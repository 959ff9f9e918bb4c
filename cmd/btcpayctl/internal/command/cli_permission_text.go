package command

import (
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/greenfield"
)

func permissionList(permissions []greenfield.Permission) string {
	return strings.Join(texts(permissions), ", ")
}

// shortPermissions are the last words of the policies, each once, for a table.
func shortPermissions(permissions []greenfield.Permission) string {
	var words []string
	for _, p := range permissions {
		policy := string(p.Policy())
		word := policy[strings.LastIndexByte(policy, '.')+1:]
		if !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return dash(strings.Join(words, ", "))
}

func texts(permissions []greenfield.Permission) []string {
	list := make([]string, len(permissions))
	for i, p := range permissions {
		list[i] = string(p)
	}
	return list
}

func storesText(ids []string) string {
	if len(ids) == 1 {
		return "store " + ids[0]
	}
	return "the stores " + strings.Join(ids, ", ")
}
