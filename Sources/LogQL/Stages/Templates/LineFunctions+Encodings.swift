internal import ByteCoding
internal import GoTemplate
internal import LinearRegex
internal import Synchronization
internal import TelemetryModel

/// Encodings, conversions and regular expressions.
extension LineFunctions {
    static func addEncodings(to table: inout FunctionTable) {
        add("b64enc", to: &table) { call in
            var text: [UInt8] = []
            Base64.encode(call.string(0), into: &text)
            return text
        }
        // Text that is no base64 gives the error's text, as in Loki.
        add("b64dec", to: &table) { call in
            let text = call.string(0).filter { $0 != 0x0a && $0 != 0x0d }
            let valid = text.prefix { isBase64($0) }
            if valid.count < text.count, text[valid.count...].contains(where: { $0 != UInt8(ascii: "=") }) {
                return Array("illegal base64 data at input byte \(valid.count)".utf8)
            }
            return Base64.decode(text) ?? Array("illegal base64 data at input byte \(valid.count / 4 * 4)".utf8)
        }
        add("urlencode", to: &table) { Escaping.query($0.string(0)) }
        table.add("urldecode", [.string]) { call throws(TemplateFault) in .string(try queryUnescaped(call.string(0))) }
        table.add("fromJson", [.string]) { call throws(TemplateFault) in JSONValues.value(call.string(0)) ?? .none }
        table.add("bytes", [.string]) { call throws(TemplateFault) in
            .float(Double(try converted(call.string(0)) { bytes throws(ConversionFault) in try ByteSizeText.parse(bytes) }))
        }
        for name in ["duration", "duration_seconds"] {
            table.add(name, [.string]) { call throws(TemplateFault) in
                .float(try converted(call.string(0)) { bytes throws(ConversionFault) in try DurationText.parseSeconds(bytes) })
            }
        }
    }

    private static func isBase64(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/")
    }

    private static func converted<Value>(
        _ text: [UInt8], _ body: (UnsafeRawBufferPointer) throws(ConversionFault) -> Value
    ) throws(TemplateFault) -> Value {
        let result = text.withUnsafeBytes { bytes in Result { () throws(ConversionFault) in try body(bytes) } }
        switch result {
        case .success(let value): return value
        case .failure(let fault): throw TemplateFault(fault.message)
        }
    }

    private static func queryUnescaped(_ text: [UInt8]) throws(TemplateFault) -> [UInt8] {
        var result: [UInt8] = []
        var index = 0
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: "+"): result.append(0x20)
            case UInt8(ascii: "%"):
                guard index + 2 < text.count, let high = Hexadecimal.value(of: text[index + 1]),
                    let low = Hexadecimal.value(of: text[index + 2])
                else {
                    throw TemplateFault("invalid URL escape " + GoQuoting.string(bytes: Array(text[index...].prefix(3))))
                }
                result.append(high << 4 | low)
                index += 2
            case let byte: result.append(byte)
            }
            index += 1
        }
        return result
    }

    // MARK: Regular expressions

    static func addPatterns(to table: inout FunctionTable) {
        let cache = PatternCache()
        table.add("regexReplaceAll", [.string, .string, .string]) { call throws(TemplateFault) in
            .string(try replaceAll(try cache.pattern(call.text(0)), call, ReplacementTemplate(call.text(2))))
        }
        table.add("regexReplaceAllLiteral", [.string, .string, .string]) { call throws(TemplateFault) in
            let literal = String(call.text(2).flatMap { $0 == "$" ? "$$" : String($0) })
            return .string(try replaceAll(try cache.pattern(call.text(0)), call, ReplacementTemplate(literal)))
        }
        table.add("count", [.string, .string]) { call throws(TemplateFault) in
            .int(Int64(matchCount(try cache.pattern(call.text(0)), call.string(1))))
        }
    }

    private static func replaceAll(
        _ pattern: LinearPattern, _ call: TemplateCall, _ replacement: ReplacementTemplate
    ) throws(TemplateFault) -> [UInt8] {
        let text = call.string(1)
        // Each match may become as long as the replacement with the whole text for each reference.
        let (size, overflowed) = (text.count + 1).multipliedReportingOverflow(by: replacement.source.utf8.count + 1)
        if overflowed || size > call.bytesMax &* 64 { throw TemplateFault("more than \(call.bytesMax) bytes") }
        var result: [UInt8] = []
        text.withUnsafeBytes { pattern.replaceAll(in: $0, with: replacement, into: &result) }
        return result
    }

    /// How often an expression matches: matches do not overlap, and an empty one right behind another does not count.
    private static func matchCount(_ pattern: LinearPattern, _ text: [UInt8]) -> Int {
        text.withUnsafeBytes { bytes in
            var count = 0
            var previousEnd = -1
            var start = 0
            while start <= bytes.count, let match = pattern.firstMatch(in: bytes, from: start) {
                if match.range.isEmpty, match.range.lowerBound == previousEnd {
                    start = previousEnd + 1
                    while start < bytes.count, bytes[start] & 0xc0 == 0x80 { start += 1 }
                    continue
                }
                count += 1
                previousEnd = match.range.upperBound
                start = match.range.isEmpty ? previousEnd + 1 : previousEnd
                if match.range.isEmpty { while start < bytes.count, bytes[start] & 0xc0 == 0x80 { start += 1 } }
            }
            return count
        }
    }
}

/// Expressions that templates used lately, so that each is compiled once and not for every line.
private final class PatternCache: Sendable {
    private static let countMax = 64
    private let patterns = Mutex<[String: LinearPattern]>([:])

    func pattern(_ source: String) throws(TemplateFault) -> LinearPattern {
        if let pattern = patterns.withLock({ $0[source] }) { return pattern }
        let pattern: LinearPattern
        do { pattern = try LinearPattern(source, anchored: false) } catch { throw TemplateFault(error.description) }
        patterns.withLock { patterns in
            if patterns.count >= PatternCache.countMax { patterns.removeAll() }
            patterns[source] = pattern
        }
        return pattern
    }
}
