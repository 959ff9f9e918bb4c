// Package cross compiles everywhere but where its files say otherwise.
package cross

// Size is wrong where a word has four bytes.
func Size() int { return 1 << 40 }
