// Package remotetest runs real Git servers on loopback for tests and benchmarks: git http-backend behind net/http, sshd, and
// a proxy that breaks what goes through it. A test that needs a program that is not installed is skipped, and says which
// package has it; in CI (CI=true) it fails.
package remotetest
