internal import ConfigFile
internal import GoTemplate
internal import LinearRegex
internal import QueryModel
internal import TelemetryModel

extension FunctionTable {
    /// Go's functions and those that Prometheus adds for the templates of rules.
    ///
    /// The first provided value of a rendering is the time of the evaluation in seconds.
    ///
    /// - Parameter query: nil where the template is only parsed.
    static func rules(externalURL: String, query: TemplateQuery?) -> FunctionTable {
        var table = RuleFunctions.common
        table.add("externalURL") { _ throws(TemplateFault) in .text(externalURL) }
        table.add("pathPrefix") { _ throws(TemplateFault) in .text(RuleFunctions.path(of: externalURL)) }
        table.add("query", [.string]) { call throws(TemplateFault) in
            guard let query else { throw TemplateFault("queries are not available here") }
            return .list(try query(call.text(0)).map { .object(TemplateSample(labels: $0.labels, value: $0.value)) })
        }
        return table
    }
}

/// The functions that need nothing of their surroundings.
private enum RuleFunctions {
    static let common: FunctionTable = {
        var table = FunctionTable.builtin
        table["now"] = .provided(0)
        addSamples(&table)
        addTexts(&table)
        addNumbers(&table)
        addTimes(&table)
        return table
    }()

    private static let sample = TemplateFunction.Parameter.object("*template.sample")

    private static func addSamples(_ table: inout FunctionTable) {
        table.add("first", [.list]) { call throws(TemplateFault) in
            guard case .list(let elements) = call.arguments[0], let first = elements.first else {
                throw TemplateFault("first() called on vector with no elements")
            }
            return first
        }
        table.add("label", [.string, sample]) { call throws(TemplateFault) in
            .text(try element(call.arguments[1]).labels[call.text(0)] ?? "")
        }
        table.add("value", [sample]) { call throws(TemplateFault) in try element(call.arguments[0]).value.templateValue }
        table.add("strvalue", [sample]) { call throws(TemplateFault) in .text(try element(call.arguments[0]).labels["__value__"] ?? "") }
        table.add("sortByLabel", [.string, .list]) { call throws(TemplateFault) in
            guard case .list(let elements) = call.arguments[1] else { return call.arguments[1] }
            let name = call.text(0)
            var keyed: [(offset: Int, key: String, value: TemplateValue)] = []
            for (offset, value) in elements.enumerated() { keyed.append((offset, try element(value).labels[name] ?? "", value)) }
            keyed.sort { left, right in
                left.key == right.key ? left.offset < right.offset : left.key.utf8.lexicographicallyPrecedes(right.key.utf8)
            }
            return .list(keyed.map(\.value))
        }
        table.add("args", variadic: .any) { call throws(TemplateFault) in
            .map(TemplateMap(call.arguments.enumerated().map { (key: Array("arg\($0.offset)".utf8), value: $0.element) }))
        }
        table.add("tmpl", [.string, .any]) { call throws(TemplateFault) in .string(try call.expand(call.text(0), call.arguments[1])) }
    }

    private static func element(_ value: TemplateValue) throws(TemplateFault) -> TemplateSample {
        guard case .object(let object) = value, let sample = object as? TemplateSample else {
            throw TemplateFault("expected an element of a query's result; got \(value.typeName)")
        }
        return sample
    }

    private static func addTexts(_ table: inout FunctionTable) {
        table.add("reReplaceAll", [.string, .string, .string]) { call throws(TemplateFault) in
            .text(try pattern(call.text(0)).replaceAll(in: call.text(2), with: ReplacementTemplate(call.text(1))))
        }
        table.add("match", [.string, .string]) { call throws(TemplateFault) in .bool(try pattern(call.text(0)).matches(call.text(1))) }
        table.add("safeHtml", [.string]) { call throws(TemplateFault) in call.arguments[0] }
        table.add("title", [.string]) { call throws(TemplateFault) in .text(TextCase.title(call.text(0))) }
        table.add("toUpper", [.string]) { call throws(TemplateFault) in .text(TextCase.upper(call.text(0))) }
        table.add("toLower", [.string]) { call throws(TemplateFault) in .text(TextCase.lower(call.text(0))) }
        table.add("graphLink", [.string]) { call throws(TemplateFault) in
            .string(Array("/graph?g0.expr=".utf8) + Escaping.query(call.string(0)) + Array("&g0.tab=0".utf8))
        }
        table.add("tableLink", [.string]) { call throws(TemplateFault) in
            .string(Array("/graph?g0.expr=".utf8) + Escaping.query(call.string(0)) + Array("&g0.tab=1".utf8))
        }
        table.add("urlQueryEscape", [.string]) { call throws(TemplateFault) in .string(Escaping.query(call.string(0))) }
        table.add("stripPort", [.string]) { call throws(TemplateFault) in
            .text(HostPort(parsing: call.text(0))?.host ?? call.text(0))
        }
        table.add("stripDomain", [.string]) { call throws(TemplateFault) in .text(HostPort.withoutDomain(call.text(0))) }
    }

