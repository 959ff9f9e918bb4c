package world

// noteChange counts a change, and wakes those that wait for it. The lock is held.
func (w *World) noteChange() {
	w.changes++
	if w.nextChange != nil {
		close(w.nextChange)
		w.nextChange = nil
	}
}

// Changes counts the changes of the state so far, some of which may have changed nothing, and returns a channel that is
// closed with the next one. The lock is held.
func (w *World) Changes() (count uint64, next <-chan struct{}) {
	if w.nextChange == nil {
		w.nextChange = make(chan struct{})
	}
	return w.changes, w.nextChange
}
