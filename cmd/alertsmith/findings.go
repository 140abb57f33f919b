package main

import (
	"bufio"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
)

// placedFinding is what the check found, as it is printed.
type placedFinding struct {
	Check    string `json:"check"`
	Severity string `json:"severity"`
	File     string `json:"file"`
	Line     int    `json:"line"`   // from 1; 0 when the whole file is meant
	Column   int    `json:"column"` // from 1, in characters; 0 when the whole line is meant
	Message  string `json:"message"`
	Why      string `json:"why"`
	Fix      string `json:"fix"` // an expression, or options of a command; empty when there is none
}

// printFindings prints findings in one format.
type printFindings func(w io.Writer, found []placedFinding) error

// formats are those that findings are printed in; the first is the default.
var formats = []struct {
	name  string
	print printFindings
}{
	{"text", printText},
	{"json", printJSON},
	{"github", printGitHub},
	{"checkstyle", printCheckstyle},
}

func formatNames() (names []string) {
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// printerOf returns the format with a name that there is.
func printerOf(name string) printFindings {
	return formats[slices.Index(formatNames(), name)].print
}

// printText prints a finding in a line as compilers do, and what would do instead below it.
func printText(w io.Writer, found []placedFinding) error {
	out := bufio.NewWriter(w)
	for _, f := range found {
		fmt.Fprintf(out, "%s: %s %s: %s\n", f.place(), f.Severity, f.Check, f.Message)
		if f.Fix != "" {
			fmt.Fprintf(out, "    write: %s\n", strings.ReplaceAll(strings.TrimRight(f.Fix, "\n"), "\n", "\n           "))
		}
	}
	return out.Flush()
}

// place returns file:line:column as far as it is known.
func (f placedFinding) place() string {
	switch {
	case f.Line == 0:
		return f.File
	case f.Column == 0:
		return fmt.Sprintf("%s:%d", f.File, f.Line)
	default:
		return fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column)
	}
}

// printJSON prints an array.
func printJSON(w io.Writer, found []placedFinding) error {
	if found == nil {
		found = []placedFinding{}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(found)
}

// How a workflow command of GitHub Actions escapes texts, and values of properties.
var (
	githubText  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubValue = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// printGitHub prints workflow commands, which GitHub shows beside the lines of a pull request.
func printGitHub(w io.Writer, found []placedFinding) error {
	level := map[string]string{"error": "error", "warning": "warning", "info": "notice"}
	out := bufio.NewWriter(w)
	for _, f := range found {
		text := f.Message + "\n" + f.Why
		if f.Fix != "" {
			text += "\nwrite: " + f.Fix
		}
		fmt.Fprintf(out, "::%s file=%s,line=%d,col=%d,title=%s::%s\n", level[f.Severity], githubValue.Replace(f.File), max(1, f.Line), max(1, f.Column),
			githubValue.Replace(f.Check), githubText.Replace(text))
	}
	return out.Flush()
}

// printCheckstyle prints the XML of Checkstyle, which build servers read.
func printCheckstyle(w io.Writer, found []placedFinding) error {
	type failure struct {
		Line     int    `xml:"line,attr"`
		Column   int    `xml:"column,attr,omitempty"`
		Severity string `xml:"severity,attr"`
		Message  string `xml:"message,attr"`
		Source   string `xml:"source,attr"`
	}
	type file struct {
		Name   string    `xml:"name,attr"`
		Errors []failure `xml:"error"`
	}
	var document struct {
		XMLName xml.Name `xml:"checkstyle"`
		Version string   `xml:"version,attr"`
		Files   []file   `xml:"file"`
	}
	document.Version = "4.3"
	for _, f := range found {
		if n := len(document.Files); n == 0 || document.Files[n-1].Name != f.File {
			document.Files = append(document.Files, file{Name: f.File})
		}
		last := &document.Files[len(document.Files)-1]
		last.Errors = append(last.Errors, failure{f.Line, f.Column, f.Severity, f.Message, "alertsmith." + f.Check})
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(document); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
