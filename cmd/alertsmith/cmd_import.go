package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/promslog"

	"github.com/alertsmith/alertsmith/bot"
	"github.com/alertsmith/alertsmith/rules"
)

// importFiles adopts rule files that exist already.
type importFiles struct {
	serve     serve // where the rulebook is, and the rulers
	dir       string
	ruler     string
	namespace string
	reason    string
	author    string
	dryRun    bool
}

func importCommand(app *kingpin.Application) subcommand {
	var i importFiles
	clause := app.Command("import", "Adopts existing rule files as one commit, byte for byte. The service must not be running. "+
		"Exits with 0, 1 (files were left out, or nothing was imported as the rulebook has other contents) or 2 (could not read or write).")
	clause.Flag("ruler", "The ruler that they are for.").Required().StringVar(&i.ruler)
	clause.Flag("namespace", "The directory below the ruler's in the rulebook that they go to. Default: the ruler's own.").StringVar(&i.namespace)
	clause.Flag("reason", "Why, for the journal.").StringVar(&i.reason)
	clause.Flag("author", "Who imports them: \"Name <address>\". Default: the user of this terminal.").StringVar(&i.author)
	clause.Flag("dry-run", "Only say what would be imported.").BoolVar(&i.dryRun)
	clause.Flag("config.file", "The service's configuration file.").StringVar(&i.serve.configFile)
	clause.Flag("storage.path", "The service's storage directory.").Default(defaultStorage).StringVar(&i.serve.storage)
	clause.Arg("dir", "The directory; its *.yml and *.yaml files are taken, recursively.").Required().StringVar(&i.dir)
	return subcommand{clause, i.run}
}

func (i *importFiles) run(ctx context.Context, p *process) error {
	complete, err := i.adopt(ctx, p)
	switch {
	case err != nil && rules.ResultOf(err) == rules.ValidationError:
		return err
	case err != nil:
		return &exitError{exitUnusable, err}
	case !complete:
		return &exitError{exitFailed, nil}
	}
	return nil
}

// adopt reports whether every rule file in the directory is in the rulebook at the end, or would be but for the dry run.
func (i *importFiles) adopt(ctx context.Context, p *process) (complete bool, err error) {
	cfg, err := i.serve.config()
	if err != nil {
		return false, err
	}
	request, err := i.request(p.getenv)
	if err != nil {
		return false, err
	}
	svc := &service{settings: &i.serve, cfg: cfg, logger: promslog.New(&p.log), metrics: newMetrics()}
	applier, err := i.open(ctx, svc)
	if err != nil {
		return false, err
	}
	if svc.book != nil {
		defer svc.close()
	}
	book, err := applier.Book(ctx)
	if err != nil {
		return false, err
	}
	found, err := i.find(book)
	if err != nil {
		return false, err
	}
	found.tell(p.stdout)
	switch {
	case len(found.Differ) == 0 && len(found.New) == 0:
		fmt.Fprintln(p.stdout, "There is nothing to import.")
	case i.dryRun:
		if _, err := found.intent.Plan(book); err != nil {
			return false, err
		}
		fmt.Fprintf(p.stdout, "Would import %s.\n", count(len(found.New), "file"))
	default:
		outcome, err := i.commit(ctx, svc, applier, request, found.intent)
		if err != nil {
			return false, err
		}
		fmt.Fprintf(p.stdout, "Imported %s with %s as %.7s.\n", count(len(found.New), "file"), count(len(outcome.Refs), "rule"), outcome.Revision)
		if svc.book.Remote().Unpushed > 0 {
			fmt.Fprintln(p.stdout, "The Git server has it when the service runs.")
		}
		fmt.Fprint(p.stdout, adoptionNote(cfg, i.ruler))
	}
	return len(found.left) == 0, nil
}

// open opens rulebook and journal; only a dry run leaves them alone where there are none yet. The rulers are asked nothing.
func (i *importFiles) open(ctx context.Context, svc *service) (*rules.Applier, error) {
	location, err := svc.cfg.Journal.location()
	if err != nil {
		return nil, err
	}
	rulers, err := svc.rulers()
	if err != nil {
		return nil, err
	}
	options := rules.ApplierOptions{Rulers: rulers, Page: journalPage(location), Service: committer, Now: time.Now, Logger: svc.logger}
	if _, err := os.Stat(filepath.Join(i.serve.storage, rulebookName)); i.dryRun && errors.Is(err, os.ErrNotExist) {
		options.Store = noRulebook{}
	} else {
		if err := svc.openStorage(ctx, func(string) {}); err != nil {
			return nil, err
		}
		options.Store = svc.book
	}
	return rules.NewApplier(options), nil
}

// commit writes down the request, imports, and writes down how it ended. What nobody knows yet stays open in the journal until the service
// looks it up.
func (i *importFiles) commit(ctx context.Context, svc *service, applier *rules.Applier, request rules.Request, intent rules.Import) (rules.Outcome, error) {
	if _, err := svc.journal.Receive(ctx, request); err != nil {
		return rules.Outcome{}, err
	}
	outcome := applier.Import(ctx, request, intent)
	if rules.KindOf(outcome.Err) == rules.Uncertain {
		return outcome, fmt.Errorf("it is not known yet whether the files were imported: %w; the service looks it up when it is started and "+
			"writes it into the journal, so start it before you import again", outcome.Err)
	}
	record := rules.Record{Request: request, Action: intent.Action(), Outcome: outcome, Done: time.Now()}
	if err := svc.journal.Finish(context.WithoutCancel(ctx), record); err != nil {
		// The rulebook decides; the next start finds the commit and writes down that it stands.
		svc.logger.Error("The journal does not say how the import ended", "id", "AS2104", "request", request.ID, "err", err)
	}
	return outcome, outcome.Err
}

// request returns what the commit and the journal tell of.
func (i *importFiles) request(getenv func(string) string) (rules.Request, error) {
	user := terminalUser(getenv)
	actor := rules.Person{ID: terminalID(user), Name: user}
	if i.author != "" {
		address, err := mail.ParseAddress(i.author)
		if err != nil || address.Name == "" {
			return rules.Request{}, errors.New(`--author: write it like "Alice Adams <alice@example.org>"`)
		}
		actor.Name, actor.Email = address.Name, address.Address
	}
	words := []string{"import", i.dir, "--ruler=" + i.ruler}
	if i.namespace != "" {
		words = append(words, "--namespace="+i.namespace)
	}
	return rules.Request{
		ID: strings.ToLower(rand.Text()), Time: time.Now(), Actor: actor, Entry: rules.EntryImport, Command: bot.JoinWords(words),
	}, nil
}
