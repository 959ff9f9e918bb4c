package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/term"
)

// A progress tells which test runs, and since when: on a terminal in one line
// that is drawn again, elsewhere in a line at each begin and end.
type progress struct {
	mu           sync.Mutex
	w            io.Writer
	width        int // of the terminal; 0 where there is none
	total, ended int
	running      []started
	drawn        bool
	done         chan struct{}
	ticking      sync.WaitGroup
}

type started struct {
	what string
	at   time.Time
	sub  string // the subtest that began last, with the name of the test
}

func newProgress(file *os.File, total int) *progress {
	p := &progress{w: file, total: total, done: make(chan struct{})}
	if term.IsTerminal(int(file.Fd())) {
		p.width = 80
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
			p.width = width
		}
	}
	if p.width > 0 {
		p.ticking.Go(p.tick)
	}
	return p
}

func (p *progress) tick() {
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for {
		select {
		case <-p.done:
			return
		case <-second.C:
			p.mu.Lock()
			p.draw()
			p.mu.Unlock()
		}
	}
}

// stop leaves the line of the terminal empty.
func (p *progress) stop() {
	close(p.done)
	p.ticking.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}

func (p *progress) begin(pkg, test string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running = append(p.running, started{what: pkg + " " + test, at: time.Now(), sub: test})
	if p.width == 0 {
		fmt.Fprintf(p.w, "%s %s …\n", pkg, test)
	}
	p.draw()
}

// show names a subtest on a terminal, where there may be a thousand of them.
func (p *progress) show(pkg, test, sub string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.running {
		if p.running[i].what == pkg+" "+test {
			p.running[i].sub = sub
		}
	}
}

// pause is for a test that waits until others can run at once with it.
func (p *progress) pause(pkg, test string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.take(pkg, test)
	p.draw()
}

func (p *progress) end(pkg, test, how string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended++
	took := p.take(pkg, test)
	if p.width == 0 {
		fmt.Fprintf(p.w, "%s %s: %s after %v, %d of %d\n", pkg, test, how, took.Round(100*time.Millisecond), p.ended, p.total)
	}
	p.draw()
}

// take removes a test from those that run, and gives how long it did.
func (p *progress) take(pkg, test string) (ran time.Duration) {
	p.running = slices.DeleteFunc(p.running, func(s started) bool {
		found := s.what == pkg+" "+test
		if found {
			ran = time.Since(s.at)
		}
		return found
	})
	return ran
}

// Write shows what go or a failed test says.
func (p *progress) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	return p.w.Write(b)
}

func (p *progress) draw() {
	p.clear()
	if p.width == 0 || len(p.running) == 0 {
		return
	}
	last := p.running[len(p.running)-1]
	line := []rune(fmt.Sprintf("%d of %d  %v  %s", p.ended+1, p.total, time.Since(last.at).Round(time.Second), last.sub))
	fmt.Fprint(p.w, string(line[:min(len(line), p.width-1)]))
	p.drawn = true
}

func (p *progress) clear() {
	if p.drawn {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.drawn = false
	}
}
