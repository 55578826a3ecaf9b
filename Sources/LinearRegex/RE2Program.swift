internal import CRE2

/// Owns one compiled RE2 program. RE2 itself may be used from many threads at once, and nothing here changes after `init`.
final class RE2Program: Sendable {
    nonisolated(unsafe) private let handle: OpaquePointer
    /// The number of capturing groups.
    let groupCount: Int
    /// The name of each group, the whole match (which has none) first.
    let groupNames: [String?]

    /// - Parameters:
    ///   - text: what is compiled.
    ///   - source: the expression that an error should name.
    init(_ text: String, source: String) throws(LinearPatternError) {
        var text = text
        var error = CRE2_OK
        var fault = [CChar](repeating: 0, count: 256)
        let compiled = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                cre2_compile(characters.baseAddress, characters.count, &error, &fault, fault.count)
            }
        }
        guard let compiled else {
            let part = String(decoding: fault.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            throw LinearPatternError(pattern: source, message: RE2Program.message(of: error, part))
        }
        handle = compiled
        groupCount = Int(cre2_group_count(compiled))
        groupNames = [nil] + (1..<max(groupCount + 1, 1)).map { RE2Program.name(ofGroup: $0, in: compiled) }
    }

    deinit { cre2_release(handle) }

    /// Whether the program matches somewhere in the bytes.
    func matches(_ bytes: UnsafeRawBufferPointer) -> Bool { cre2_matches(handle, bytes.baseAddress, bytes.count) }

    /// The groups of the leftmost match that starts at `start` or later.
    func find(in bytes: UnsafeRawBufferPointer, from start: Int) -> [Range<Int>?]? {
        withUnsafeTemporaryAllocation(of: cre2_bounds.self, capacity: groupCount + 1) { bounds in
            let found = cre2_find(handle, bytes.baseAddress, bytes.count, start, bounds.baseAddress!, Int32(bounds.count))
            return found ? bounds.map { $0.start < 0 ? nil : $0.start..<$0.end } : nil
        }
    }

    /// What every match starts with, as far as RE2 can tell. Only for programs that start with `^`.
    var commonPrefix: [UInt8] {
        var prefix = [CChar](repeating: 0, count: 64)
        let length = cre2_common_prefix(handle, &prefix, prefix.count)
        return prefix[..<length].map(UInt8.init(bitPattern:))
    }

    private static func name(ofGroup index: Int, in handle: OpaquePointer) -> String? {
        var name = [CChar](repeating: 0, count: 64)
        var length = cre2_group_name(handle, Int32(index), &name, name.count)
        if length >= name.count {
            name = [CChar](repeating: 0, count: length + 1)
            length = cre2_group_name(handle, Int32(index), &name, name.count)
        }
        return length == 0 ? nil : String(decoding: name[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static func message(of error: cre2_error, _ part: String) -> String {
        let what =
            switch error {
            case CRE2_BAD_ESCAPE: "invalid escape sequence"
            case CRE2_BAD_CHARACTER_CLASS: "invalid character class"
            case CRE2_BAD_CHARACTER_RANGE: "invalid character class range"
            case CRE2_MISSING_BRACKET: "missing closing ]"
            case CRE2_MISSING_PARENTHESIS: "missing closing )"
            case CRE2_UNEXPECTED_PARENTHESIS: "unexpected )"
            case CRE2_TRAILING_BACKSLASH: "trailing backslash at end of expression"
            case CRE2_REPEAT_ARGUMENT: "missing argument to repetition operator"
            case CRE2_REPEAT_SIZE: "invalid repeat count"
            case CRE2_REPEAT_OPERATOR: "invalid nested repetition operator"
            case CRE2_BAD_PERL_OPERATOR: "invalid or unsupported Perl syntax"
            case CRE2_BAD_UTF8: "invalid UTF-8"
            case CRE2_BAD_NAMED_CAPTURE: "invalid named capture"
            case CRE2_PATTERN_TOO_LARGE: "expression too large"
            case CRE2_NO_MEMORY: "no memory"
            default: "internal error"
            }
        return part.isEmpty ? what : "\(what): `\(part)`"
    }
}
