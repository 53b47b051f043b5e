package chatty

// fixed asks for all keys at once: one journey there and back.
func fixed(server *Server, keys []string) ([]string, error) {
	return server.Get(keys...)
}
