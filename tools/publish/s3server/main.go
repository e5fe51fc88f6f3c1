// Command s3server is the S3 server that the tests of tools/publish upload to: Versity's
// gateway on a folder, cut down to what they need. It is a module of its own, so that
// the gateway's many libraries stay out of mixtab's.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
	"github.com/versity/versitygw/s3api"
)

func main() {
	dir := flag.String("dir", "", "the `folder` whose folders are the buckets")
	metadata := flag.String("metadata", "", "the `folder` for what is known of the objects")
	addr := flag.String("addr", "", "`host:port` to listen on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := serve(ctx, *dir, *metadata, *addr); err != nil {
		fmt.Fprintln(os.Stderr, "s3server:", err)
		os.Exit(1)
	}
}

// serve prints the address when it listens there. What is known of the objects lies in
// files beside, as not every file system of a test machine has extended attributes.
func serve(ctx context.Context, dir, metadata, addr string) error {
	sidecar, err := meta.NewSideCar(metadata)
	if err != nil {
		return err
	}
	store, err := posix.New(dir, sidecar, posix.PosixOpts{SideCarDir: metadata})
	if err != nil {
		return err
	}
	return embedgw.RunVersityGW(ctx, store, &embedgw.Config{
		RootUserAccess:    "test-key",
		RootUserSecret:    "test-secret",
		Region:            "auto", // as R2 calls it
		Ports:             []string{addr},
		MaxConnections:    1024,
		MaxRequests:       1024,
		MultipartMaxParts: 10000,
		KeepAlive:         true,
		Quiet:             true,
		S3Options:         []s3api.Option{s3api.WithOnListen(func() { fmt.Println(addr) })},
	})
}
