package main

import "strings"

// assertInterrupted asserts that a command is the one that can be asked for as interrupted, and that the journal tells of it what the rulebook does.
func (s *system) assertInterrupted(command string, committed bool) {
	s.t.Helper()
	action, _, _ := strings.Cut(command, " ")
	found := s.found("result=interrupted", "action="+action)
	if len(found) != 1 || found[0].Command != command || !found[0].Interrupted {
		s.t.Fatalf("result=interrupted finds %+v", found)
	}
	o := found[0]
	if committed != (o.Diff != "" && len(o.Fields) > 1 && len(o.Rules) == 1 && o.Revision != "") || committed == (o.Error != "") {
		s.t.Errorf("the journal tells of the command that was interrupted: %+v", o)
	}
	if o.Reply != "" {
		s.t.Errorf("nobody was answered %q", o.Reply)
	}
}
