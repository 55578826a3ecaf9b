internal import QueryModel

/// Notices that go with an answer: what the person behind the request should know though it succeeded.
struct Notices: Sendable {
    private(set) var warnings: [String] = []
    private(set) var infos: [String] = []

    static let truncated = "results truncated due to limit"
    private static let shownMax = 10

    init(warnings: [String] = []) { self.warnings = warnings }

    /// The annotations of a query, at most ten of each kind; a last line says how many were left out.
    init(_ annotations: QueryAnnotations, query: String) {
        var leftOut = (warnings: 0, infos: 0)
        for annotation in annotations.all {
            let text = Notices.text(annotation, query: query)
            switch annotation.severity {
            case .warning: if warnings.count < Notices.shownMax { warnings.append(text) } else { leftOut.warnings += 1 }
            case .info: if infos.count < Notices.shownMax { infos.append(text) } else { leftOut.infos += 1 }
            }
        }
        if leftOut.warnings > 0 { warnings.append("\(leftOut.warnings) more warning annotations omitted") }
        if leftOut.infos > 0 { infos.append("\(leftOut.infos) more info annotations omitted") }
    }

    mutating func warn(_ text: String) { warnings.append(text) }

    /// The message, and where it applies as line and column, both from 1.
    private static func text(_ annotation: QueryAnnotation, query: String) -> String {
        var message = annotation.message
        if let occurrences = annotation.occurrences, occurrences > 1 { message += " (\(occurrences) occurrences)" }
        guard let range = annotation.range else { return message }
        let bytes = query.utf8
        guard range.start >= 0, range.start <= bytes.count else { return message }
        let before = bytes.prefix(range.start)
        let line = before.reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
        let column = before.reversed().prefix { $0 != UInt8(ascii: "\n") }.count + 1
        return "\(message) (\(line):\(column))"
    }
}

extension APIReply {
    /// A success in the envelope of the Prometheus API. The closure writes the value of `data`.
    static func success(_ notices: Notices = Notices(), _ data: (inout JSONWriter) -> Void) -> APIReply {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("status", "success")
        writer.name("data")
        data(&writer)
        writer.texts("warnings", notices.warnings)
        writer.texts("infos", notices.infos)
        writer.endObject()
        return .json(writer)
    }
}

extension JSONWriter {
    fileprivate mutating func texts(_ name: String, _ texts: [String]) {
        if texts.isEmpty { return }
        self.name(name)
        array(texts)
    }

    mutating func array(_ texts: [String]) {
        beginArray()
        for text in texts { value(text) }
        endArray()
    }
}
