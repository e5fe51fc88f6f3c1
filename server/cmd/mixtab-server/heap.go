package main

// heapFloor returns memory to keep and never to touch, so that the system gives no pages
// for it. The garbage collector counts it, and therefore waits for some 20 MB of garbage:
// by default it runs when the heap has doubled, which for our few MB is every few hundred
// small requests. That took a fifth of the time for each (make bench-server, page
// file of 1 KB). GOGC would do as much, but also multiply what thousands of connections
// hold.
func heapFloor() []byte { return make([]byte, 16<<20) }
