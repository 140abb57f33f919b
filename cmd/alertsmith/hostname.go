package main

import "os"

// hostname returns the name of the machine, for the journal; "" when it has none.
func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return name
}
