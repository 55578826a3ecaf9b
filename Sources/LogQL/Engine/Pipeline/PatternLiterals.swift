/// Texts that every line has which an expression matches, as far as they are plain to see: `error.*time.ut` needs `error`, `time` and `ut`.
enum PatternLiterals {
    /// - Returns: empty where nothing is known: choices and groups are not looked into.
    static func required(by pattern: String) -> [[UInt8]] {
        var found: [[UInt8]] = []
        var run: [UInt8] = []
        let bytes = Array(pattern.utf8)
        var index = 0
        func byte(_ index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }
        func endRun() {
            if run.count > 1 { found.append(run) }
            run = []
        }
        while let next = byte(index) {
            index += 1
            var literal: UInt8? = next
            switch next {
            case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "|"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"),
                UInt8(ascii: "}"), 0x80...:
                return []
            case UInt8(ascii: "."), UInt8(ascii: "^"), UInt8(ascii: "$"): literal = nil
            case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"): literal = nil
            case UInt8(ascii: "\\"):
                guard let escaped = byte(index) else { return [] }
                index += 1
                switch escaped {
                case UInt8(ascii: "d"), UInt8(ascii: "D"), UInt8(ascii: "w"), UInt8(ascii: "W"), UInt8(ascii: "s"), UInt8(ascii: "S"),
                    UInt8(ascii: "b"):
                    literal = nil
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    0x80...:
                    return []
                default: literal = escaped
                }
            default: break
            }
            guard let literal else {
                endRun()
                continue
            }
            switch byte(index) {
            case UInt8(ascii: "*"), UInt8(ascii: "?"): endRun()
            case UInt8(ascii: "{"): return []
            default: run.append(literal)
            }
        }
        endRun()
        return found
    }
}
