package wire

import (
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// A Message is one of this package's messages, as a pointer.
type Message interface {
	name() string
	pack(*packer)
	unpack(*unpacker)
}

// The reasons for which a body is not taken.
var (
	// ErrTooLarge says that a body is over BodyMax.
	ErrTooLarge = errors.New("body is too large")
	// ErrEncoding says that a body is packed in a way that is not ours.
	ErrEncoding = errors.New("unknown content encoding")
	// ErrMalformed says that a body is not the message it should be.
	ErrMalformed = errors.New("malformed message")
)

// Zstd is the encoding of a packed body; a body that is not packed has none.
const Zstd = "zstd"

// Encode gives m's body and its content encoding, which is "" or Zstd. An error is a fault of
// the sender's: m is beyond a bound of limits.go.
func Encode(m Message) (body []byte, encoding string, err error) {
	p := newPacker()
	m.pack(p)
	if p.err != nil {
		return nil, "", fmt.Errorf("encode %s: %w", m.name(), p.err)
	}
	body = p.buf.Bytes()
	if len(body) > BodyMax {
		return nil, "", fmt.Errorf("encode %s: %w: %d bytes, at most %d", m.name(), ErrTooLarge, len(body), BodyMax)
	}
	if len(body) <= packFrom {
		return body, "", nil
	}
	packed := zstdPair.enc.EncodeAll(body, make([]byte, 0, len(body)/2))
	if len(packed) >= len(body) {
		return body, "", nil
	}
	return packed, Zstd, nil
}

// Decode reads a body into m, which must be a zero message. On an error m is of no use. The
// frames of a push may alias body.
func Decode(body []byte, encoding string, m Message) error {
	if len(body) > BodyMax {
		return fmt.Errorf("decode %s: %w: %d bytes, at most %d", m.name(), ErrTooLarge, len(body), BodyMax)
	}
	switch encoding {
	case "", "identity":
	case Zstd:
		plain, err := zstdPair.dec.DecodeAll(body, nil)
		switch {
		case errors.Is(err, zstd.ErrDecoderSizeExceeded), errors.Is(err, zstd.ErrWindowSizeExceeded):
			return fmt.Errorf("decode %s: %w: unpacked over %d bytes", m.name(), ErrTooLarge, BodyMax)
		case err != nil:
			return fmt.Errorf("decode %s: %w: unpack: %w", m.name(), ErrMalformed, err)
		}
		body = plain
	default:
		return fmt.Errorf("decode %s: %w %q", m.name(), ErrEncoding, encoding)
	}
	u := newUnpacker(body)
	m.unpack(u)
	if u.err != nil {
		return fmt.Errorf("decode %s: %w: %w", m.name(), ErrMalformed, u.err)
	}
	return nil
}

// zstdPair packs and unpacks whole bodies. Both halves are made for concurrent use, keep
// nothing between two bodies and start no goroutine for whole bodies; who comes fifth waits
// for one of four, so the memory for packing is bounded. Made once: each half is a megabyte
// of tables.
var zstdPair = newZstdPair()

type packing struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

func newZstdPair() packing {
	const atOnce = 4
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(atOnce), zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithWindowSize(1<<20), zstd.WithLowerEncoderMem(true))
	if err != nil {
		panic("wire: make zstd encoder: " + err.Error())
	}
	// The encoder makes its queue at first use. Used here, the queue belongs to no test's bubble.
	enc.EncodeAll([]byte{0}, nil)
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(atOnce), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxMemory(BodyMax), zstd.WithDecoderMaxWindow(8<<20))
	if err != nil {
		panic("wire: make zstd decoder: " + err.Error())
	}
	return packing{enc: enc, dec: dec}
}
