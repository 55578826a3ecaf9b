internal import TestSupport
internal import Testing

@testable internal import TargetDiscovery

/// A name on the wire, from its labels.
private func wire(_ labels: String...) -> [UInt8] { labels.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0] }

/// An answer with one record of each type; names are compressed as servers do it.
private let sample: [UInt8] =
    [0x12, 0x34, 0x81, 0x80, 0, 1, 0, 6, 0, 0, 0, 0] + wire("web", "test") + [0, 33, 0, 1]
    // An alias, then SRV, A, AAAA, MX and NS; 0xc00c is "web.test.", 0xc010 "test.".
    + [0xc0, 0x0c, 0, 5, 0, 1, 0, 0, 0, 9, 0, 2, 0xc0, 0x10]
    + [0xc0, 0x0c, 0, 33, 0, 1, 0, 0, 0, 9, 0, 12, 0, 1, 0, 2, 0x1f, 0x90, 3] + Array("one".utf8) + [0xc0, 0x10]
    + [0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 10, 0, 0, 7]
    + [0xc0, 0x0c, 0, 28, 0, 1, 0, 0, 0, 9, 0, 16, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    + [0xc0, 0x0c, 0, 15, 0, 1, 0, 0, 0, 9, 0, 9, 0, 5, 4] + Array("mail".utf8) + [0xc0, 0x10]
    + [0xc0, 0x0c, 0, 2, 0, 1, 0, 0, 0, 9, 0, 2, 0xc0, 0x0c]

@Suite("DNS messages")
struct DNSMessageTests {
    @Test func aQuestionIsWrittenAsTheProtocolSays() {
        let query = DNSQuery(id: 0xabcd, name: "web.test", type: .srv, answerBytesMax: 4096)
        #expect(
            query.encoded() == [0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1] + wire("web", "test") + [0, 33, 0, 1]
                + [0, 0, 41, 0x10, 0, 0, 0, 0, 0, 0, 0])
        #expect(
            DNSQuery(id: 1, name: "web.test.", type: .a).encoded() == [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0] + wire("web", "test") + [
                0, 1, 0, 1,
            ])
        for name in ["a..b", ".a", String(repeating: "x", count: 64), Array(repeating: "abcdefg", count: 33).joined(separator: "."), "a\\"]
        {
            #expect(DNSQuery(id: 1, name: name, type: .a).encoded() == nil, "\(name)")
        }
    }

    @Test func recordsOfEachTypeAreRead() throws {
        let response = try #require(DNSResponse(sample))
        #expect(
            response
                == DNSResponse(
                    id: 0x1234, code: .success,
                    records: [
                        .other(type: 5), .srv(target: "one.test.", port: 8080), .a("10.0.0.7"), .aaaa("2001:db8::1"), .mx("mail.test."),
                        .ns("web.test."),
                    ]))
    }

    @Test func codesAndTruncationAreToldApart() {
        func code(_ flags: UInt8) -> DNSResponse.Code? { DNSResponse([0, 1, 0x81, flags, 0, 0, 0, 0, 0, 0, 0, 0])?.code }
        #expect(code(0x80) == .success && code(0x83) == .noSuchName && code(0x82) == .other(2) && code(0x85) == .other(5))
        // What does not fit may be cut anywhere.
        #expect(DNSResponse([0, 1, 0x83, 0x80, 0, 1, 0, 9, 0, 0, 0, 0]) == DNSResponse(id: 1, code: .success, isTruncated: true))
        #expect(DNSResponse([0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]) == nil, "a question is no answer")
    }

    @Test func namesThatLeadInCirclesOrForwardAreRefused() {
        for message in [[0xc0, 0], [0xc0, 2, 0], [1, 97, 0xc0, 2], [0x40, 1], [0x80, 1], [5, 97], [0xc0], []] as [[UInt8]] {
            var position = 0
            #expect(DNSName.decode(message, at: &position) == nil, "\(message)")
        }
        // A chain of pointers, each to the one before, is followed so far and no further.
        var chain = wire("a")
        for index in 0..<200 {
            let target = index == 0 ? 0 : 3 + (index - 1) * 2
            chain += [0xc0 | UInt8(target >> 8), UInt8(target & 0xff)]
        }
        var near = 3 + 99 * 2
        #expect(DNSName.decode(chain, at: &near) == "a." && near == 3 + 100 * 2)
        var far = 3 + 199 * 2
        #expect(DNSName.decode(chain, at: &far) == nil)
        let label: [UInt8] = [63] + Array(repeating: 97, count: 63)
        var long: [UInt8] = label + label + label + label + [0]
        var start = 0
        #expect(DNSName.decode(long, at: &start) == nil)
        long.removeFirst(2)
        long.insert(61, at: 0)
        long.remove(at: 1)
        start = 0
        #expect(DNSName.decode(long, at: &start) != nil)
    }

    @Test func everyNameComesBackAsItWas() {
        var generator = SeededGenerator(seed: .random(in: 0 ... .max))
        for _ in 0..<500 {
            let labels = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                generator.bytes(Int.random(in: 1...20, using: &generator))
            }
            let bytes: [UInt8] = labels.flatMap { label -> [UInt8] in [UInt8(label.count)] + label } + [0]
            var position = 0
            let text = DNSName.decode(bytes, at: &position)
            #expect(position == bytes.count && text.flatMap(DNSName.encoded) == bytes, "seed \(generator.seed): \(bytes)")
        }
    }

    @Test func noMessageHoweverDamagedTraps() {
        for length in 0..<sample.count { #expect(DNSResponse(Array(sample.prefix(length))) == nil, "\(length)") }
        var generator = SeededGenerator(seed: .random(in: 0 ... .max))
        for _ in 0..<20_000 {
            var message = sample
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                message[Int.random(in: 0..<message.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            if let response = DNSResponse(message) { #expect(response.records.count <= 65_535, "seed \(generator.seed)") }
            let noise = generator.bytes(Int.random(in: 0...80, using: &generator))
            var position = noise.isEmpty ? 0 : Int.random(in: 0..<noise.count, using: &generator)
            let before = position
            if DNSName.decode(noise, at: &position) != nil {
                #expect(position > before && position <= noise.count, "seed \(generator.seed)")
            }
        }
    }

    @Test(arguments: [
        ([0, 0, 0, 0, 0, 0, 0, 0], "::"), ([0, 0, 0, 0, 0, 0, 0, 1], "::1"), ([0x2001, 0xdb8, 0, 0, 1, 0, 0, 1], "2001:db8::1:0:0:1"),
        ([1, 0, 2, 0, 3, 0, 4, 0], "1:0:2:0:3:0:4:0"), ([0xfe80, 0, 0, 0, 0, 0, 0, 0], "fe80::"),
        ([1, 0, 0, 2, 0, 0, 0, 3], "1:0:0:2::3"), ([0, 0, 0, 0, 0, 0xffff, 0x0a00, 0x0001], "10.0.0.1"),
    ])
    func addressesAreWrittenInTheUsualForm(_ groups: [UInt16], _ text: String) {
        #expect(IPv6Text.text(groups.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }) == text)
    }

    @Test func resolverFilesAreReadAsOthersReadThem() {
        let configuration = ResolverConfiguration(
            parsing: """
                # a comment
                ; another
                domain left.test
                nameserver 10.0.0.1
                nameserver\t::1 trailing
                nameserver
                search a.test b.test.
                options rotate ndots:2 timeout:1
                sortlist 1.2.3.4
                """)
        #expect(configuration.servers == ["10.0.0.1", "::1"])
        #expect(configuration.candidates("x") == ["x.a.test.", "x.b.test.", "x."])
        #expect(configuration.candidates("x.y.z") == ["x.y.z.", "x.y.z.a.test.", "x.y.z.b.test."])
        #expect(configuration.candidates("x.") == ["x."])
        #expect(ResolverConfiguration(parsing: "").candidates("x") == ["x."])
        #expect(ResolverConfiguration(parsing: "options ndots:-1 ndots:x ndots:99999999999999999999").dots == 0)
        #expect(ResolverConfiguration(parsing: "options ndots:300").dots == 15)
    }
}
