package world

// Node is the state of the server's Bitcoin node.
type Node string

// The states of a node.
const (
	NodeReady  Node = ""
	NodeBehind Node = "behind" // it has not read all blocks yet
	NodeAway   Node = "away"   // the server cannot reach it
)
