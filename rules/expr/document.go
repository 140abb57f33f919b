package expr

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3" // the reader that rulefmt and both rulers use, so that we see what they will see
)

// Document is a rule file's text as the YAML reader reads it: once, for the check and for whoever wants its rules. Nobody changes it.
type Document struct {
	// Root is the node of the first document, which is the one that rulers read; nil when there is none, or when it cannot be read.
	Root     *yaml.Node
	content  []byte
	problems []Problem // what rulefmt would pass over or be overwhelmed by; there is one when Root cannot be read
}

// ReadDocument reads a rule file's text. What is wrong with it is Dialect.Check's to say.
func ReadDocument(content []byte) *Document {
	d := &Document{content: content}
	if len(content) > MaxFile {
		d.problems = []Problem{{Text: fmt.Sprintf("the file is %d bytes long; at most %d are allowed", len(content), MaxFile)}}
	} else if err := checkText(string(content), MaxFile); err != nil {
		d.problems = []Problem{{Line: 1 + bytes.Count(content[:err.Offset], []byte("\n")), Text: err.Text}}
	} else {
		d.read()
	}
	return d
}

// read fills in what the YAML reader finds.
func (d *Document) read() {
	defer func() {
		if r := recover(); r != nil {
			d.Root, d.problems = nil, broken(r)
		}
	}()
	decoder := yaml.NewDecoder(bytes.NewReader(d.content))
	var first, second yaml.Node
	if err := decoder.Decode(&first); errors.Is(err, io.EOF) {
		return
	} else if err != nil {
		d.problems = (&file{content: d.content}).documentProblems(err)
		return
	}
	if d.problems = CheckAliases(first.Content[0]); len(d.problems) > 0 {
		return
	}
	d.Root = first.Content[0]
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		d.problems = []Problem{{Line: second.Line, Column: second.Column,
			Text: "a second YAML document begins here, and rulers read the first one only: put it into a file of its own, or remove the line ---"}}
		return
	}
	d.problems = checkShape(d.Root)
}

// broken is the problem of a file that a parser, or the check itself, panics over.
func broken(panicked any) []Problem {
	return []Problem{{Text: fmt.Sprintf("the check broke on this file: %v", panicked)}}
}
