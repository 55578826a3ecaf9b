/// Names of other systems as classic names of Prometheus.
public enum NameSanitizing {
    /// A metric name: what may not stand in one becomes an underscore.
    public static func metricName(_ bytes: some Collection<UInt8>) -> String { sanitized(bytes, allowsColon: true) }

    /// A label name: what may not stand in one becomes an underscore.
    public static func labelName(_ bytes: some Collection<UInt8>) -> String { sanitized(bytes, allowsColon: false) }

    private static func sanitized(_ bytes: some Collection<UInt8>, allowsColon: Bool) -> String {
        var name: [UInt8] = []
        name.reserveCapacity(bytes.count + 1)
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): name.append(byte)
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if name.isEmpty { name.append(UInt8(ascii: "_")) }
                name.append(byte)
            case UInt8(ascii: ":") where allowsColon: name.append(byte)
            // One underscore for a character of several bytes.
            case 0x80..<0xc0: break
            default: name.append(UInt8(ascii: "_"))
            }
        }
        return String(decoding: name, as: UTF8.self)
    }
}
