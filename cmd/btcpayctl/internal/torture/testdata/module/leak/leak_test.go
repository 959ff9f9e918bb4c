package leak

import (
	"fmt"
	"os"
	"testing"
)

// TestMain fails after all tests have passed, as a leak test does.
func TestMain(m *testing.M) {
	m.Run()
	fmt.Println("found unexpected goroutines")
	os.Exit(1)
}

func TestTortureLeak(t *testing.T) {
	t.Attr("figure", "told by a test that leaks | 1 | = 1")
}
