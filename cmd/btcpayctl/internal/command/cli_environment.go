package command

const pathVariable = "PATH"
