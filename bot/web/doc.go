// Package web answers programs and browsers about the journal over HTTP. It reads and never changes anything; what it asks for is funcs.
package web
