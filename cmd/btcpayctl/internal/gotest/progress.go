package gotest

import (
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/term"
)

// A Progress shows which test runs, and since when: on a terminal in one line that
// is drawn again, elsewhere in a line at each begin and end.
type Progress struct {
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

// NewProgress is for total tests and writes to file. Stop ends it.
func NewProgress(file *os.File, total int) *Progress {
	p := To(file, total)
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

// To is a progress that writes to w, which is no terminal.
func To(w io.Writer, total int) *Progress {
	return &Progress{w: w, total: total, done: make(chan struct{})}
}

// Terminal reports whether the progress is drawn on a terminal.
func (p *Progress) Terminal() bool { return p.width > 0 }

func (p *Progress) tick() {
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

// Stop leaves the line of the terminal empty.
func (p *Progress) Stop() {
	close(p.done)
	p.ticking.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}

// Begin is called where a test starts.
func (p *Progress) Begin(pkg, test string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running = append(p.running, started{what: pkg + " " + test, at: time.Now(), sub: test})
	if p.width == 0 {
		fmt.Fprintf(p.w, "%s %s …\n", pkg, test)
	}
	p.draw()
}

// Show names a subtest on a terminal, where there may be a thousand of them.
func (p *Progress) Show(pkg, test, sub string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.running {
		if p.running[i].what == pkg+" "+test {
			p.running[i].sub = sub
		}
	}
}

// Pause is for a test that waits until others can run at once with it.
func (p *Progress) Pause(pkg, test string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.take(pkg, test)
	p.draw()
}

// End is called where a test ended, with a word for how.
func (p *Progress) End(pkg, test, how string) {
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
func (p *Progress) take(pkg, test string) (ran time.Duration) {
	p.running = slices.DeleteFunc(p.running, func(s started) bool {
		found := s.what == pkg+" "+test
		if found {
			ran = time.Since(s.at)
		}
		return found
	})
	return ran
}

// Clear leaves the line of the terminal empty until the next change.
func (p *Progress) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}

// Write shows what go or a failed test says.
func (p *Progress) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	return p.w.Write(b)
}

func (p *Progress) draw() {
	p.clear()
	if p.width == 0 || len(p.running) == 0 {
		return
	}
	last := p.running[len(p.running)-1]
	line := []rune(fmt.Sprintf("%d of %d  %v  %s", p.ended+1, p.total, time.Since(last.at).Round(time.Second), last.sub))
	fmt.Fprint(p.w, string(line[:min(len(line), p.width-1)]))
	p.drawn = true
}

func (p *Progress) clear() {
	if p.drawn {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.drawn = false
	}
}
