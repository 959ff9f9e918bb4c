//go:build !faults

// Package fault kills the program at named steps, for the tests that look at
// what a kill leaves behind. Only a build with the tag faults can do that; in any
// other build [At] is empty.
package fault

// At marks a step.
func At(string) {}

// Environ are the variables that a program needs to be killed as well.
func Environ() []string { return nil }
