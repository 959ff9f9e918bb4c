package pages

import (
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// TestManyRows has so many rows and permissions that work which grows with their square would take hours.
func TestManyRows(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: its input is long")
	}
	permissions := make([]requested, 1<<20)
	for i := range permissions {
		permissions[i].policy = world.ViewInvoices
	}
	f := &consent{requested: permissions, SelectiveStores: true}
	for range 1 << 20 {
		f.Rows = append(f.Rows, permissionRow{Permission: world.ViewInvoices})
	}
	f.adjust()
	if len(f.Rows) != 1<<20 || !f.Rows[0].Value {
		t.Errorf("%d rows, the first is %v", len(f.Rows), f.Rows[0].Value)
	}
}
