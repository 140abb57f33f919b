package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/deploy/local"
)

// demo is the guided tour.
type demo struct {
	screen *screen
	world  world
	loki   bool // whether Loki takes part
}

// play shows everything; its error says which step did not do what it says.
func (d *demo) play(ctx context.Context) error {
	var loki *build
	if d.loki {
		loki = d.buildLoki(ctx)
		defer loki.stop()
	}
	if err := d.showPrometheus(ctx); err != nil {
		return err
	}
	if d.loki {
		if err := d.awaitLoki(ctx, loki); err != nil {
			return err
		}
		if err := d.showLoki(ctx); err != nil {
			return err
		}
	}
	return d.showHistory(ctx)
}

func (d *demo) showPrometheus(ctx context.Context) error {
	d.screen.say("Prometheus and Alertmanager start on loopback, and Alertsmith beside them.")
	if err := d.world.startPrometheus(ctx); err != nil {
		return err
	}
	d.screen.command(append([]string{"./alertsmith"}, d.world.serveArgs()...)...)
	if err := d.world.serve(ctx); err != nil {
		return err
	}
	d.screen.say("What a person types in Mattermost after /alert can be given on a terminal too:")
	d.screen.reply(d.alias())
	_, err := d.send(ctx, "status")
	if err != nil {
		return err
	}

	d.screen.say("Prometheus is told to scrape a node_exporter that does not run here. A rule finds that out.")
	_, err = d.send(ctx, "add", "node-down", "expr=up == 0", "for=2s", "severity=critical", "summary={{ $labels.instance }} is down")
	if err != nil {
		return err
	}
	prometheusRules := d.world.prometheus.URL + "/api/v1/rules"
	if err := d.checkRuns(ctx, prometheusRules, "node-down", true); err != nil {
		return err
	}
	if err := d.showAlert(ctx, "node-down"); err != nil || d.loki {
		return err // with Loki, lists and deletion are shown there
	}
	return d.showListAndDelete(ctx, prometheusRules, "node-down")
}

const (
	logRule = "amane-fail2ban-log"
	logJob  = "amane_fail2ban_log"
)

func (d *demo) showLoki(ctx context.Context) error {
	d.screen.say("Loki joins: Alertsmith starts again with the same rulebook and one ruler more.")
	if err := d.world.startLoki(ctx); err != nil {
		return err
	}
	d.screen.command(append([]string{"./alertsmith"}, d.world.serveArgs()...)...)
	if err := d.world.serve(ctx); err != nil {
		return err
	}
	now := time.Now().UTC()
	lines := []string{
		now.Format("2006-01-02 15:04:05,000") + " fail2ban.filter  [811]: INFO    [sshd] Found 192.0.2.17",
		now.Format("2006-01-02 15:04:05,000") + " fail2ban.filter  [811]: INFO    [sshd] Found 192.0.2.17",
		now.Format("2006-01-02 15:04:05,000") + " fail2ban.actions [811]: NOTICE  [sshd] Ban 192.0.2.17",
	}
	d.screen.say("These log lines go to Loki as {job=%q}:", logJob)
	d.screen.reply(strings.Join(lines, "\n"))
	if err := local.PushLogs(ctx, d.world.loki.URL, map[string]string{"job": logJob}, lines...); err != nil {
		return err
	}
	lokiRules := d.world.loki.URL + "/prometheus/api/v1/rules"
	if _, err := d.send(ctx, `add `+logRule+` `+logJob+` "Ban" 5m`); err != nil {
		return err
	}
	if err := d.checkRuns(ctx, lokiRules, logRule, true); err != nil {
		return err
	}
	if err := d.showAlert(ctx, logRule); err != nil {
		return err
	}
	return d.showListAndDelete(ctx, lokiRules, logRule)
}

// showListAndDelete shows a rule in every list, deletes it, and sees that it is gone from lists and ruler.
func (d *demo) showListAndDelete(ctx context.Context, rulesURL, name string) error {
	for _, command := range [][]string{{"list"}, {"list", "all"}, {"list", name}} {
		reply, err := d.send(ctx, command...)
		if err != nil {
			return err
		}
		if !strings.Contains(reply, name) {
			return fmt.Errorf("`%s` does not show %s", strings.Join(command, " "), name)
		}
	}
	if _, err := d.send(ctx, "delete", name, "reason=the demo is nearly over"); err != nil {
		return err
	}
	if err := d.checkRuns(ctx, rulesURL, name, false); err != nil {
		return err
	}
	reply, err := d.send(ctx, "list")
	if err == nil && strings.Contains(reply, name) {
		err = fmt.Errorf("`list` still shows %s", name)
	}
	return err
}

