import Testing

@testable import OutboundHTTP

@Suite struct ProxyExceptionsTests {
    private static let cases: [(exceptions: String, host: String, port: Int, direct: Bool)] = [
        ("", "example.com", 80, false), ("*", "example.com", 80, true), ("", "localhost", 80, true), ("", "127.4.5.6", 80, true),
        ("", "[::1]", 80, true), ("example.com", "example.com", 80, true), ("example.com", "a.b.example.com", 80, true),
        ("example.com", "badexample.com", 80, false), (".example.com", "example.com", 80, false),
        (".example.com", "a.example.com", 80, true),
        ("*.example.com", "a.example.com", 80, true), ("*.example.com", "example.com", 80, false),
        ("example.com:8080", "example.com", 8080, true), ("example.com:8080", "example.com", 80, false),
        ("10.0.0.0/8", "10.1.2.3", 80, true), ("10.0.0.0/8", "11.1.2.3", 80, false), ("10.0.0.0/8", "ten.example.com", 80, false),
        ("10.1.2.3", "10.1.2.3", 80, true), ("10.1.2.3:81", "10.1.2.3", 80, false), ("fd00::/8", "[fd12::1]", 80, true),
        ("fd00::/8", "fe80::1", 80, false), ("::ffff:10.0.0.1", "10.0.0.1", 80, true), ("[fd12::1]:90", "fd12::1", 90, true),
        ("fd00::/8", "fd00::5", 80, true),
        ("a, x.example:81", "x.example", 81, true), ("x.example", "yx.example", 80, false),
        ("a.example, B.example ,,", "b.EXAMPLE", 80, true), ("10.0.0.0/99", "10.1.2.3", 80, false), ("/8,:,[,]", "x", 80, false),
    ]

    @Test(arguments: cases.indices) func `hosts are reached directly where the exceptions say so`(index: Int) {
        let example = ProxyExceptionsTests.cases[index]
        #expect(
            ProxyExceptions(example.exceptions).contain(host: example.host, port: example.port) == example.direct,
            "\(example)")
    }

    @Test func `addresses are read in every form, and nothing else is one`() {
        #expect(IPAddress.bytes(of: "1.2.3.4") == [1, 2, 3, 4])
        #expect(IPAddress.bytes(of: "::") == [UInt8](repeating: 0, count: 16))
        #expect(IPAddress.bytes(of: "1:2:3:4:5:6:7:8") == [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8])
        #expect(IPAddress.bytes(of: "fe80::1:2.3.4.5")?.suffix(6) == [0, 1, 2, 3, 4, 5])
        for wrong in ["", "1.2.3", "1.2.3.256", "1.2.3.+4", "1:2", "1::2::3", "1:2:3:4:5:6:7:8:9", "12345::", ":::", "g::", "::1.2.3"] {
            #expect(IPAddress.bytes(of: wrong) == nil, "\(wrong)")
        }
    }
}
