module github.com/fourlevels/fourlevels/docs/exercises

go 1.26.0

replace github.com/fourlevels/fourlevels => ../..

require github.com/fourlevels/fourlevels v0.0.0-00010101000000-000000000000
