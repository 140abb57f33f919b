package rules

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestJournalObject(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 12, 0, 0, 123456789, time.FixedZone("JST", 9*3600))
	e := JournalEntry{Seq: 7, Record: Record{
		Request: Request{ID: "r", Time: at, Actor: Person{ID: "u", Name: "aiko", Email: "a@example.org"}, Channel: Place{ID: "c", Name: "ops"}, Entry: "chat", Command: "=add x"},
		Action:  "add", Done: at.Add(time.Second), Reply: "done",
		Outcome: Outcome{Result: ValidationError, Why: "+1", Interrupted: true, Err: &Error{Text: "no", Cause: errors.New("x")}, Refs: []Ref{{Ruler: "loki", Path: "x.yaml", Group: "g", Name: "x", Nth: 1}},
			Stages:    []Stage{{StageReceived, 1234567, false}, {StepPlanned, 5 * time.Millisecond, true}},
			Templates: []TemplateUse{{"log-silence", 2}}, Findings: []Finding{{Check: "c", Severity: SeverityWarning, Ref: Ref{Name: "x"}, Text: "t", Why: "w"}},
			Accepted: []Acceptance{{Check: "d", Reason: "r"}}},
	}}
	text, err := json.Marshal(e.Object())
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"seq":7,"request":"r","time":"2026-11-21T03:00:00.123Z","done":"2026-11-21T03:00:01.123Z","actor":{"id":"u","name":"aiko"},` +
		`"team":{"id":"","name":""},"channel":{"id":"c","name":"ops"},"entry":"chat","command":"=add x","why":"+1","action":"add",` +
		`"rules":[{"ruler":"loki","path":"x.yaml","group":"g","name":"x","nth":1}],"result":"VALIDATION_ERROR","error":"no","reply":"done",` +
		`"stages":[{"name":"received","result":"ok","took_ms":1.234},{"name":"planned","result":"failed","took_ms":5}],"templates":[{"name":"log-silence","version":2}],` +
		`"findings":[{"check":"c","severity":"warning","rule":"x","text":"t"}],"accepted":[{"check":"d","reason":"r"}],"interrupted":true}`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	wantRow := []string{"7", "2026-11-21T03:00:00.123Z", "VALIDATION_ERROR", "", "aiko", "u", "ops", "c", "", "chat", "", "add", "x", "", "'=add x", "no", "", "", "r", "2026-11-21T03:00:01.123Z", "'+1", "true"}
	if diff := cmp.Diff(wantRow, e.Object().Row()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(wantRow) != len(JournalColumns) {
		t.Errorf("%d columns have names, %d are there", len(JournalColumns), len(wantRow))
	}
}

func TestPlainCell(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "plain": "plain", "a=1": "a=1", "a - b": "a - b", "a, =1": "a, =1", "a;b\nc": "a;b\nc",
		"=1": "'=1", "-1": "'-1", " \u3000＝1": "' \u3000＝1", "\"=1": "'\"=1", "\ttext": "'\ttext", "\rtext": "\ufffdtext", "'=1": "''=1", "\x00+": "\ufffd+",
		"a;=1": "a;'=1", "a\t@x": "a\t'@x", "a\r\n=1": "a\n'=1", "a\n\n=1": "a\n\n'=1", "\t=1": "'\t'=1", "\n=1": "'\n'=1", "add\n- alert: x\n  expr: -1": "add\n'- alert: x\n  expr: -1",
		"a\x1b[31mred\u202e\u200b\x9b\x7f\xff": "a\ufffd[31mred\ufffd\ufffd\ufffd\ufffd\ufffd", "\ufeff=1": "\ufffd=1", "\v=1": "\ufffd=1", "監視 é": "監視 é",
		"=1;=2\n+3": "'=1;'=2\n'+3", ";;=1": ";;'=1",
	} {
		if got := PlainCell(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// FuzzRow holds that no text makes a cell that a spreadsheet works out, whatever it takes for separators, and that every cell comes back from the CSV.
func FuzzRow(f *testing.F) {
	for _, seed := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "'=1", "\"=1", "plain", "＝1", "\u3000=1", "\ufeff=cmd|' /C calc'!A0", "a\n=1", "", "\x00=1", "=\"a\",\"b\"", "a;=1", "a\n\n=1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		row := JournalEntry{Record: Record{Request: Request{Command: text, Actor: Person{Name: text}}, Outcome: Outcome{Reason: text}}}.Object().Row()
		var b strings.Builder
		w := csv.NewWriter(&b)
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
		w.Flush()
		back, err := csv.NewReader(strings.NewReader(b.String())).Read()
		if err != nil {
			t.Fatalf("%q: %v", b.String(), err)
		}
		for i, cell := range back {
			first, _ := utf8.DecodeRuneInString(strings.TrimSpace(cell))
			if strings.ContainsRune("=+-@＝＋－＠", first) || strings.HasPrefix(cell, "\t") || strings.HasPrefix(cell, "\r") {
				t.Errorf("the cell %q of %q can be worked out", cell, text)
			}
			bare := func(text string) string {
				return strings.Map(func(r rune) rune {
					if r != '\n' && r != '\t' && Invisible(r) {
						return unicode.ReplacementChar
					}
					return r
				}, strings.NewReplacer("\r\n", "\n", "'", "").Replace(text))
			}
			if JournalColumns[i] == "command" && bare(cell) != bare(text) {
				t.Errorf("%q came back as %q", text, cell)
			}
			if strings.ContainsFunc(cell, func(r rune) bool { return r != '\n' && r != '\t' && r != unicode.ReplacementChar && Invisible(r) }) {
				t.Errorf("%q hides something", cell)
			}
		}
		for _, cell := range strings.FieldsFunc(b.String(), func(r rune) bool { return strings.ContainsRune(";\t\r\n", r) }) {
			if first, _ := utf8.DecodeRuneInString(strings.TrimLeft(cell, " \"")); strings.ContainsRune("=+-@＝＋－＠", first) {
				t.Errorf("the cell %q of %q can be worked out where a semicolon separates", cell, text)
			}
		}
	})
}
