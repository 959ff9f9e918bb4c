package hang

import "testing"

func TestTortureHang(t *testing.T) {
	t.Attr("figure", "told before it hangs | 1 | = 1")
	<-t.Context().Done()
}

func TestTortureAfter(t *testing.T) {}
