package hang

import (
	"flag"
	"os"
	"testing"
)

// The limit is of this package only: the others end by themselves, however busy
// the machine is.
func TestMain(m *testing.M) {
	flag.Parse()
	flag.Set("test.timeout", "3s")
	os.Exit(m.Run())
}

func TestTortureHang(t *testing.T) {
	t.Attr("figure", "told before it hangs | 1 | = 1")
	<-t.Context().Done()
}

func TestTortureAfter(t *testing.T) {}
