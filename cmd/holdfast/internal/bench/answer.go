package bench

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// answerMax bounds the body of an answer, in bytes: a bulk of orders of many lines is the largest.
const answerMax = 32 << 20

// headersMax bounds the lines before a body.
const headersMax = 100

// An Answer is what a server said to one request.
type Answer struct {
	Status int
	Body   []byte // in the buffer that was given, or one that took its place
	Last   bool   // the server ends the connection
}

// ReadAnswer reads one answer of HTTP/1.1, and only what a Go server sends: a length, or chunks
// without extensions and trailers. It is the client's half of the measurement, so it does no more
// than that; what it does not know is an error and never a guess. body is a buffer to use again.
func ReadAnswer(r *bufio.Reader, body []byte) (Answer, error) {
	line, err := readLine(r)
	if err != nil {
		return Answer{}, err
	}
	const version, upToStatus = "HTTP/1.1 ", len("HTTP/1.1 200")
	if len(line) < upToStatus || string(line[:len(version)]) != version || len(line) > upToStatus && line[upToStatus] != ' ' {
		return Answer{}, fmt.Errorf("answer begins with %.20q", line)
	}
	status, ok := decimal(line[len(version):upToStatus], 999)
	if !ok || status < 200 {
		return Answer{}, fmt.Errorf("answer begins with %.20q", line)
	}
	a := Answer{Status: int(status)}
	length, chunked, err := a.headers(r)
	switch {
	case err != nil:
		return Answer{}, err
	case a.Status == http.StatusNoContent && length <= 0 && !chunked:
		a.Body = body[:0]
	case chunked && length < 0:
		a.Body, err = readChunks(r, body[:0])
	case length >= 0 && !chunked:
		a.Body, err = readMore(r, body[:0], int(length))
	default:
		err = errors.New("answer has no length, or two")
	}
	return a, err
}

// headers reads up to the empty line. length is -1 where none was given.
func (a *Answer) headers(r *bufio.Reader) (length int64, chunked bool, err error) {
	length = -1
	for range headersMax {
		line, err := readLine(r)
		if err != nil {
			return 0, false, err
		}
		if len(line) == 0 {
			return length, chunked, nil
		}
		at := bytes.IndexByte(line, ':')
		if at < 1 || line[0] == ' ' || line[0] == '\t' {
			return 0, false, fmt.Errorf("answer has the header %.20q", line)
		}
		name, value := line[:at], bytes.TrimSpace(line[at+1:])
		switch { // by length first: most headers are none of these
		case at == len("Content-Length") && bytes.EqualFold(name, []byte("Content-Length")):
			n, ok := decimal(value, answerMax)
			if !ok || length >= 0 {
				return 0, false, fmt.Errorf("answer has the length %.20q", value)
			}
			length = n
		case at == len("Transfer-Encoding") && bytes.EqualFold(name, []byte("Transfer-Encoding")):
			if chunked || !bytes.EqualFold(value, []byte("chunked")) {
				return 0, false, fmt.Errorf("answer has the encoding %.20q", value)
			}
			chunked = true
		case at == len("Connection") && bytes.EqualFold(name, []byte("Connection")):
			a.Last = bytes.EqualFold(value, []byte("close"))
		}
	}
	return 0, false, errors.New("answer has too many headers")
}

// readLine gives a line without its end; it is good until the next read.
func readLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	line = line[:len(line)-1]
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line, nil
}

func readChunks(r *bufio.Reader, body []byte) ([]byte, error) {
	for {
		line, err := readLine(r)
		if err != nil {
			return nil, err
		}
		if len(line) == 0 || line[0] == '+' {
			return nil, fmt.Errorf("answer has a chunk of %.20q", line)
		}
		n, err := strconv.ParseUint(string(line), 16, 31)
		if err != nil || int(n)+len(body) > answerMax {
			return nil, fmt.Errorf("answer has a chunk of %.20q", line)
		}
		if n > 0 {
			if body, err = readMore(r, body, int(n)); err != nil {
				return nil, err
			}
		}
		end, err := readLine(r)
		if err != nil {
			return nil, err
		}
		if len(end) != 0 {
			return nil, fmt.Errorf("answer has %.20q behind a chunk", end)
		}
		if n == 0 {
			return body, nil
		}
	}
}

// readMore appends n bytes. It grows by what has come, never by what was claimed.
func readMore(r *bufio.Reader, body []byte, n int) ([]byte, error) {
	const step = 64 << 10
	for n > 0 {
		part := min(n, step)
		from := len(body)
		if cap(body)-from < part {
			body = append(body, make([]byte, part)...)
		} else {
			body = body[:from+part]
		}
		if _, err := io.ReadFull(r, body[from:]); err != nil {
			return nil, fmt.Errorf("read answer: %w", err)
		}
		n -= part
	}
	return body, nil
}

// decimal reads digits that come to most at most.
func decimal(text []byte, most int64) (n int64, ok bool) {
	if len(text) == 0 || len(text) > 18 {
		return 0, false
	}
	for _, d := range text {
		if d < '0' || d > '9' {
			return 0, false
		}
		n = n*10 + int64(d-'0')
	}
	return n, n <= most
}
