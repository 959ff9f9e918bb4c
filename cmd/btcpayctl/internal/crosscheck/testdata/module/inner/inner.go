// Package inner is imported by the tests alone.
package inner

// Name names it.
const Name = "inner"
