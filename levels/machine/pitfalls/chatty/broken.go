package chatty

// broken reads the values of keys from a server on another machine.
func broken(server *Server, keys []string) ([]string, error) {
	var values []string
	for _, key := range keys {
		value, err := server.Get(key) // WRONG: each key travels there and back before the next one leaves
		if err != nil {
			return nil, err
		}
		values = append(values, value...)
	}
	return values, nil
}
