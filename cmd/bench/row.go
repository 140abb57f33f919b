package main

import "context"

// row measures something that stands in the project's table of speed.
type row struct {
	name    string // what ROWS is matched with
	measure func(context.Context, *lab) ([]result, error)
}

// rows are all of them, in the order in which they are measured.
var rows = []row{
	{"change", measureChange},
	{"commit", measureCommit},
	{"growth", measureGrowth},
	{"clients", measureClients},
	{"push", measurePush},
	{"history", measureHistory},
	{"index", measureIndex},
	{"journal", measureJournal},
	{"check", measureCheck},
	{"lint", measureLint},
	{"publish", measurePublish},
	{"start", measureStart},
}
