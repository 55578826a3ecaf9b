/// What a server finds wrong with a query, shown under the place where it is.
struct QueryFault: Sendable {
    let message: String
    /// The line of the query with the fault, and a caret below; empty where the message names no place in it.
    let excerpt: String

    /// Prefixes that say no more than that the query is wrong.
    private static let prefixes = ["invalid parameter \"query\": ", "invalid parameter \"q\": ", "invalid TraceQL query: "]

    /// - Parameter message: names the place as `1:7` at its beginning or as `line 1, col 7`, columns in bytes from one.
    init(_ message: String, in query: String) {
        var message = message
        for prefix in QueryFault.prefixes where message.hasPrefix(prefix) { message.removeFirst(prefix.count) }
        self.message = message
        guard !query.isEmpty, let (line, column) = QueryFault.place(in: message) else {
            excerpt = ""
            return
        }
        let lines = query.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.indices.contains(line - 1), column >= 1, column <= lines[line - 1].utf8.count + 1 else {
            excerpt = ""
            return
        }
        let text = lines[line - 1].replacing("\t", with: " ")
        let before = String(decoding: text.utf8.prefix(column - 1), as: UTF8.self)
        excerpt = "  " + text + "\n  " + String(repeating: " ", count: displayWidth(before)) + "^"
    }

    var error: ClientError { ClientError(message, status: .usage, excerpt: excerpt) }

    private static func place(in message: String) -> (line: Int, column: Int)? {
        if let match = message.prefixMatch(of: /(?:.{0,40}?\s)?(\d{1,6}):(\d{1,6}):/), let line = Int(match.1), let column = Int(match.2) {
            return (line, column)
        }
        if let match = message.firstMatch(of: /line (\d{1,6}),? col(?:umn)? (\d{1,6})/), let line = Int(match.1), let column = Int(match.2)
        {
            return (line, column)
        }
        return nil
    }
}
