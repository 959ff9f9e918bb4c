package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/terminal"
	"github.com/btcpayctl/btcpayctl/keystore/durable"
)

// A display is a terminal that shows a screen.
type display struct {
	keys <-chan []terminal.Key
	more func() // reads further keys
	size func() (width, height int)
	draw func(lines []string)
	// edit lets the user change a text, with the program of EDITOR.
	edit func(text []byte) ([]byte, error)
}

// wantsScreen reports whether the list with keys is shown: on a terminal, if no other output
// was chosen.
func wantsScreen(cmd *cobra.Command, a *app.App) bool {
	for _, name := range []string{"output", "jq", "columns", "no-header", "no-headers"} {
		if f := cmd.Flags().Lookup(name); f != nil && f.Changed {
			return false
		}
	}
	return a.IsTerminal(a.Out) && a.CanAsk() && a.Getenv(app.OutputVariable) == ""
}

// show shows what is forwarded until over is closed or the user ends it.
func (f *forwarder) show(ctx context.Context, d *display, over <-chan struct{}) error {
	s := newScreen(f.to)
	tick := time.NewTicker(time.Second) // the window may have another size
	defer tick.Stop()
	for {
		width, height := d.size()
		d.draw(s.lines(width, height))
		select {
		case r := <-f.records:
			s.add(r)
		case text := <-f.notes:
			s.note = text
		case keys, ok := <-d.keys:
			if !ok {
				return errors.New("the terminal cannot be read")
			}
			for _, key := range keys {
				if f.act(ctx, s, d, s.press(key, height-3)) {
					return nil
				}
			}
			d.more()
		case <-tick.C:
		case <-over:
			return nil
		}
	}
}

// act does what a key asked for. It reports whether the command ends.
func (f *forwarder) act(ctx context.Context, s *screen, d *display, what action) bool {
	r, _ := s.selected()
	switch what {
	case actionEnd:
		return true
	case actionResend:
		f.again(ctx, r.sent.event, "resent")
		s.note = "Sent again."
	case actionEdit:
		body, err := d.edit(r.sent.event.body)
		switch {
		case err != nil:
			s.note = "Not sent: " + err.Error()
		case string(body) == string(r.sent.event.body):
			s.note = "Not sent: the body is as it was."
		default:
			changed := r.sent.event
			changed.body = body
			f.again(ctx, changed, "edited")
			s.note = "Sent as edited."
		}
	case actionSave:
		s.note = f.save(r)
	case actionNone:
	}
	return false
}

// again posts an event for the user, beside those that are forwarded. It is not recorded.
func (f *forwarder) again(ctx context.Context, e event, mark string) {
	f.working.Go(func() {
		if r := f.attempt(ctx, e); r != nil {
			r.sent.mark, r.Attempt = mark, 1
			f.emit(*r)
		}
	})
}

// save writes the body of an event to a new file, and a curl line that sends it to another.
func (f *forwarder) save(r forwardedRecord) string {
	name := "event-" + r.DeliveryID
	if r.sent.mark != "" {
		name += "-" + r.sent.mark
	}
	var line strings.Builder
	line.WriteString("curl -X POST " + app.ShellWord(f.to))
	for _, header := range slices.Sorted(maps.Keys(r.sent.headers)) {
		line.WriteString(" \\\n  -H " + app.ShellWord(header+": "+strings.Join(r.sent.headers[header], ", ")))
	}
	line.WriteString(" \\\n  --data-binary @" + app.ShellWord(name+".json") + "\n")
	for file, text := range map[string]string{name + ".json": string(r.sent.event.body), name + ".sh": line.String()} {
		if err := durable.WriteNamed(file, []byte(text), true); err != nil {
			return "Not saved: " + err.Error()
		}
	}
	return "Saved as " + name + ".json, and as a curl line in " + name + ".sh."
}

const (
	enterScreen = "\x1b[?1049h\x1b[?25l"
	leaveScreen = "\x1b[?25h\x1b[?1049l"
)

// openDisplay takes the terminal. It returns nil if the program runs in the background.
func openDisplay(ctx context.Context, a *app.App) (d *display, closeIt func(), err error) {
	keys, err := terminal.OpenKeys()
	if err != nil || keys == nil {
		return nil, func() {}, err
	}
	io.WriteString(a.Out, enterScreen)
	d = &display{
		keys: keys.Pressed, more: keys.Continue,
		size: func() (int, int) { return terminal.Size(a.Out) },
		draw: func(lines []string) {
			io.WriteString(a.Out, "\x1b[H"+strings.Join(lines, "\x1b[K\r\n")+"\x1b[K\x1b[J")
		},
		edit: func(text []byte) (changed []byte, err error) {
			io.WriteString(a.Out, leaveScreen)
			defer io.WriteString(a.Out, enterScreen)
			err = keys.Lend(func() error {
				changed, err = editText(ctx, a, text)
				return err
			})
			return changed, err
		},
	}
	return d, func() {
		io.WriteString(a.Out, leaveScreen)
		keys.Close()
	}, nil
}

// editText has the user change a text in a private file.
func editText(ctx context.Context, a *app.App, text []byte) ([]byte, error) {
	dir, err := os.MkdirTemp("", "btcpayctl-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "event.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	words := strings.Fields(editor(a))
	program := exec.CommandContext(ctx, words[0], append(words[1:], file)...)
	program.Stdin, program.Stdout, program.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := program.Run(); err != nil {
		return nil, fmt.Errorf("the editor %s failed: %s", output.VisibleLine(words[0]), output.VisibleLine(err.Error()))
	}
	return os.ReadFile(file)
}

// editor is the command that edits a file.
func editor(a *app.App) string {
	for _, name := range []string{"VISUAL", "EDITOR"} {
		if command := a.Getenv(name); strings.TrimSpace(command) != "" {
			return command
		}
	}
	if runtime.GOOS == "windows" {
		return "notepad"
	}
	return "vi"
}
