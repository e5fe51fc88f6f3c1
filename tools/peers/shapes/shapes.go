// Package shapes has the sizes of the operations that mixtab and its peers are timed on,
// for the program that writes the inputs and for the one that runs our kernels.
package shapes

// Mixtral-8x7B's own.
const (
	Dim     = 4096
	Hidden  = 14336
	Experts = 8
	TopK    = 2
	NHeads  = 32
	KVHeads = 8
	HeadDim = 128

	Context = 2048 // positions that attention sees, the current one included
	Tokens  = 128  // of the GEMM
)

// Names of the operations; the inputs of each lie in a folder of that name.
const (
	GEMV      = "gemv"
	GEMM      = "gemm"
	Experts2  = "experts"
	Attention = "attention"
)
