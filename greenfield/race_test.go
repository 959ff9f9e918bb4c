//go:build race

package greenfield_test

const raceDetector = true // it multiplies memory and time
