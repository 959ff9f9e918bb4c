package output

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// A Status is one line on a terminal that is redrawn every second during a wait. A nil
// Status draws nothing.
type Status struct {
	w     io.Writer
	line  func() string
	width func() int

	mu   sync.Mutex
	stop chan struct{}
	done sync.WaitGroup
}

// StartStatus draws the result of line until [Status.Stop], cut to the terminal's width.
// That is read each time, since a user may resize the window: a line that breaks could not
// be redrawn. line and width are called from another goroutine.
func StartStatus(w io.Writer, width func() int, line func() string) *Status {
	s := &Status{w: w, line: line, width: width, stop: make(chan struct{})}
	s.draw()
	s.done.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				s.draw()
			case <-s.stop:
				return
			}
		}
	})
	return s
}

const eraseLine = "\r\x1b[K"

func (s *Status) draw() {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprint(s.w, eraseLine, s.text())
}

func (s *Status) text() string { return Cut(VisibleLine(s.line()), s.width()) }

// Say writes a line that stays above the status.
func (s *Status) Say(w io.Writer, text string) {
	if s == nil {
		fmt.Fprintln(w, VisibleLine(text))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprint(s.w, eraseLine, VisibleLine(text), "\n", s.text())
}

// Stop removes the line.
func (s *Status) Stop() {
	if s == nil {
		return
	}
	close(s.stop)
	s.done.Wait()
	fmt.Fprint(s.w, eraseLine)
}
