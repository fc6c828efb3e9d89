// SPDX-License-Identifier: Apache-2.0

// Two readers of the same bytes: gaugelet's judge of requests (head_reader), and Go's net/http. What both accept, both must
// read alike: method, target, headers, and where the request ends. A part of what is accepted is then sent to a real
// server (head_server), which must read it in the same way, too.
package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"os"
	"os/exec"
	"sort"
	"strings"
)

var seeds = []string{
	"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET /apis/custom.metrics.k8s.io/v1beta2/namespaces/d/pods/*/m?labelSelector=a%3Db&x=1 HTTP/1.1\r\nHost: x:6443\r\n" +
		"User-Agent: kube-controller-manager/v1.34.0\r\nAccept: application/json, */*\r\nX-Remote-User: a\r\n" +
		"X-Remote-Group: system:masters\r\nX-Remote-Group: b\r\nX-Remote-Extra-K%2fa: c\r\nAccept-Encoding: gzip\r\n\r\n",
	"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde",
	"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n",
	"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n3\r\nabc\r\n0\r\nX-T: v\r\n\r\n",
	"PUT /a HTTP/1.1\r\nContent-Length: 0\r\nHost: x\r\nExpect: 100-continue\r\n\r\n",
	"GET /a HTTP/1.0\r\n\r\n",
	"OPTIONS /a?b=c&d HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\nCookie: a=b\r\nX-Remote-: system:masters\r\n\r\n",
}

// What the differences between parsers have been made of.
var pieces = []string{
	"\x00", "\r", "\n", "\r\n", "\n\n", "\r\r\n", " ", "\t", "\r\n ", "\r\n\t", "\x00\n", ":", " :", ": ", "+", "-", "0x", ",", ", ",
	"4", "0", "00", "\x0b", "\x0c", "\x7f", "\x80", "\xff", ";a=b", "%00", "%0d%0a", "#", "?", "&", "/", "//", "*", "http://y/", "\"",
	"Content-Length: 4\r\n", "content-length:4\r\n", "CONTENT-LENGTH : 4\r\n", "Content-Length: +4\r\n", "Content-Length: 0x4\r\n",
	"Content-Length: 4, 4\r\n", "Content-Length: 4\x005\r\n", "Content-Length:\r\n 4\r\n", "Content_Length: 4\r\n",
	"Content-Length: 4 \r\n", "Content-Length: 99999999999999999999\r\n",
	"Transfer-Encoding: chunked\r\n", "transfer-encoding:\tchunked\r\n", "Transfer-Encoding : chunked\r\n",
	"Transfer-Encoding: chunked\x00x\r\n", "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: identity\r\n",
	"Transfer-Encoding: Chunked \r\n", "Transfer-Encoding:\r\n chunked\r\n",
	"Host: y\r\n", "X-Remote-User: b\r\n", "X-Remote-Group\r\n : c\r\n", " Group: d\r\n", "Trailer: Content-Length\r\n", "Connection: close\r\n",
	"HTTP/1.1", "HTTP/1.0", "HTTP/1.2", "HTTP/0.9", "HTTP/2.0", "http/1.1", "GET", "POST", "GET /next HTTP/1.1\r\nHost: x\r\n\r\n",
	"0\r\n\r\n", "3\r\nabc\r\n", "+3\r\nabc\r\n", "0x3\r\nabc\r\n", "3;x\r\nabc\r\n", "3 \r\nabc\r\n", "3\nabc\n", "00000000000000003\r\nabc\r\n",
}

func mutate(r *rand.Rand, b []byte) []byte {
	at, end := r.Intn(len(b)+1), 0
	if end = at + r.Intn(8); end > len(b) {
		end = len(b)
	}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	switch r.Intn(6) {
	case 0: // a byte
		if at == len(b) {
			return b
		}
		b = append([]byte(nil), b...)
		b[at] = byte(r.Intn(256))
		return b
	case 1: // less
		return join(b[:at], b[end:])
	case 2: // a line of headers
		lines := bytes.SplitAfter(b, []byte("\n"))
		i := r.Intn(len(lines))
		return join(bytes.Join(lines[:i], nil), []byte(pieces[r.Intn(len(pieces))]), bytes.Join(lines[i:], nil))
	case 3: // a line twice, somewhere else
		lines := bytes.SplitAfter(b, []byte("\n"))
		i, j := r.Intn(len(lines)), r.Intn(len(lines))
		return join(bytes.Join(lines[:i], nil), lines[j], bytes.Join(lines[i:], nil))
	case 4: // something for something
		return join(b[:at], []byte(pieces[r.Intn(len(pieces))]), b[end:])
	}
	return join(b[:at], []byte(pieces[r.Intn(len(pieces))]), b[at:])
}

func generate(r *rand.Rand) []byte {
	b := []byte(seeds[r.Intn(len(seeds))])
	for n := r.Intn(4); n >= 0; n-- {
		if b = mutate(r, b); len(b) == 0 {
			b = []byte("G")
		}
	}
	return b
}

// The headers of a reading, but those that Go takes out or adds, in an order of their own.
func sorted(lines []string) string {
	kept := lines[:0:0]
	for _, l := range lines {
		switch name, _, _ := strings.Cut(l, ":"); name {
		case "transfer-encoding", "trailer", "cache-control", "pragma", "content-length", "":
		default:
			kept = append(kept, l)
		}
	}
	sort.SliceStable(kept, func(i, j int) bool {
		a, _, _ := strings.Cut(kept[i], ":")
		b, _, _ := strings.Cut(kept[j], ":")
		return a < b
	})
	return strings.Join(kept, "\n")
}

