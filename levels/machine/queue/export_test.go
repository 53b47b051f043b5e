package queue

// NewSpool is for tests with connections of their own.
var NewSpool = newSpool
