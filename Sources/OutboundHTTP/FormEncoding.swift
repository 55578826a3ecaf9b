/// Forms as the body of a request (`application/x-www-form-urlencoded`), and texts within addresses.
public enum FormEncoding {
    /// One name or value: a blank becomes `+`, and every byte but letters, digits, `-`, `_`, `.` and `~` two digits behind a percent sign.
    public static func text(_ text: String) -> String { escaped(text.utf8).replacing("%20", with: "+") }

    /// Every byte but letters, digits, `-`, `_`, `.` and `~` as two digits behind a percent sign (RFC 3986, section 2.3).
    ///
    /// - Parameter kept: a further byte that stays as it is.
    static func escaped(_ bytes: some Sequence<UInt8>, keeping kept: UInt8? = nil) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "~"):
                result.append(byte)
            case kept: result.append(byte)
            default: result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Names and values, in order.
    public static func fields(_ fields: [(String, String)]) -> String {
        fields.map { text($0.0) + "=" + text($0.1) }.joined(separator: "&")
    }
}
