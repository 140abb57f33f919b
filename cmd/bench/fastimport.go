package main

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// importPast builds a bare repository at dir that has the history.
func importPast(ctx context.Context, dir string, s shape) error {
	return fastImport(ctx, dir, func(to *stream) { to.past(newPast(s)) })
}

// fastImport builds a bare repository at dir of what is written to a stream.
func fastImport(ctx context.Context, dir string, write func(*stream)) error {
	if err := git(ctx, "", "init", "--quiet", "--bare", "--initial-branch=main", dir); err != nil {
		return err
	}
	cmd := command(ctx, "", "git", "--git-dir="+dir, "fast-import", "--quiet")
	var complaints strings.Builder
	cmd.Stderr = &complaints
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	stream := &stream{out: bufio.NewWriterSize(in, 1<<20)}
	write(stream)
	err = stream.out.Flush()
	if closed := in.Close(); err == nil {
		err = closed
	}
	if ended := cmd.Wait(); ended != nil {
		return fmt.Errorf("git fast-import: %w: %s", ended, complaints.String())
	}
	return err
}

// stream writes what git fast-import reads. Errors of writing come out at the last Flush.
type stream struct {
	out   *bufio.Writer
	marks int
}

// past writes the history day by day: the pages of a day, which are each other's beginnings, stand in a row, so that Git stores what
// is new in each.
func (s *stream) past(p *past) {
	day := []commit{p.start()}
	for n := 1; n < p.shape.commits; n++ {
		c := p.next(n)
		if c.when.Format(time.DateOnly) != day[0].when.Format(time.DateOnly) {
			s.day(day)
			day = day[:0]
		}
		day = append(day, c)
	}
	s.day(day)
}

// written is a file's content in the stream.
type written struct {
	path    string
	content []byte
	mark    int
}

func (s *stream) day(commits []commit) {
	blobs := make([][]*written, len(commits)) // of each commit
	var all []*written
	for i, c := range commits {
		for _, path := range slices.Sorted(maps.Keys(c.files)) {
			w := &written{path: path, content: c.files[path]}
			blobs[i] = append(blobs[i], w)
			all = append(all, w)
		}
	}
	slices.SortStableFunc(all, func(a, b *written) int { return strings.Compare(a.path, b.path) })
	for _, w := range all {
		if w.content != nil {
			s.marks++
			w.mark = s.marks
			fmt.Fprintf(s.out, "blob\nmark :%d\n", w.mark)
			s.data(w.content)
		}
	}
	for i, c := range commits {
		email := c.author.ID + "@mattermost.invalid"
		by := committer.Name + " <" + committer.Email + ">"
		if !strings.Contains(c.message, "\nRequest-Id: ") {
			by = c.author.Name + " <" + email + ">"
		}
		fmt.Fprintf(s.out, "commit refs/heads/main\nauthor %s <%s> %d +0000\ncommitter %s %d +0000\n", c.author.Name, email, c.when.Unix(), by, c.when.Unix())
		s.data([]byte(c.message))
		for _, w := range blobs[i] {
			if w.content == nil {
				fmt.Fprintf(s.out, "D %s\n", w.path)
			} else {
				fmt.Fprintf(s.out, "M 100644 :%d %s\n", w.mark, w.path)
			}
		}
	}
}

func (s *stream) data(content []byte) {
	fmt.Fprintf(s.out, "data %d\n", len(content))
	_, _ = s.out.Write(content)
	_, _ = s.out.WriteString("\n")
}
