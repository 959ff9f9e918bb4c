package app

import "slices"

// An Effect is what a command did that outlasts it: on a server, in a keystore or in a
// file.
type Effect struct {
	ID   string // a text that has it names the effect
	What string // a clause, such as "invoice X was created"
	Look string // the command that shows it; may be empty
}

// Did notes an effect. A failure that follows is then reported with it, and never as
// one before which nothing happened.
func (a *App) Did(e Effect) {
	a.Signals.Begin() // the reader of the output may be gone, and the command has to report
	a.acted = true
	// A batch has many, and the same comes twice only at once.
	if n := len(a.effects); n == 0 || a.effects[n-1] != e {
		a.effects = append(a.effects, e)
	}
}

// Undid takes back the effects of an id: what was made is gone again.
func (a *App) Undid(id string) {
	a.effects = slices.DeleteFunc(a.effects, func(e Effect) bool { return e.ID == id })
}

// ForgetEffects forgets the effects so far, since the output has named them.
func (a *App) ForgetEffects() { a.effects = nil }

// Effects are those that last. Acted reports whether there were any at all.
func (a *App) Effects() (lasting []Effect, acted bool) { return a.effects, a.acted }