// goReading is how Go reads the first request; false when it refuses it.
func goReading(b []byte) (string, bool) {
	in := bytes.NewReader(b)
	buffered := bufio.NewReaderSize(in, 4096)
	request, err := http.ReadRequest(buffered)
	if err != nil {
		return "", false
	}
	if _, err := io.Copy(io.Discard, request.Body); err != nil {
		return "", false
	}
	lines := []string{}
	if _, is := request.Header["Host"]; !is && request.Host != "" {
		lines = append(lines, "host:"+request.Host)
	}
	for name, values := range request.Header {
		for _, v := range values {
			lines = append(lines, strings.ToLower(name)+":"+v)
		}
	}
	end := len(b) - in.Len() - buffered.Buffered()
	return fmt.Sprintf("%d\n%s %s\n%s", end, request.Method, request.RequestURI, sorted(lines)), true
}

func ourReading(text string) (string, bool) {
	if strings.HasPrefix(text, "refused ") || text == "incomplete\n" {
		return "", false
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	// An empty Host is none to Go.
	rest := []string{}
	for _, l := range lines[2:] {
		if l != "host:" {
			rest = append(rest, l)
		}
	}
	return lines[0] + "\n" + lines[1] + "\n" + sorted(rest), true
}

func readMessage(r io.Reader) string {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		panic(err)
	}
	text := make([]byte, binary.BigEndian.Uint32(length[:]))
	if _, err := io.ReadFull(r, text); err != nil {
		panic(err)
	}
	return string(text)
}

// server sends a head to the real one.
type server struct {
	address string
	conn    *tls.Conn
	in      *bufio.Reader
}

var session = tls.NewLRUClientSessionCache(8)

func (s *server) ask(b []byte) (string, error) {
	if s.conn == nil {
		conn, err := tls.Dial("tcp", s.address, &tls.Config{InsecureSkipVerify: true, ClientSessionCache: session})
		if err != nil {
			return "", err
		}
		s.conn, s.in = conn, bufio.NewReader(conn)
	}
	if _, err := s.conn.Write(b); err != nil {
		return "", err
	}
	method, _, _ := strings.Cut(string(b), " ")
	for {
		answer, err := http.ReadResponse(s.in, &http.Request{Method: method})
		if err != nil {
			return "", err
		}
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			return "", err
		}
		if answer.StatusCode == 100 {
			continue
		}
		if answer.Close {
			s.close()
		}
		if answer.StatusCode != 200 {
			return "", errors.New(answer.Status + ": " + string(body))
		}
		return string(body), nil
	}
}

func (s *server) close() {
	if s.conn != nil {
		s.conn.Close()
	}
	s.conn = nil
}

func main() {
	count := flag.Int("heads", 200000, "how many requests are made")
	every := flag.Int("serve", 50, "of the accepted ones every so many goes to the server")
	seed := flag.Int64("seed", 1, "of the random numbers")
	flag.Parse()
	reader := exec.Command(flag.Arg(0))
	in, _ := reader.StdinPipe()
	out, _ := reader.StdoutPipe()
	real := exec.Command(flag.Arg(1))
	realIn, _ := real.StdinPipe()
	realOut, _ := real.StdoutPipe()
	reader.Stderr, real.Stderr = os.Stderr, os.Stderr
	if err := errors.Join(reader.Start(), real.Start()); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	var port int
	fmt.Fscan(realOut, &port)
	to := &server{address: fmt.Sprintf("127.0.0.1:%d", port)}

	heads := make(chan []byte, 1024)
	go func() {
		r := rand.New(rand.NewSource(*seed))
		w := bufio.NewWriterSize(in, 1<<16)
		for i := 0; i < *count; i++ {
			b := generate(r)
			var length [4]byte
			binary.BigEndian.PutUint32(length[:], uint32(len(b)))
			w.Write(length[:])
			w.Write(b)
			heads <- b
			if len(heads) == 0 {
				w.Flush()
			}
		}
		w.Flush()
		in.Close()
		close(heads)
	}()
	buffered := bufio.NewReaderSize(out, 1<<16)
	both, ours, theirs, served, bad := 0, 0, 0, 0, 0
	fail := func(b []byte, what, one, other string) {
		if bad++; bad <= 10 {
			fmt.Printf("FAIL %s of %q:\n--- one reader\n%s\n--- the other\n%s\n", what, b, one, other)
		}
	}
	for b := range heads {
		text := readMessage(buffered)
		mine, accepted := ourReading(text)
		other, accepts := goReading(b)
		switch {
		case accepted && accepts:
			both++
			if mine != other {
				fail(b, "reading", mine, other)
			}
		case accepted:
			ours++
		case accepts:
			theirs++
		}
		if !accepted || (both+ours)%*every != 0 {
			continue
		}
		served++
		var end int
		fmt.Sscan(text, &end)
		got, err := to.ask(b[:end])
		if err != nil {
			fail(b, "answer", text, err.Error())
			to.close()
		} else if _, want, _ := strings.Cut(text, "\n"); got != want && method(b) != "HEAD" {
			fail(b, "server's reading", want, got)
		}
	}
	to.close()
	realIn.Close()
	if err := errors.Join(reader.Wait(), real.Wait()); err != nil {
		fail(nil, "end", err.Error(), "")
	}
	fmt.Printf("%d heads: %d accepted by both, %d by gaugelet alone, %d by Go alone, %d served\n", *count, both, ours, theirs, served)
	if both < *count/20 || served == 0 {
		bad++
		fmt.Println("FAIL too few were accepted to say anything")
	}
	failed := 0
	if bad > 0 {
		failed = 1
	}
	fmt.Printf("%d passed, %d failed\n", 1-failed, failed)
	os.Exit(failed)
}

func method(b []byte) string {
	m, _, _ := strings.Cut(string(b), " ")
	return m
}
