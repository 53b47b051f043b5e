package process_test

import "github.com/fourlevels/fourlevels/levels"

// What workers do beside, where a system has what the tests need. Files of that system
// add to it.
var (
	moreFuncs = levels.Funcs{}
	moreRoles = map[string]func(){}
)
