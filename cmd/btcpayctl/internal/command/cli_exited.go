package command

import "fmt"

// An exited is the exit code of a command that was run.
type exited struct{ code int }

func (e *exited) Error() string { return fmt.Sprintf("the command ended with exit code %d", e.code) }
