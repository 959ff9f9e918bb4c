//go:build !faults

// Package fault kills the program at named steps, for tests that check what a kill leaves
// behind. Only a build with the tag faults can do that; in any other build [At] does
// nothing.
package fault

// At marks a step.
func At(string) {}

// Environ are the variables that a child process needs so that it can be killed as well.
func Environ() []string { return nil }
