// Package simulation is the queue without its machines: a model of what the scripts of
// levels/machine/queue do, as plain functions of the clock it is given. A test with random calls
// holds the model against the scripts themselves, on every store there is.
package simulation
