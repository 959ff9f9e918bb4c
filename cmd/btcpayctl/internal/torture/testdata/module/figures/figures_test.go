package figures

import (
	"errors"
	"testing"
)

func TestShort(t *testing.T) { t.Error("it is no long test, and never runs") }

type suite struct{}

func (suite) TestTortureMethod(t *testing.T) { t.Error("it is no test at all") }

func TestTortureKept(t *testing.T) {
	t.Log("this stays quiet")
	t.Attr("figure", "secrets kept, 100 writers × 20 rounds | 2000 | = 2000")
	t.Attr("figure", "10000 names listed | 20.5ms | < 100ms")
	t.Attr("weather", "another attribute | 1 | = 2")
	t.Attr("figure", "invoices made | 951 | -")
}

func TestTortureMissed(t *testing.T) {
	t.Attr("figure", "get, against another program | 1.31× | ≤ 1.2×")
	t.Error("1.31 is over the limit")
}

func TestTortureForgotToFail(t *testing.T) {
	t.Attr("figure", "keys lost | 1 | = 0")
}

func TestTortureFailed(t *testing.T) {
	t.Attr("figure", "keys lost before something else went wrong | 0 | = 0")
	t.Error(errors.Join(errors.New("a file is left behind"), errors.New("and another one")))
}

func TestTortureGarbled(t *testing.T) {
	t.Attr("figure", "time | 5ms | < 3 MiB")
}

func TestTortureSilent(t *testing.T) {}

func TestTortureSkipped(t *testing.T) {
	t.Log("looking for age")
	t.Skip("age is missing: apt-get install age")
}

func TestTortureSubtests(t *testing.T) {
	t.Run("key generate", func(t *testing.T) {
		t.Attr("figure", "keys lost, 1000 kills of key generate | 0 | = 0")
	})
	t.Run("pair client", func(t *testing.T) {
		t.Skip("strace is missing: apt-get install strace")
	})
}

func TestTortureAtOnce(t *testing.T) {
	t.Parallel()
	t.Attr("figure", "one of two at once | 1 | ≥ 1")
}

func TestTortureAtOnceToo(t *testing.T) {
	t.Parallel()
	t.Attr("figure", "the other of two at once | 2 | > 1")
}
