package cli

// PathVariable names the variable with the directories of programs.
const PathVariable = "PATH"
