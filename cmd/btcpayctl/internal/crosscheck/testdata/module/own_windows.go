package cross

func own() string { return undeclared }
