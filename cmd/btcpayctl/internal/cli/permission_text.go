package cli

import (
	"slices"
	"strings"

	"github.com/btcpayctl/btcpayctl/greenfield"
)

// PermissionList names permissions in one line.
func PermissionList(permissions []greenfield.Permission) string {
	return strings.Join(Texts(permissions), ", ")
}

// ShortPermissions are the last words of the policies, each once, for a table.
func ShortPermissions(permissions []greenfield.Permission) string {
	var words []string
	for _, p := range permissions {
		policy := string(p.Policy())
		word := policy[strings.LastIndexByte(policy, '.')+1:]
		if !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return Dash(strings.Join(words, ", "))
}

// Texts are permissions as strings.
func Texts[T ~string](permissions []T) []string {
	list := make([]string, len(permissions))
	for i, p := range permissions {
		list[i] = string(p)
	}
	return list
}

// StoresText names stores in one line.
func StoresText[ID ~string](ids []ID) string {
	if len(ids) == 1 {
		return "store " + string(ids[0])
	}
	return "the stores " + strings.Join(Texts(ids), ", ")
}
