//go:build !lightpassphrase

package work

const standard = Standard
