package pages

import (
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

func TestEveryPermissionHasATitle(t *testing.T) {
	for policy := range world.Inclusions() {
		if permissionTitles()[policy] == "" {
			t.Error(policy)
		}
	}
	if len(permissionTitles()) != len(world.Inclusions()) {
		t.Errorf("%d titles for %d permissions", len(permissionTitles()), len(world.Inclusions()))
	}
}
