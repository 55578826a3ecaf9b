internal import TestSupport
internal import Testing

@testable internal import LogQL

struct IPPatternTests {
    private func matches(_ pattern: String, _ text: String) throws -> Bool {
        let pattern = try IPPattern(pattern)
        return Array(text.utf8).withUnsafeBytes { pattern.matches($0) }
    }

    @Test func `addresses, ranges and networks are found in text`() throws {
        #expect(try matches("192.168.1.0/24", "src 192.168.1.10 ok"))
        #expect(try !matches("192.168.1.0/24", "src 10.0.0.9 ok"))
        #expect(try matches("10.0.0.1-10.0.0.9", "10.0.0.9"))
        #expect(try !matches("10.0.0.1-10.0.0.9", "10.0.0.10"))
        #expect(try matches("192.168.0.1/16", "a=192.168.77.7,b"))
        #expect(try matches("2001:db8::/32", "from [2001:db8:85a3::8a2e:370:7334]:443"))
        #expect(try matches("::1", "at ::1"))
        #expect(try matches("2001:db8::68", "2001:0db8::68 x"))
        #expect(try !matches("10.0.0.1", "no address, 10.0.0 and 10.0.0.300 are none"))
        #expect(try !matches("10.0.0.1", ""))
        #expect(try matches("1::ffff", "1::ffff"))
    }

    @Test func `an address of one family is in no network of the other`() throws {
        #expect(try !matches("::/0", "1.2.3.4"))
        #expect(try !matches("0.0.0.0/0", "::ffff:1.2.3.4"))
        #expect(try matches("::/0", "::ffff:1.2.3.4"))
    }

    @Test(arguments: [
        "", "notanip", "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.1.1.1", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/+1", "1.2.3.4/08", "::/129",
        "1.2.3.9-1.2.3.1", "1.2.3.4-::1", "1:2:3", "1::2::3", "12345::", ":1", "1:2:3:4:5:6:7:8:9", "::1%eth0", "1.2.3.4-",
    ])
    func `what is no pattern is refused`(text: String) {
        #expect(throws: StageError("ip: invalid pattern: \"\(text)\"")) { try IPPattern(text) }
    }

    @Test func `version 6 is read in all its forms`() throws {
        #expect(IPAddress("::") == IPAddress("0:0:0:0:0:0:0:0"))
        #expect(IPAddress("1::8") == IPAddress("1:0:0:0:0:0:0:8"))
        #expect(IPAddress("::1.2.3.4") == IPAddress("::102:304"))
        #expect(IPAddress("1:2:3:4:5:6:1.2.3.4") == IPAddress("1:2:3:4:5:6:102:304"))
        #expect(IPAddress("1:2:3:4:5:6:7::") == IPAddress("1:2:3:4:5:6:7:0"))
        #expect(IPAddress("ABCD::") == IPAddress("abcd::"))
        #expect(IPAddress("1:2:3:4:5:6:7:8::") == nil)
        #expect(IPAddress("1:2:3:4:5:6:7:1.2.3.4") == nil)
    }

    @Test func `networks hold what has their bits`() throws {
        var generator = SeededGenerator(seed: .random(in: 0...UInt64.max))
        for _ in 0..<500 {
            let network = UInt32.random(in: 0...UInt32.max, using: &generator)
            let bits = Int.random(in: 0...32, using: &generator)
            let address = network ^ (Bool.random(using: &generator) ? 1 << UInt32.random(in: 0..<32, using: &generator) : 0)
            let isInside = bits == 0 || network >> UInt32(32 - bits) == address >> UInt32(32 - bits)
            #expect(try matches("\(text(network))/\(bits)", "x \(text(address)) y") == isInside, "seed \(generator.seed)")
        }
    }

    private func text(_ address: UInt32) -> String {
        [24, 16, 8, 0].map { String(address >> $0 & 0xff) }.joined(separator: ".")
    }

    @Test func `random text never traps`() throws {
        var generator = SeededGenerator(seed: 13)
        let pattern = try IPPattern("10.0.0.0/8")
        for _ in 0..<3000 {
            let text = (0..<Int.random(in: 0...30, using: &generator)).map { _ in
                Array("0123456789.:abcdef %".utf8).randomElement(using: &generator) ?? 0
            }
            _ = text.withUnsafeBytes { pattern.matches($0) }
            _ = text.withUnsafeBytes { IPAddress($0) }
            _ = try? IPPattern(String(decoding: text, as: UTF8.self))
        }
    }
}
