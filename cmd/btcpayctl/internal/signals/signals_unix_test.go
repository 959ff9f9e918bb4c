//go:build unix

package signals

import (
	"context"
	"errors"
	"syscall"
	"testing"
)

// begun reports whether a listener listens, and keeps one that does not from beginning.
func begun(l *Listener) bool {
	already := true
	l.begin.Do(func() { already = false })
	return already
}

// TestBegin: a command that waits for nothing listens to no signal, and one that looks at
// its context, insists, gives signals away or has done something does.
func TestBegin(t *testing.T) {
	for name, c := range map[string]struct {
		use  func(*Listener, context.Context)
		want bool
	}{
		"nothing":       {func(*Listener, context.Context) {}, false},
		"a value":       {func(_ *Listener, ctx context.Context) { ctx.Value(t) }, false},
		"no deadline":   {func(_ *Listener, ctx context.Context) { ctx.Deadline() }, false},
		"kept past it":  {func(_ *Listener, ctx context.Context) { <-done(context.WithTimeout(context.WithoutCancel(ctx), 0)) }, false},
		"waited for":    {func(_ *Listener, ctx context.Context) { ctx.Done() }, true},
		"asked":         {func(_ *Listener, ctx context.Context) { _ = ctx.Err() }, true},
		"a time limit":  {func(_ *Listener, ctx context.Context) { <-done(context.WithTimeout(ctx, 0)) }, true},
		"insisted":      {func(l *Listener, ctx context.Context) { _, stop := l.Insist(ctx); stop() }, true},
		"given away":    {func(l *Listener, _ context.Context) { _, back := l.Take(); back() }, true},
		"has an effect": {func(l *Listener, _ context.Context) { l.Begin() }, true},
	} {
		l, ctx := New(t.Context(), func(int) {})
		if c.use(l, ctx); begun(l) != c.want {
			t.Errorf("%s: it listens: %v", name, !c.want)
		}
	}
}

func done(ctx context.Context, stop context.CancelFunc) <-chan struct{} {
	defer stop()
	return ctx.Done()
}

// TestStopped: the first signal after the command looked at its context ends that, with
// the signal as the cause, and what is derived from it.
func TestStopped(t *testing.T) {
	_, ctx := New(t.Context(), func(int) {})
	derived, stop := context.WithCancel(ctx)
	defer stop()
	if err := syscall.Kill(syscall.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-derived.Done()
	<-ctx.Done()
	stopped, ok := errors.AsType[*Stopped](context.Cause(derived))
	if !ok || stopped.Exit() != 143 || !errors.Is(context.Cause(ctx), stopped) || !errors.Is(ctx.Err(), context.Canceled) {
		t.Errorf("%v, %v, %v", context.Cause(derived), context.Cause(ctx), ctx.Err())
	}
}
