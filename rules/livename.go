package rules

// LiveName returns the flat name under which a ruler reads the file at path (relative to the ruler's directory in the
// rulebook): "ops/sshd-ban.yaml" is "ops.sshd-ban.yaml". A dot inside a path element other than the extension's is doubled,
// so the name is reversible and two paths never share one. Over Loki's rule API it is the namespace.
func LiveName(path string) string { panic("contract") }

// RulebookPath is the inverse of LiveName; false when no path has that name.
func RulebookPath(liveName string) (string, bool) { panic("contract") }
