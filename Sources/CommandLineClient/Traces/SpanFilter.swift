/// The shorthand options of a search, which stand for conditions of TraceQL that one span has to fulfil.
public struct SpanFilter: Sendable, Hashable {
    /// `--service`
    public var service: String?
    /// `--operation`
    public var operation: String?
    /// `--error`
    public var isError: Bool
    /// `--min-duration`
    public var durationMin: String?
    /// `--max-duration`
    public var durationMax: String?
    /// `--tag`, each `name=value`
    public var tags: [String]

    public init(
        service: String? = nil, operation: String? = nil, isError: Bool = false, durationMin: String? = nil, durationMax: String? = nil,
        tags: [String] = []
    ) {
        self.service = service
        self.operation = operation
        self.isError = isError
        self.durationMin = durationMin
        self.durationMax = durationMax
        self.tags = tags
    }

    /// The filter joined with a query.
    ///
    /// Of a query that is one selector, `{ … }`, the same span has to fulfil both; of any other, the trace has to have spans for both.
    ///
    /// - Throws: ``ClientError`` with status `usage` where a duration or a tag cannot be read.
    func query(_ given: String?) throws(ClientError) -> String {
        let conditions = try self.conditions()
        let given = given?.trimmingSpaces ?? ""
        if conditions.isEmpty { return given.isEmpty ? "{}" : given }
        let own = conditions.joined(separator: " && ")
        if given.isEmpty { return "{ \(own) }" }
        guard let inner = SpanFilter.onlySelector(given) else { return "(\(given)) && ({ \(own) })" }
        return inner.isEmpty ? "{ \(own) }" : "{ (\(inner)) && \(own) }"
    }

    private func conditions() throws(ClientError) -> [String] {
        var conditions: [String] = []
        if let service { conditions.append("resource.service.name = " + SpanFilter.quoted(service)) }
        if let operation { conditions.append("name = " + SpanFilter.quoted(operation)) }
        if isError { conditions.append("status = error") }
        if let durationMin { conditions.append("duration >= " + (try SpanFilter.duration(durationMin, option: "--min-duration"))) }
        if let durationMax { conditions.append("duration <= " + (try SpanFilter.duration(durationMax, option: "--max-duration"))) }
        for tag in tags { conditions.append(try SpanFilter.condition(tag)) }
        return conditions
    }

    // MARK: Values

    /// A string of TraceQL.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// A duration as Go writes them, such as `1.5s`, `200ms`, `1h30m`.
    private static func duration(_ text: String, option: String) throws(ClientError) -> String {
        guard text.wholeMatch(of: /(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+/) != nil else {
            throw .usage("\(option): “\(text)” is no duration; give such as 200ms, 1.5s, 2m")
        }
        return text
    }

    /// `name=value` as a condition. What looks like a number or like true or false is compared both as that and as text, since senders
    /// differ.
    private static func condition(_ tag: String) throws(ClientError) -> String {
        guard let sign = tag.firstIndex(of: "="), sign != tag.startIndex else {
            throw .usage("--tag: “\(tag)” has no name and value; give name=value, such as http.status_code=500")
        }
        let name = attribute(String(tag[..<sign]))
        let value = String(tag[tag.index(after: sign)...])
        let text = "\(name) = \(quoted(value))"
        let isNumber = value.wholeMatch(of: /-?\d{1,18}(?:\.\d{1,18})?/) != nil
        return isNumber || value == "true" || value == "false" ? "(\(name) = \(value) || \(text))" : text
    }

    /// The name of an attribute, of the resource or the span unless it says which: `http.method` as `.http.method`, `resource.host` as it is.
    private static func attribute(_ name: String) -> String {
        for scope in ["resource.", "span.", "event.", "link.", "instrumentation."] where name.hasPrefix(scope) && name.count > scope.count {
            return scope + plain(String(name.dropFirst(scope.count)))
        }
        return "." + plain(name.hasPrefix(".") && name.count > 1 ? String(name.dropFirst()) : name)
    }

    private static func plain(_ name: String) -> String {
        name.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_.]*/) != nil ? name : quoted(name)
    }

    // MARK: The given query

    /// What is between the braces of a query that is nothing but one selector.
    private static func onlySelector(_ query: String) -> String? {
        guard query.hasPrefix("{"), query.hasSuffix("}") else { return nil }
        var quote: Character?
        var isEscaped = false
        for (offset, character) in query.dropFirst().enumerated() {
            if let open = quote {
                if isEscaped {
                    isEscaped = false
                } else if character == "\\" && open != "`" {
                    isEscaped = true
                } else if character == open {
                    quote = nil
                }
            } else if character == "\"" || character == "`" {
                quote = character
            } else if character == "}" {
                return offset == query.count - 2 ? String(query.dropFirst().dropLast()).trimmingSpaces : nil
            }
        }
        return nil
    }
}

extension String {
    /// Without white space at both ends.
    var trimmingSpaces: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