// showHistory shows what Git and the journal keep of it.
func (d *demo) showHistory(ctx context.Context) error {
	d.screen.say("The rulebook is an ordinary Git repository; author of a change is whoever asked for it.")
	rulebook := filepath.Join(d.world.storage(), "rulebook.git")
	if _, err := d.shell(ctx, "git", "-C", rulebook, "log", "--stat", "--format=%h %an, %ar: %s"); err != nil {
		return err
	}
	d.screen.say("Every change is in the journal too, as a page a day for people to read.")
	pages, err := exec.CommandContext(ctx, "git", "-C", rulebook, "ls-tree", "-r", "--name-only", "HEAD", "journal/").Output()
	if err != nil {
		return fmt.Errorf("the journal's pages: %w", err)
	}
	names := strings.Fields(string(pages))
	if len(names) == 0 {
		return errors.New("the rulebook has no journal page")
	}
	_, err = d.shell(ctx, "git", "-C", rulebook, "show", "HEAD:"+names[len(names)-1])
	return err
}

// stay waits until the reader has enough.
func (d *demo) stay(ctx context.Context) {
	d.screen.say("Try it yourself, in another terminal and in this directory:")
	example := "send add too-many-goroutines expr='go_goroutines > 1' severity=info"
	if d.loki {
		example += "\nsend add sshd-found " + logJob + " Found 10m"
	}
	d.screen.reply(d.alias() + "\nsend help\n" + example + "\nsend list all")
	d.screen.say("Prometheus %s   Alertmanager %s   Alertsmith %s", d.world.prometheus.URL, d.world.alertmanager.URL, d.world.service.url)
	if d.loki {
		d.screen.say("Loki %s", d.world.loki.URL)
	}
	d.screen.say("Everything is in %s. Ctrl-C stops it all and removes that.", d.world.dir)
	<-ctx.Done()
}

// alias is the line that makes `send` the whole command.
func (d *demo) alias() string {
	return fmt.Sprintf("alias send='./alertsmith send --url=%s --storage.path=%s'", d.world.service.url, d.world.storage())
}

// send gives Alertsmith a command and shows both; a refusal is an error.
func (d *demo) send(ctx context.Context, words ...string) (string, error) {
	d.screen.command(append([]string{"send"}, words...)...)
	args := append([]string{"send", "--url=" + d.world.service.url, "--storage.path=" + d.world.storage()}, words...)
	return d.output(exec.CommandContext(ctx, "./alertsmith", args...))
}

// shell runs any other command and shows both.
func (d *demo) shell(ctx context.Context, program string, args ...string) (string, error) {
	d.screen.command(append([]string{filepath.Base(program)}, args...)...)
	return d.output(exec.CommandContext(ctx, program, args...))
}

func (d *demo) output(cmd *exec.Cmd) (string, error) {
	cmd.Env = append(os.Environ(), "GIT_PAGER=cat")
	output, err := cmd.CombinedOutput()
	d.screen.reply(string(output))
	if err != nil {
		return "", fmt.Errorf("`%s` did not do what it says: %w", strings.Join(cmd.Args, " "), err)
	}
	return string(output), nil
}

// checkRuns holds Alertsmith to its word: the ruler itself is asked whether it runs the rule.
func (d *demo) checkRuns(ctx context.Context, rulesURL, name string, want bool) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, rulesURL, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if runs := strings.Contains(string(body), strconv.Quote(name)); runs != want {
		return fmt.Errorf("Alertsmith's answer about %s is not true: asked at once, %s lists it: %v", name, rulesURL, runs)
	}
	return nil
}

// after says how long something took in the words of the transcript.
func after(took time.Duration) string {
	if took < 50*time.Millisecond {
		return "By now"
	}
	return fmt.Sprintf("After %.1f s more", took.Seconds())
}

// showAlert waits until Alertmanager has the alert and shows it.
func (d *demo) showAlert(ctx context.Context, name string) error {
	started := time.Now()
	err := poll(ctx, time.Minute, "Alertmanager has the alert "+name, func() (bool, error) {
		alerts, err := local.Alerts(ctx, d.world.alertmanager.URL)
		for _, alert := range alerts {
			if alert.Labels["alertname"] == name {
				return true, nil
			}
		}
		return false, err
	})
	if err != nil {
		return err
	}
	d.screen.say("%s it has fired and reached Alertmanager:", after(time.Since(started)))
	amtool, err := local.Find("amtool")
	if err != nil {
		return err
	}
	output, err := d.shell(ctx, amtool, "--alertmanager.url="+d.world.alertmanager.URL, "alert", "query", "alertname="+name)
	if err == nil && !strings.Contains(output, name) {
		err = fmt.Errorf("amtool does not show %s", name)
	}
	return err
}
