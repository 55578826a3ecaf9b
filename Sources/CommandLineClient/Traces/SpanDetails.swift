internal import TelemetryModel

/// What a span says beside its name and times, each in one line: its error, its events and its links.
struct SpanDetails: Sendable {
    /// What the status says of an error; nil where an exception says the same.
    let error: String?
    /// Events named `exception` (OpenTelemetry's semantic conventions), with type and message.
    let exceptions: [String]
    let events: [String]
    let links: [String]

    init(_ span: SpanRecord, traceStart: UnixNanoseconds, time: SpanTime, shown: ShownText) {
        var exceptions: [String] = []
        var said: Set<String> = []
        var events: [String] = []
        for event in span.events.sorted(by: { $0.time < $1.time }) {
            let offset = time.offset(of: event.time, from: traceStart)
            if event.name == "exception" {
                let type = event.attributes[key: "exception.type"]?.text ?? ""
                let message = event.attributes[key: "exception.message"]?.text ?? ""
                let words = [type, message].filter { !$0.isEmpty }.joined(separator: ": ")
                said.formUnion([words, message])
                exceptions.append("\(offset) " + shown(words.isEmpty ? event.name : words))
            } else {
                events.append("\(offset) " + shown(event.name) + SpanDetails.pairs(event.attributes, shown))
            }
        }
        self.exceptions = exceptions
        self.events = events
        links = span.links.map { link in
            let place = link.traceID == span.traceID ? "span " : "trace \(link.traceID.hexadecimal) span "
            return place + link.spanID.hexadecimal + SpanDetails.pairs(link.attributes, shown)
        }
        let message = span.statusMessage
        error = span.statusCode == .error && !message.isEmpty && !said.contains(message) ? shown(message) : nil
    }

    private static func pairs(_ attributes: [Attribute], _ shown: ShownText) -> String {
        attributes.map { " " + shown($0.key) + "=" + shown($0.value.text) }.joined()
    }
}

/// Everything about one span, as `--span` prints it.
struct SpanSheet {
    let terminal: Terminal
    let tree: TraceTree

    func render(_ index: Int) -> String {
        let time = SpanTime(for: terminal)
        let shown = ShownText(for: terminal)
        let span = tree.spans[index]
        let path = CriticalPath(tree)
        var rows: [(String, String)] = [
            ("trace", span.traceID.hexadecimal), ("span", span.spanID.hexadecimal),
            ("parent", span.parentSpanID.isValid ? parent(of: index, shown) : "none"), ("service", shown(tree.service(index))),
            ("name", shown(span.name)), ("kind", SpanSheet.kind(span.kind)), ("status", status(span, shown)),
            ("start", time.moment(span.start) + "  (" + time.offset(of: span.start, from: tree.start) + ")"),
            ("duration", time.duration(span.duration) + (span.end < span.start ? "  (ends before it starts)" : "")),
            ("self time", time.duration(tree.selfTime(index))), ("critical", time.duration(path.times[index]) + " on the critical path"),
        ]
        if !span.traceState.isEmpty { rows.append(("trace state", shown(span.traceState))) }
        if span.flags != 0 { rows.append(("flags", "0x" + String(span.flags, radix: 16))) }
        var text = list(rows, indent: "")
        text += section("attributes", span.attributes, span.droppedAttributesCount, shown)
        for (number, event) in span.events.enumerated() {
            let title = "event \(number + 1): " + shown(event.name) + " " + time.offset(of: event.time, from: tree.start)
            text += section(title, event.attributes, event.droppedAttributesCount, shown, isAlways: true)
        }
        if span.droppedEventsCount > 0 { text += "\n\(counted(Int(span.droppedEventsCount), "event")) dropped by the sender\n" }
        for (number, link) in span.links.enumerated() {
            let title = "link \(number + 1): trace \(link.traceID.hexadecimal) span \(link.spanID.hexadecimal)"
            text += section(title, link.attributes, link.droppedAttributesCount, shown, isAlways: true)
        }
        if span.droppedLinksCount > 0 { text += "\n\(counted(Int(span.droppedLinksCount), "link")) dropped by the sender\n" }
        if tree.batch.resources.indices.contains(span.resource) {
            let resource = tree.batch.resources[span.resource]
            text += section("resource", resource.attributes, resource.droppedAttributesCount, shown)
        }
        if tree.batch.scopes.indices.contains(span.scope) {
            let scope = tree.batch.scopes[span.scope]
            let title = ["scope", shown(scope.name), shown(scope.version)].filter { !$0.isEmpty }.joined(separator: " ")
            text += section(title, scope.attributes, scope.droppedAttributesCount, shown, isAlways: !scope.name.isEmpty)
        }
        return text
    }

    private func parent(of index: Int, _ shown: ShownText) -> String {
        let id = tree.spans[index].parentSpanID.hexadecimal
        guard let parent = tree.nodes[index].parent else {
            return id + (tree.nodes[index].origin == .circle ? "  (below this one)" : "  (not in the trace)")
        }
        return id + "  " + shown(tree.service(parent)) + " " + shown(tree.spans[parent].name)
    }

    private func status(_ span: SpanRecord, _ shown: ShownText) -> String {
        let name =
            switch span.statusCode {
            case .unset: "unset"
            case .ok: "ok"
            case .error: "error"
            default: String(span.statusCode.rawValue)
            }
        let text = span.statusMessage.isEmpty ? name : name + ": " + shown(span.statusMessage)
        return span.statusCode == .error ? terminal.painted(text, "31") : text
    }

    static func kind(_ kind: SpanKind) -> String {
        switch kind {
        case .unspecified: "unspecified"
        case .internal: "internal"
        case .server: "server"
        case .client: "client"
        case .producer: "producer"
        case .consumer: "consumer"
        default: String(kind.rawValue)
        }
    }

    private func section(
        _ title: String, _ attributes: [Attribute], _ dropped: UInt32, _ shown: ShownText, isAlways: Bool = false
    ) -> String {
        if attributes.isEmpty && dropped == 0 && !isAlways { return "" }
        var text = "\n" + terminal.painted(title, "1") + "\n"
        text += list(attributes.map { (shown($0.key), shownLines($0.value, shown)) }, indent: "  ")
        if dropped > 0 { text += "  \(counted(Int(dropped), "attribute")) dropped by the sender\n" }
        return text
    }

    /// A value with its line breaks, which stack traces have; the lines after the first are indented by the caller.
    private func shownLines(_ value: AttributeValue, _ shown: ShownText) -> String {
        value.text.split(separator: "\n", omittingEmptySubsequences: false).map { shown(String($0).replacing("\t", with: "    ")) }.joined(
            separator: "\n")
    }

    private func list(_ rows: [(String, String)], indent: String) -> String {
        let width = min(40, rows.map { displayWidth($0.0) }.max() ?? 0)
        return rows.map { name, value in
            let lines = value.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            // Values of several lines stand below their name.
            let content = lines.count > 1 ? lines.map { "\n" + indent + "  " + $0 }.joined() : "  " + value
            return (indent + padded(name, to: width) + content).withoutTrailingSpaces + "\n"
        }.joined()
    }
}
