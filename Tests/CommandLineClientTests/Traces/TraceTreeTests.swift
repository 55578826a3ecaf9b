internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import CommandLineClient

struct TraceTreeTests {
    private func outline(_ tree: TraceTree) -> [String] {
        tree.preorder.map { String(repeating: ".", count: tree.nodes[$0].depth) + String(tree.spans[$0].spanID.bits) }
    }

    @Test func `children stand below their parents by start`() {
        let tree = TraceNotation.tree("3 1 a late 50 60\n1 - a root 0 100\n2 1 a early 10 20\n4 3 a leaf 51 52")
        #expect(outline(tree) == ["1", ".2", ".3", "..4"])
        #expect(tree.nodes.map(\.descendants) == [1, 3, 0, 0])
        #expect(tree.duration == 100_000_000)
    }

    @Test func `spans without a parent here are roots and say why`() {
        let tree = TraceNotation.tree("1 - a root 0 10\n2 99 a lost 5 8\n3 - b second 2 4")
        #expect(outline(tree) == ["1", "3", "2"])
        #expect(tree.nodes.map(\.origin) == [.root, .parentMissing, .root])
    }

    @Test func `circles are cut at their earliest span`() {
        let tree = TraceNotation.tree("1 3 a x 5 10\n2 1 a y 3 4\n3 2 a z 6 7\n4 4 a self 0 1\n5 2 a tail 4 5\n6 - a root 0 9")
        #expect(outline(tree) == ["4", "6", "2", ".5", ".3", "..1"])
        #expect(tree.nodes.map(\.origin) == [.child, .circle, .child, .circle, .child, .root])
    }

    @Test func `a shared id stands for the server below which calls go`() {
        var batch = TraceNotation.batch("1 - a call 0 10\n1 - b serve 1 9\n2 1 b work 2 3")
        batch.spans[0].kind = .client
        batch.spans[1].kind = .server
        let tree = TraceTree(batch)
        #expect(tree.nodes[2].parent == 1)
        #expect(tree.preorder.count == 3)
    }

    @Test func `self time is what no child covers`() {
        let tree = TraceNotation.tree("1 - a root 0 100\n2 1 a x 10 30\n3 1 a y 20 50\n4 1 a z 90 150\n5 1 a early -10 5\n6 1 a back 60 55")
        #expect(tree.selfTime(0) == 45_000_000)
        #expect(TraceNotation.tree("1 - a back 10 5").selfTime(0) == 0)
    }

    @Test func `a chain of ten thousand spans and as many siblings are taken`() {
        var chain = SpanBatch()
        chain.spans = (1...10_000).map { number in
            var span = SpanRecord(traceID: TraceNotation.traceID, spanID: SpanID(UInt64(number)))
            span.parentSpanID = SpanID(UInt64(number - 1))
            (span.start, span.end) = (UInt64(number), 30_000 - UInt64(number))
            return span
        }
        let deep = TraceTree(chain)
        #expect(deep.nodes[9_999].depth == 9_999)
        #expect(CriticalPath(deep).times.reduce(0, +) == 29_998)
        #expect(WaterfallRenderer(deep, terminal: Terminal(width: 80)).render().split(separator: "\n").count < 120)

        for index in chain.spans.indices.dropFirst() { chain.spans[index].parentSpanID = SpanID(1) }
        let wide = TraceTree(chain)
        #expect(wide.nodes[0].children.count == 9_999)
        let text = WaterfallRenderer(wide, terminal: Terminal(width: 80)).render()
        #expect(text.contains("⋯ 9,998 more"))
        #expect(
            WaterfallRenderer(wide, terminal: Terminal(width: 80), options: .init(isAll: true)).render().split(separator: "\n").count
                > 10_000)
    }
}

struct CriticalPathTests {
    @Test(arguments: [
        // A span alone; gaps are the parent's; parallel children: the one that ends last.
        ("1 - a r 0 100", "1:0-100"),
        ("1 - a r 0 100\n2 1 a x 10 30\n3 1 a y 40 90", "1:0-10 2:10-30 1:30-40 3:40-90 1:90-100"),
        ("1 - a r 0 100\n2 1 a x 10 60\n3 1 a y 20 90", "1:0-20 3:20-90 1:90-100"),
        // What still ran when the next started has held nothing up, what had ended has.
        ("1 - a r 0 100\n2 1 a x 10 50\n3 1 a y 50 90\n4 1 a z 20 55", "1:0-10 2:10-50 3:50-90 1:90-100"),
        // Grandchildren, and the latest of them.
        ("1 - a r 0 100\n2 1 b c 10 90\n3 2 b d 20 40\n4 2 b e 30 80", "1:0-10 2:10-30 4:30-80 2:80-90 1:90-100"),
        // A child that outlives its parent counts until the parent's end, one that starts after it not at all.
        ("1 - a r 0 100\n2 1 a x 60 150\n3 1 a late 100 200", "1:0-60 2:60-100"),
        ("1 - a r 0 100\n2 1 b c 10 50\n3 2 b d 20 80", "1:0-10 2:10-20 3:20-50 1:50-100"),
        // Clocks that disagree: a child before its parent counts from the parent's start.
        ("1 - a r 10 100\n2 1 a x 0 40", "2:10-40 1:40-100"),
        // End before start, no length, nothing at all.
        ("1 - a r 0 100\n2 1 a x 50 20", "1:0-50 1:50-100"),
        ("1 - a r 5 5", ""),
        ("1 - a r 0 10\n2 1 a x 0 10\n3 1 a y 10 10", "2:0-10"),
        // Two roots one after the other, and side by side.
        ("1 - a r 0 40\n2 - a s 60 100", "1:0-40 2:60-100"),
        ("1 - a r 0 100\n2 - a s 60 80", "1:0-100"),
    ])
    func `time belongs to the span that was waited for`(trace: String, path: String) {
        let tree = TraceNotation.tree(trace)
        #expect(TraceNotation.text(CriticalPath(tree), tree) == path)
    }

    @Test func `the path of any trace with one root covers the root and nothing twice`() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let count = Int.random(in: 1...40, using: &random)
            var batch = SpanBatch()
            batch.resources = [ResourceRecord()]
            batch.scopes = [ScopeRecord()]
            for number in 1...count {
                var span = SpanRecord(traceID: TraceNotation.traceID, spanID: SpanID(UInt64(number)))
                span.parentSpanID = number == 1 ? .none : SpanID(UInt64.random(in: 1..<UInt64(number), using: &random))
                span.start = number == 1 ? 100 : UInt64.random(in: 50...250, using: &random)
                span.end = number == 1 ? 200 : UInt64.random(in: 50...250, using: &random)
                batch.spans.append(span)
            }
            let tree = TraceTree(batch)
            let path = CriticalPath(tree)
            var reached: UInt64 = 100
            for segment in path.segments where segment.start >= 100 && segment.end <= 200 {
                #expect(segment.start == reached && segment.end > segment.start, "seed \(seed)")
                #expect(path.members.contains(segment.span))
                reached = segment.end
            }
            #expect(reached == 200, "seed \(seed)")
            #expect(path.times.reduce(0, +) == 100, "seed \(seed)")
        }
    }
}