    private static func pattern(_ text: String) throws(TemplateFault) -> LinearPattern {
        do throws(LinearPatternError) { return try LinearPattern(text, anchored: false) } catch { throw TemplateFault("\(error)") }
    }

    private static func addNumbers(_ table: inout FunctionTable) {
        table.add("humanize", [.any]) { call throws(TemplateFault) in .text(HumanText.humanize(try number(call.arguments[0]))) }
        table.add("humanize1024", [.any]) { call throws(TemplateFault) in .text(HumanText.humanize1024(try number(call.arguments[0]))) }
        table.add("humanizeDuration", [.any]) { call throws(TemplateFault) in .text(HumanText.duration(try number(call.arguments[0]))) }
        table.add("humanizePercentage", [.any]) { call throws(TemplateFault) in
            .text(FloatText.general(try number(call.arguments[0]) * 100, digits: 4) + "%")
        }
    }

    private static func addTimes(_ table: inout FunctionTable) {
        table.add("humanizeTimestamp", [.any]) { call throws(TemplateFault) in
            let value = try number(call.arguments[0])
            if !value.isFinite { return .text(FloatText.general(value, digits: 4)) }
            return .text(try time(value).description)
        }
        table.add("toTime", [.any]) { call throws(TemplateFault) in
            let value = try number(call.arguments[0])
            if !value.isFinite { throw TemplateFault("value is NaN or Inf") }
            return .time(try time(value))
        }
        table.add("toDuration", [.any]) { call throws(TemplateFault) in
            let nanoseconds = try number(call.arguments[0]) * 1e9
            // What does not fit becomes what a conversion makes of it on the usual processors.
            return .object(GoDuration(nanoseconds: Int64(exactly: nanoseconds.rounded(.towardZero)) ?? .min))
        }
        table.add("parseDuration", [.string]) { call throws(TemplateFault) in
            let text = call.text(0)
            let isNegative = text.hasPrefix("-")
            guard let duration = ConfigDuration(parsing: isNegative ? String(text.dropFirst()) : text) else {
                throw TemplateFault("not a valid duration string: \(GoQuoting.string(text))")
            }
            let seconds = Double(duration.milliseconds) / 1000
            return .float(isNegative ? -seconds : seconds)
        }
    }

    private static func time(_ seconds: Double) throws(TemplateFault) -> GoTime {
        let nanoseconds = seconds * 1e9
        guard nanoseconds > -9.3e18, nanoseconds < 9.3e18, let whole = Int64(exactly: nanoseconds.rounded(.towardZero)) else {
            let text = FloatText.general(seconds)
            throw TemplateFault("\(text) cannot be represented as a nanoseconds timestamp since it overflows int64")
        }
        // Prometheus keeps milliseconds.
        return GoTime(nanoseconds: whole / 1_000_000 * 1_000_000)
    }

    /// A number, or a text that is one.
    private static func number(_ value: TemplateValue) throws(TemplateFault) -> Double {
        switch value {
        case .float(let value): return value
        case .int(let value): return Double(value)
        case .string(let bytes):
            let text = String(decoding: bytes, as: UTF8.self)
            guard let value = HumanText.parse(text) else {
                throw TemplateFault("strconv.ParseFloat: parsing \(GoQuoting.string(text)): invalid syntax")
            }
            if value.isInfinite, text.utf8.contains(where: { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) {
                throw TemplateFault("strconv.ParseFloat: parsing \(GoQuoting.string(text)): value out of range")
            }
            return value
        case .object(let object):
            if let duration = object as? GoDuration { return Double(duration.nanoseconds) / 1e9 }
            throw TemplateFault("can't convert \(value.typeName) to float")
        default: throw TemplateFault("can't convert \(value.typeName) to float")
        }
    }

    /// The path of a URL.
    static func path(of url: String) -> String {
        guard let scheme = url.range(of: "://") else { return "" }
        guard let slash = url[scheme.upperBound...].firstIndex(of: "/") else { return "" }
        return String(url[slash...].prefix { $0 != "?" && $0 != "#" })
    }
}

extension String {
    /// Where a text stands in this one.
    fileprivate func range(of text: String) -> Range<Index>? { ranges(of: text).first }
}
