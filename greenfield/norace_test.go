//go:build !race

package greenfield_test

const raceDetector = false
