package replay

import (
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func noVariables() *variables {
	return &variables{values: map[string]string{}, now: time.Now}
}

func parsed(t testing.TB, text string) any {
	t.Helper()
	v, err := parseValue([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}
