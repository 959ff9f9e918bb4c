package app

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

// A stopCount counts the signals that ask the program to stop. The first ends the context of
// the command. A later one ends what [App.Insist] gave, and where nothing insists it
// ends the program at once.
type stopCount struct {
	exit func(code int)

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

// ListenForStops returns the context of the command, which ends with a [Stopped] when
// a signal asks the program to stop, and what ends the listening.
func (a *App) ListenForStops(parent context.Context, exit func(code int)) (context.Context, func()) {
	ctx, end := context.WithCancelCause(parent)
	s := &stopCount{exit: exit, end: end, insists: map[*insistence]struct{}{}}
	a.stops = s
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, stopSignals()...)
	over := make(chan struct{})
	go func() {
		for {
			select {
			case received := <-signals:
				s.receive(received)
			case <-over:
				return
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(over)
		end(nil)
	}
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

func (s *stopCount) receive(received os.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taker != nil {
		select {
		case s.taker <- received:
		default: // one of so many that nobody could take them
		}
		return
	}
	stopped := &Stopped{received}
	heard := s.count == 0
	s.count++
	s.end(stopped)
	for i := range s.insists {
		if i.left > 0 {
			heard = true
			if i.left--; i.left == 0 {
				i.cancel(stopped)
			}
		}
	}
	if !heard {
		s.exit(stopped.Exit())
	}
}

// Insist returns a context for what has to be done also after the command was asked to
// stop, such as to take a key back. The first signal does not end it, a second one
// does.
func (a *App) Insist(ctx context.Context) (context.Context, context.CancelFunc) {
	return a.insist(ctx, true)
}

// UntilNextStop returns a context that the next signal ends, whatever came before.
func (a *App) UntilNextStop(ctx context.Context) (context.Context, context.CancelFunc) {
	return a.insist(ctx, false)
}

func (a *App) insist(parent context.Context, pastFirst bool) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(parent))
	s := a.stops
	if s == nil {
		return ctx, func() { cancel(nil) }
	}
	i := &insistence{1, cancel}
	s.mu.Lock()
	defer s.mu.Unlock()
	if pastFirst && s.count == 0 {
		i.left = 2
	}
	s.insists[i] = struct{}{}
	return ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.insists, i)
		cancel(nil)
	}
}

// TakeStops gives the signals that ask the program to stop to another program that it
// runs, until giveBack is called. They stop nothing here.
func (a *App) TakeStops() (signals <-chan os.Signal, giveBack func()) {
	taken := make(chan os.Signal, 8)
	s := a.stops
	if s == nil {
		return taken, func() {}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taker = taken
	return taken, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.taker = nil
	}
}
