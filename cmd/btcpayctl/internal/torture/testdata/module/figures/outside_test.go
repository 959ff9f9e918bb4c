package figures_test

import "testing"

func TestTortureOutside(t *testing.T) {
	t.Attr("figure", "told from the test package outside | 1.5 MiB | ≤ 64 MiB")
}
