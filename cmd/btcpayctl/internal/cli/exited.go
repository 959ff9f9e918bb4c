package cli

import "fmt"

// An Exited is the exit code of a command that was run.
type Exited struct{ Code int }

func (e *Exited) Error() string { return fmt.Sprintf("the command ended with exit code %d", e.Code) }
