internal import TelemetryModel

/// What `ip("…")` says: an address, a range `from-to`, or a network `address/bits`; and the search for such addresses in text.
struct IPPattern: Sendable, Hashable {
    private enum Form: Sendable, Hashable {
        case range(IPAddress, IPAddress)
        case network(IPAddress, bits: Int)
    }

    private let form: Form

    init(_ text: String) throws(StageError) {
        guard let form = IPPattern.parse(text) else { throw StageError("ip: invalid pattern: " + GoQuoting.string(text)) }
        self.form = form
    }

    private static func parse(_ text: String) -> Form? {
        if let address = IPAddress(text) { return .range(address, address) }
        if let slash = text.lastIndex(of: "/") {
            let digits = text[text.index(after: slash)...]
            guard let address = IPAddress(String(text[..<slash])), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                digits.utf8.count == 1 || digits.utf8.first != 0x30, let bits = Int(digits), bits <= (address.isVersion6 ? 128 : 32)
            else { return nil }
            return .network(address.masked(bits: bits), bits: bits)
        }
        guard let dash = text.firstIndex(of: "-"), let first = IPAddress(String(text[..<dash])),
            let last = IPAddress(String(text[text.index(after: dash)...])), first.isVersion6 == last.isVersion6, first <= last
        else { return nil }
        return .range(first, last)
    }

    func contains(_ address: IPAddress) -> Bool {
        switch form {
        case .range(let first, let last): first <= address && address <= last
        case .network(let network, let bits): address.isVersion6 == network.isVersion6 && address.masked(bits: bits) == network
        }
    }

    /// Whether an address that the pattern names stands somewhere in a text.
    ///
    /// Looks where a text has a number and a point, or hexadecimal digits and a colon, and takes all that could belong to an address. What
    /// follows an address directly is passed over, as in Loki.
    func matches(_ text: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < text.count {
            let isVersion4 = IPPattern.looksLikeVersion4(text, index)
            guard isVersion4 || IPPattern.looksLikeVersion6(text, index) else {
                index += 1
                continue
            }
            var end = index
            while end < text.count, IPPattern.isPart(text[end], ofVersion6: !isVersion4) { end += 1 }
            if let address = IPAddress(UnsafeRawBufferPointer(rebasing: text[index..<end])), contains(address) { return true }
            index = end + 1
        }
        return false
    }

    private static func looksLikeVersion4(_ text: UnsafeRawBufferPointer, _ index: Int) -> Bool {
        guard index + 3 < text.count, (0x30...0x39).contains(text[index]) else { return false }
        let point = UInt8(ascii: ".")
        return text[index + 1] == point || text[index + 2] == point || text[index + 3] == point
    }

    private static func looksLikeVersion6(_ text: UnsafeRawBufferPointer, _ index: Int) -> Bool {
        let colon = UInt8(ascii: ":")
        if text[index] == colon {
            return index + 2 < text.count && text[index + 1] == colon && isHexadecimal(text[index + 2])
        }
        var end = index
        while end < text.count, end - index < 5, isHexadecimal(text[end]) { end += 1 }
        return end > index && end - index < 5 && end < text.count && text[end] == colon
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool { isPart(byte, ofVersion6: true) && byte != 0x3a && byte != 0x2e }

    private static func isPart(_ byte: UInt8, ofVersion6: Bool) -> Bool {
        switch byte {
        case 0x30...0x39, UInt8(ascii: "."): true
        case UInt8(ascii: ":"), UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): ofVersion6
        default: false
        }
    }
}
