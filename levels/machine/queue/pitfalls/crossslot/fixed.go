package crossslot

// fixed gives both keys the same tag in braces: where one lies, there lies the other.
func fixed(queue string) (ready, payloads string) {
	return "{" + queue + "}:ready", "{" + queue + "}:payloads"
}
