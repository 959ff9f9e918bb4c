package sandbox

// Lost says what a sandbox that was killed now would not know at its next start, though it was answered; empty for
// nothing. It is for sandboxes with a state file.
func (s *Sandbox) Lost() string { return s.world.Lost() }
