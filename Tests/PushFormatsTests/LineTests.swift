internal import PushFormats
internal import TestSupport
internal import Testing

@Suite("Lines of InfluxDB")
struct InfluxLineTests {
    private func read(_ text: String) throws -> InfluxLine? {
        var line = InfluxLine()
        return try line.read(Array(text.utf8)) ? line : nil
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func `measurement, tags, fields and time are read with their escapes undone`() throws {
        let line = try #require(
            try read(
                #"we\,a\ ther,pla\=ce=Bonn\ am\ Rhein,b=c\d temp=23.5,n=-3i,u=7u,wet=f,on=TRUE,note="a, \"b\" c=1",e=1e-3 1700000000000000000"#
            ))
        #expect(text(line.measurement) == "we,a ther")
        #expect(line.tags.map { text($0.name) } == ["pla=ce", "b"])
        #expect(line.tags.map { text($0.value) } == ["Bonn am Rhein", #"c\d"#])
        #expect(line.fields.map { text($0.name) } == ["temp", "n", "u", "wet", "on", "e"])
        #expect(line.fields.map(\.value) == [23.5, -3, 7, 0, 1, 0.001])
        #expect(line.timestamp == 1_700_000_000_000_000_000)
    }

    @Test func `blank lines and comments are passed over, and a time may be missing`() throws {
        #expect(try read("") == nil && read("  ") == nil && read("# a comment") == nil)
        #expect(try read("m v=1")?.timestamp == nil)
        #expect(try read("m v=1 -5\r")?.timestamp == -5)
    }

    @Test(arguments: [
        ("m", "missing fields"), (",a=b v=1", "missing measurement"), ("m,a v=1", "missing tag value"), ("m,a= v=1", "missing tag value"),
        ("m v", "invalid field format"), ("m v=", "missing field value"), ("m v=x", "invalid number"), ("m v=1x", "invalid number"),
        ("m v=\"a", "unbalanced quotes"), ("m v=1 x", "bad timestamp"), ("m v=1 1.5", "bad timestamp"), ("m v=1,", "invalid field format"),
        ("m v=nan", "invalid number"), ("m v=\"a\"b", "invalid field format"), ("m v=i", "invalid number"),
    ])
    func `what is wrong is named`(text: String, fault: String) {
        let error = #expect(throws: InfluxLine.Fault.self) { try read(text) }
        #expect(error?.description.contains(fault) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `damaged lines never trap`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let bytes = Array(#"we\,a,pla\=ce=Bonn\ am v=23.5,n=-3i,note="a, \"b\"" 1700000000000000000"#.utf8)
        var line = InfluxLine()
        checkTruncationNeverTraps(bytes, mustThrow: false) { _ = try line.read($0) }
        checkDamageNeverTraps(bytes, rounds: 3000, using: &generator) { _ = try line.read($0) }
        for _ in 0..<300 { _ = try? line.read(generator.bytes(Int.random(in: 0...60, using: &generator))) }
    }
}

@Suite("Lines of Graphite")
struct GraphiteLineTests {
    @Test func `path, tags, value and time are read`() throws {
        let line = try #require(try GraphiteLine(Array("a.b.c;rack=r1;dc=x=y  0.25\t1700000000.5\r".utf8)))
        #expect(String(decoding: line.path, as: UTF8.self) == "a.b.c")
        #expect(line.tags.map { String(decoding: $0.value, as: UTF8.self) } == ["r1", "x=y"])
        #expect(line.value == 0.25 && line.timestamp == 1_700_000_000_500)
        #expect(try GraphiteLine(Array("a 1 -1".utf8))?.timestamp == nil)
        #expect(try GraphiteLine(Array("a 1 N".utf8))?.timestamp == nil)
        #expect(try GraphiteLine(Array("a 1".utf8))?.timestamp == nil)
        #expect(try GraphiteLine(Array("  ".utf8)) == nil)
    }

    @Test(arguments: ["a", "a x 1", "a 1 x", "a 1 1 1", ";a=b 1 1", "a;b 1 1", "a;=c 1 1", "a 1 1e300"])
    func `what is wrong is refused`(text: String) {
        #expect(throws: GraphiteLine.Fault.self) { try GraphiteLine(Array(text.utf8)) }
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `damaged lines never trap`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        checkDamageNeverTraps(Array("a.b.c;rack=r1;dc=x 0.25 1700000000".utf8), rounds: 3000, using: &generator) {
            _ = try GraphiteLine($0)
        }
    }
}

@Suite("Lines of StatsD")
struct StatsDLineTests {
    private func read(_ text: String) throws -> StatsDLine? { try StatsDLine(Array(text.utf8)) }

    @Test func `values, types, rates and tags are read`() throws {
        let counter = try #require(try read("page.views:3|c|@0.5|#route:home,beta,url:http://x"))
        #expect(counter.kind == .counter && counter.values == [3] && counter.rate == 0.5)
        #expect(counter.tags.map { String(decoding: $0.value, as: UTF8.self) } == ["home", "true", "http://x"])
        let gauge = try #require(try read("g:-4|g"))
        #expect(gauge.kind == .gauge && gauge.values == [-4] && gauge.isRelative)
        #expect(try read("g:4|g")?.isRelative == false)
        #expect(try read("t:1:2:3.5|ms")?.values == [1, 2, 3.5])
        #expect(try read("d:1|d|c:abc|T1700000000")?.kind == .histogram)
        #expect(try read("u:user:7|s")?.members.map { String(decoding: $0, as: UTF8.self) } == ["user", "7"])
        #expect(try read("_e{5,4}:title|text") == nil && read("_sc|check|0") == nil && read(" ") == nil)
    }

    @Test(arguments: ["a", "a:1", ":1|c", "a:|c", "a:x|c", "a:1|q", "a:1|c|@0", "a:1|c|@2", "a:1|c|@x", "a:nan|g", "a:inf|c"])
    func `what is wrong is refused`(text: String) {
        #expect(throws: StatsDLine.Fault.self) { try read(text) }
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `damaged lines never trap`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for text in ["page.views:3|c|@0.5|#route:home,beta", "t:1:2:3.5|ms", "u:user|s"] {
            checkTruncationNeverTraps(Array(text.utf8), mustThrow: false) { _ = try StatsDLine($0) }
            checkDamageNeverTraps(Array(text.utf8), rounds: 2000, using: &generator) { _ = try StatsDLine($0) }
        }
    }

    @Test func `names of other systems become classic ones`() {
        #expect(NameSanitizing.metricName("a.b-c:d/é1".utf8) == "a_b_c:d__1")
        #expect(NameSanitizing.metricName("1a".utf8) == "_1a")
        #expect(NameSanitizing.labelName("a:b".utf8) == "a_b")
    }
}
