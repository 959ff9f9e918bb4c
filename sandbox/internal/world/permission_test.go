package world

import (
	"testing"
)

// closure is what a permission leads to, by another way than includes.
func closure(held string) map[string]bool {
	if held == Unrestricted {
		all := map[string]bool{}
		for name := range Inclusions() {
			all[name] = true
		}
		return all
	}
	reached := map[string]bool{}
	for open := []string{held}; len(open) > 0; open = open[1:] {
		if !reached[open[0]] {
			reached[open[0]] = true
			open = append(open, Inclusions()[open[0]]...)
		}
	}
	return reached
}

func TestPermissionTable(t *testing.T) {
	if n := len(Inclusions()); n != 51 {
		t.Errorf("there are %d permissions", n)
	}
	for name, included := range Inclusions() {
		if normal, ok := ValidPermission(name); !ok || normal != name {
			t.Errorf("%s is no permission by the server's syntax", name)
		}
		for _, next := range included {
			if _, known := Inclusions()[next]; !known {
				t.Errorf("%s includes %s, which there is none of", name, next)
			}
		}
		for asked := range Inclusions() {
			if got, want := Includes(name, asked), closure(name)[asked]; got != want {
				t.Errorf("%s includes %s: %v", name, asked, got)
			}
		}
	}
	for _, r := range Roles() {
		for _, p := range r.Permissions {
			if !IsStorePermission(p) || Inclusions()[p] == nil && p != ViewRequests && p != ViewPullPayments && p != ViewPayouts && p != ModifyWebhooks {
				t.Errorf("%s has %s", r.ID, p)
			}
		}
	}
}
