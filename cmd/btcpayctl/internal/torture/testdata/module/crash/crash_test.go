package crash

import "testing"

func TestTortureBefore(t *testing.T) {
	t.Attr("figure", "told before the crash | 1 | = 1")
}

func TestTortureCrash(t *testing.T) {
	var nothing map[string]int
	nothing["key"] = 1
}

func TestTortureAfter(t *testing.T) {}
