//go:build !unix

package main

func endWatchers(string) {}
