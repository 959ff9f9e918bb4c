// Package signals hears the signals that ask the program to stop: the first one ends the
// context of the command, a later one ends what the command still insists on.
package signals

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// A Stopped is why the context of a command ended when a signal came.
type Stopped struct{ Signal os.Signal }

func (s *Stopped) Error() string {
	if name, ok := signalNames[s.Signal]; ok {
		return "stopped by " + name
	}
	return "stopped by Ctrl-C"
}

var signalNames = map[os.Signal]string{syscall.SIGTERM: "SIGTERM", syscall.SIGHUP: "SIGHUP", syscall.SIGQUIT: "SIGQUIT"}

// Exit is the exit code of a program that a signal stopped, as a shell has it.
func (s *Stopped) Exit() int {
	if number, ok := s.Signal.(syscall.Signal); ok {
		return 128 + int(number)
	}
	return 128 + int(syscall.SIGINT)
}

// A Listener counts the signals that ask the program to stop. The first ends the context of
// the command. A later one ends what [Listener.Insist] gave, and if nothing insists it
// ends the program at once. A nil Listener hears nothing.
//
// To listen costs a quarter of the time that a small program needs to start, and a command
// that waits for nothing needs none of it. So listening begins when the command calls
// [Listener.Begin], as those do that talk to a server or start something, and otherwise
// when it first looks at its context, insists on something or has done something. Until
// then a signal ends the program as the system has it.
type Listener struct {
	exit  func(code int)
	begin sync.Once

	mu      sync.Mutex
	end     context.CancelCauseFunc
	count   int
	insists map[*insistence]struct{}
	taker   chan os.Signal
}

type insistence struct {
	left   int // signals until it ends
	cancel context.CancelCauseFunc
}

// New returns the context of the command, which ends with a [Stopped] when a signal asks
// the program to stop.
func New(parent context.Context, exit func(code int)) (*Listener, context.Context) {
	ctx, end := context.WithCancelCause(parent)
	l := &Listener{exit: exit, end: end, insists: map[*insistence]struct{}{}}
	return l, &awaited{ctx, l}
}

// Begin begins to listen. From then on a write to a pipe that has no reader fails, instead
// of ending the program before it can report what it did.
func (l *Listener) Begin() {
	if l != nil {
		l.begin.Do(l.listen)
	}
}

func (l *Listener) listen() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, stopSignals()...)
	go func() {
		for received := range signals {
			l.receive(received)
		}
	}()
}

// An awaited context makes its listener begin when it is first looked at.
type awaited struct {
	context.Context
	listener *Listener
}

func (a *awaited) Done() <-chan struct{} {
	a.listener.Begin()
	return a.Context.Done()
}

func (a *awaited) Err() error {
	a.listener.Begin()
	return a.Context.Err()
}

// stopSignals are those that ask a program to stop. A hang-up that was ignored when the
// program began stays ignored, as nohup wants it.
func stopSignals() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

func (l *Listener) receive(received os.Signal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.taker != nil {
		select {
		case l.taker <- received:
		default: // the caller cannot receive so many
		}
		return
	}
	stopped := &Stopped{received}
	heard := l.count == 0
	l.count++
	l.end(stopped)
	for i := range l.insists {
		if i.left > 0 {
			heard = true
			if i.left--; i.left == 0 {
				i.cancel(stopped)
			}
		}
	}
	if !heard {
		l.exit(stopped.Exit())
	}
}

// Insist returns a context for what has to be done even if the command was asked to
// stop, such as revoking a key. The first signal does not end it, a second one does.
func (l *Listener) Insist(ctx context.Context) (context.Context, context.CancelFunc) {
	return l.insist(ctx, true)
}

// UntilNextStop returns a context that the next signal ends, whatever came before.
func (l *Listener) UntilNextStop(ctx context.Context) (context.Context, context.CancelFunc) {
	return l.insist(ctx, false)
}

func (l *Listener) insist(parent context.Context, pastFirst bool) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(parent))
	if l == nil {
		return ctx, func() { cancel(nil) }
	}
	l.Begin()
	i := &insistence{1, cancel}
	l.mu.Lock()
	defer l.mu.Unlock()
	if pastFirst && l.count == 0 {
		i.left = 2
	}
	l.insists[i] = struct{}{}
	return ctx, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.insists, i)
		cancel(nil)
	}
}

// Take gives the signals that ask the program to stop to another program that it runs,
// until giveBack is called. They stop nothing here.
func (l *Listener) Take() (signals <-chan os.Signal, giveBack func()) {
	taken := make(chan os.Signal, 8)
	if l == nil {
		return taken, func() {}
	}
	l.Begin()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.taker = taken
	return taken, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.taker = nil
	}
}
