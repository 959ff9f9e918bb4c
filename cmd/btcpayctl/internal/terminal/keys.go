package terminal

import (
	"errors"
	"os"
	"unicode/utf8"

	"golang.org/x/term"
)

// A Key is a key that the user pressed: a character, or one of these.
type Key rune

// Keys that are no characters.
const (
	KeyUp Key = -iota - 1
	KeyDown
	KeyPageUp
	KeyPageDown
	KeyEnter
	KeyEscape
	KeyBackspace
	KeyInterrupt // Ctrl-C, which is no signal while keys are read
)

// Keys reads single keys from the terminal. Nothing that is typed is shown.
type Keys struct {
	// Pressed are the keys that were pressed since the last call of Continue, one or more
	// of them. It is closed if the terminal cannot be read.
	Pressed <-chan []Key

	tty   *os.File
	state *term.State
	more  chan struct{}
}

// OpenKeys begins to read keys. It returns nil if the program runs in the background.
func OpenKeys() (*Keys, error) {
	tty, err := open()
	if err != nil {
		return nil, err
	}
	if !inForeground(tty) {
		return nil, tty.Close()
	}
	state, err := term.MakeRaw(int(tty.Fd()))
	if err != nil {
		return nil, errors.Join(err, tty.Close())
	}
	pressed := make(chan []Key)
	k := &Keys{Pressed: pressed, tty: tty, state: state, more: make(chan struct{}, 1)}
	go k.read(pressed)
	k.Continue()
	return k, nil
}

// read waits for a call of Continue before each read, so that another program can use the
// terminal in between.
func (k *Keys) read(pressed chan<- []Key) {
	defer close(pressed)
	buffer := make([]byte, 256)
	for range k.more {
		for {
			n, err := k.tty.Read(buffer)
			if err != nil {
				return
			}
			if keys := decodeKeys(buffer[:n]); len(keys) > 0 {
				pressed <- keys
				break
			}
		}
	}
}

// Continue reads on, after the caller has handled what was pressed.
func (k *Keys) Continue() {
	select {
	case k.more <- struct{}{}:
	default:
	}
}

// Lend gives the terminal to another program as long as use runs. Call it before Continue.
func (k *Keys) Lend(use func() error) error {
	if err := term.Restore(int(k.tty.Fd()), k.state); err != nil {
		return err
	}
	failed := use()
	_, err := term.MakeRaw(int(k.tty.Fd()))
	return errors.Join(failed, err)
}

// Close leaves the terminal as it was found. A read that waits ends with the program.
func (k *Keys) Close() error {
	if k == nil {
		return nil
	}
	return term.Restore(int(k.tty.Fd()), k.state)
}

// sequences are what terminals send for keys that are no characters.
var sequences = map[string]Key{
	"\x1b[A": KeyUp, "\x1b[B": KeyDown, "\x1bOA": KeyUp, "\x1bOB": KeyDown, "\x1b[5~": KeyPageUp, "\x1b[6~": KeyPageDown,
	"\r": KeyEnter, "\n": KeyEnter, "\x1b": KeyEscape, "\x7f": KeyBackspace, "\b": KeyBackspace, "\x03": KeyInterrupt, "\x04": KeyInterrupt,
}

// decodeKeys reads what a terminal sent at once. Sequences that are not known are left out.
func decodeKeys(text []byte) (keys []Key) {
	for len(text) > 0 {
		n := sequenceLength(text)
		if key, ok := sequences[string(text[:n])]; ok {
			keys = append(keys, key)
		} else if r, _ := utf8.DecodeRune(text); n == utf8.RuneLen(r) && r >= ' ' {
			keys = append(keys, Key(r))
		}
		text = text[n:]
	}
	return keys
}

// sequenceLength is how many bytes belong to the first key.
func sequenceLength(text []byte) int {
	if text[0] != '\x1b' || len(text) < 3 || text[1] != '[' && text[1] != 'O' {
		_, n := utf8.DecodeRune(text)
		return n
	}
	for i := 2; i < len(text); i++ {
		if text[i] >= '@' && text[i] <= '~' {
			return i + 1
		}
	}
	return len(text)
}

// Size is the width and height of a terminal, and 80 by 24 if they are not known.
func Size(stream any) (width, height int) {
	if file, ok := stream.(*os.File); ok {
		if width, height, err := term.GetSize(int(file.Fd())); err == nil && width > 0 && height > 0 {
			return width, height
		}
	}
	return 80, 24
}
