/// An address of IPv4 or IPv6. Those of one family are ordered as numbers; all of IPv4 come before those of IPv6.
struct IPAddress: Sendable, Hashable, Comparable {
    let isVersion6: Bool
    /// The upper 64 bits; 0 for IPv4.
    let high: UInt64
    let low: UInt64

    private init(isVersion6: Bool, high: UInt64, low: UInt64) {
        self.isVersion6 = isVersion6
        self.high = high
        self.low = low
    }

    /// Reads an address as Go's `netip.ParseAddr` does: no zeros in front of a decimal number; a zone (`%eth0`) is not taken.
    init?(_ text: UnsafeRawBufferPointer) {
        for byte in text {
            if byte == UInt8(ascii: ".") {
                guard let number = IPAddress.version4(text) else { return nil }
                self.init(isVersion6: false, high: 0, low: UInt64(number))
                return
            }
            if byte == UInt8(ascii: ":") {
                guard let (high, low) = IPAddress.version6(text) else { return nil }
                self.init(isVersion6: true, high: high, low: low)
                return
            }
        }
        return nil
    }

    init?(_ text: String) {
        let address = Array(text.utf8).withUnsafeBytes { IPAddress($0) }
        guard let address else { return nil }
        self = address
    }

    static func < (left: IPAddress, right: IPAddress) -> Bool {
        if left.isVersion6 != right.isVersion6 { return right.isVersion6 }
        return left.high == right.high ? left.low < right.low : left.high < right.high
    }

    /// The address with all bits behind the first `bits` cleared.
    ///
    /// - Parameter bits: at most 32 for IPv4, 128 for IPv6.
    func masked(bits: Int) -> IPAddress {
        let bits = isVersion6 ? bits : bits + 96
        func mask(_ count: Int) -> UInt64 { count <= 0 ? 0 : count >= 64 ? .max : ~(UInt64.max >> UInt64(count)) }
        return IPAddress(isVersion6: isVersion6, high: high & mask(bits), low: low & mask(bits - 64))
    }

    private static func version4(_ text: UnsafeRawBufferPointer) -> UInt32? {
        var address: UInt32 = 0
        var fields = 0
        var index = 0
        while true {
            guard let (value, end) = decimal(text, index), fields < 4 else { return nil }
            address = address << 8 | value
            fields += 1
            if end == text.count { return fields == 4 ? address : nil }
            guard text[end] == UInt8(ascii: ".") else { return nil }
            index = end + 1
        }
    }

    /// A number from 0 to 255 without zeros in front.
    private static func decimal(_ text: UnsafeRawBufferPointer, _ start: Int) -> (value: UInt32, end: Int)? {
        var value: UInt32 = 0
        var index = start
        while index < text.count, (0x30...0x39).contains(text[index]) {
            if index > start, value == 0 { return nil }
            value = value * 10 + UInt32(text[index] - 0x30)
            if value > 255 { return nil }
            index += 1
        }
        return index == start ? nil : (value, index)
    }

    private static func version6(_ text: UnsafeRawBufferPointer) -> (high: UInt64, low: UInt64)? {
        var groups: [UInt16] = []
        var gap: Int?
        var index = 0
        if text.count >= 2, text[0] == UInt8(ascii: ":"), text[1] == UInt8(ascii: ":") {
            gap = 0
            index = 2
        }
        while index < text.count, groups.count < 8 {
            let start = index
            var value: UInt32 = 0
            while index < text.count, let digit = hexadecimal(text[index]) {
                value = value << 4 | digit
                index += 1
                if index - start > 4 { return nil }
            }
            guard index > start else { return nil }
            if index < text.count, text[index] == UInt8(ascii: ".") {
                guard groups.count <= 6, gap != nil || groups.count == 6,
                    let tail = version4(UnsafeRawBufferPointer(rebasing: text[start...]))
                else { return nil }
                groups += [UInt16(tail >> 16), UInt16(truncatingIfNeeded: tail)]
                index = text.count
                break
            }
            groups.append(UInt16(value))
            guard index < text.count else { break }
            guard text[index] == UInt8(ascii: ":"), index + 1 < text.count else { return nil }
            index += 1
            if text[index] == UInt8(ascii: ":") {
                guard gap == nil else { return nil }
                gap = groups.count
                index += 1
            }
        }
        guard index == text.count else { return nil }
        if let gap {
            guard groups.count < 8 else { return nil }
            groups.insert(contentsOf: repeatElement(0, count: 8 - groups.count), at: gap)
        }
        guard groups.count == 8 else { return nil }
        let words = groups.map { UInt64($0) }
        return (words[0] << 48 | words[1] << 32 | words[2] << 16 | words[3], words[4] << 48 | words[5] << 32 | words[6] << 16 | words[7])
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x30...0x39: UInt32(byte - 0x30)
        case 0x41...0x46: UInt32(byte - 0x41 + 10)
        case 0x61...0x66: UInt32(byte - 0x61 + 10)
        default: nil
        }
    }
}
