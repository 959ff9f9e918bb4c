package cli

const PathVariable = "PATH"
