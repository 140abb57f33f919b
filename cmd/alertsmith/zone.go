package main

import (
	"os"
	"path/filepath"
	"strings"
	"time"
)

// machineZone returns the time zone of this machine by its IANA name, which Go does not tell: it is looked for where Go reads the zone from, the
// variable TZ and then /etc/localtime. Where the name is not to be had it is time.Local.
func machineZone(now time.Time) *time.Location {
	name, set := os.LookupEnv("TZ")
	if !set {
		name, _ = filepath.EvalSymlinks("/etc/localtime") // without one the zone is UTC, which "" names
	}
	if _, below, found := strings.Cut(name, "zoneinfo/"); found {
		name = below
	}
	zone, err := time.LoadLocation(strings.TrimPrefix(name, ":"))
	if err != nil {
		return time.Local
	}
	if _, offset := now.In(zone).Zone(); offset != offsetOf(now.In(time.Local)) {
		return time.Local // a name that Go does not take for the zone
	}
	return zone
}

// zoneName returns what a zone is called: its IANA name, or where it has none its offset at a time, such as +09:00.
func zoneName(zone *time.Location, at time.Time) string {
	if zone == time.Local {
		return at.In(zone).Format("-07:00")
	}
	return zone.String()
}

func offsetOf(t time.Time) int {
	_, offset := t.Zone()
	return offset
}
