package workload

// What tests in package workload_test need to see.

var (
	Words           = words
	PlainCount      = plainCount
	Round           = round
	Undo            = undo
	ChainInput      = chainInput
	ChainOf         = chainOf
	Token           = token
	TextFiles       = textFiles
	StandardLibrary = standardLibrary
)

const (
	SniffSize = sniffSize
	MaxPage   = maxPage
	MaxBody   = maxBody
)
