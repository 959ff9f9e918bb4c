package keystore

// children are the jobs of other processes, by name.
var children = map[string]func(){}
