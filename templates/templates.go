// Package templates holds the rule templates that are built in: one YAML file each. What their fields mean is package rules' to say.
package templates

import "embed"

// Files are the templates, each under its name and .yaml.
//
//go:embed *.yaml
var Files embed.FS
