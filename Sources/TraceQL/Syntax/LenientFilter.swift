internal import QueryModel

/// Understands as much of an unfinished query as there is, for completion while people type.
enum LenientFilter {
    /// The condition of the query's first selector; of one that is not finished those of its parts, joined by `&&`, that are. Nil where that is
    /// nothing, or nothing that can be relied on.
    static func condition(in text: String) -> FieldExpression? {
        if let query = try? TraceQLParser().parse(text) {
            let stages: [PipelineStage]
            switch query.root {
            case .search(let found): stages = found
            case .metrics(.aggregate(let found, _)): stages = found
            case .metrics: return nil
            }
            guard case .spanset(.filter(let condition))? = stages.first, condition != .literal(.bool(true)) else { return nil }
            return condition
        }
        let parts = parts(of: Array(text.utf8)).compactMap { condition(of: $0) }
        if parts.isEmpty { return nil }
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    private static func condition(of part: String) -> FieldExpression? {
        guard let query = try? TraceQLParser().parse("{ \(part) }"), case .search(let stages) = query.root,
            case .spanset(.filter(let condition))? = stages.first
        else { return nil }
        return condition
    }

    /// What stands between the `&&` of the first selector. Nothing where an `||` makes it uncertain what the unfinished part would let pass.
    private static func parts(of text: [UInt8]) -> [String] {
        guard let brace = text.firstIndex(of: UInt8(ascii: "{")) else { return [] }
        var lexer = Lexer(text)
        lexer.skip(brace + 1)
        var parts: [String] = []
        var start = brace + 1
        var depth = 0
        func close(at end: Int) { parts.append(String(decoding: text[start..<Swift.max(start, end)], as: UTF8.self)) }
        while true {
            let token: Token
            let range: SourceRange
            do throws(SyntaxFault) {
                (token, range) = try lexer.next()
            } catch {
                // The token that is being typed.
                return parts
            }
            switch token {
            case .end, .symbol(.closeBrace):
                close(at: range.start)
                return parts
            case .symbol(.openParenthesis): depth += 1
            case .symbol(.closeParenthesis): depth -= 1
            case .symbol(.or) where depth == 0: return []
            case .symbol(.and) where depth == 0:
                close(at: range.start)
                start = range.end
            default: break
            }
        }
    }
}
