internal import ByteCoding
internal import GoTemplate
internal import LinearRegex
internal import TelemetryModel

/// The functions that Alertmanager adds for templates of notifications.
enum NotificationFunctions {
    /// Places of what is handed over with each rendering.
    enum Provided {
        static let now = 0
        /// The labels of the route, a map.
        static let routeLabels = 1
    }

    /// - Parameter zone: a time zone by its name; nil where there is none.
    static func table(zone: @escaping @Sendable (String) -> GoTimeZone?) -> FunctionTable {
        var table = FunctionTable.builtin
        addTexts(&table)
        addPatterns(&table)
        addLists(&table)
        addTimes(&table, zone)
        table["now"] = .provided(Provided.now)
        table.add("routeLabels", [.string]) { call throws(TemplateFault) in
            guard case .map(let map) = call.provided(Provided.routeLabels) else { return .text("") }
            return map[call.string(0)] ?? .text("")
        }
        return table
    }

    private static func addTexts(_ table: inout FunctionTable) {
        table.add("toUpper", [.string]) { call throws(TemplateFault) in .text(TextCase.upper(call.text(0))) }
        table.add("toLower", [.string]) { call throws(TemplateFault) in .text(TextCase.lower(call.text(0))) }
        table.add("title", [.string]) { call throws(TemplateFault) in .text(TextCase.title(TextCase.lower(call.text(0)))) }
        table.add("trimSpace", [.string]) { call throws(TemplateFault) in .text(trimmed(call.text(0))) }
        table.add("join", [.string, .list]) { call throws(TemplateFault) in
            .text(try texts(call.arguments[1]).joined(separator: call.text(0)))
        }
        table.add("safeHtml", [.string]) { call throws(TemplateFault) in .object(TemplateMarkup(call.string(0), as: .markup)) }
        table.add("safeUrl", [.string]) { call throws(TemplateFault) in .object(TemplateMarkup(call.string(0), as: .address)) }
        table.add("urlUnescape", [.string]) { call throws(TemplateFault) in
            guard let text = PercentForm.decodeQuery(call.string(0)) else { throw TemplateFault("invalid URL escape") }
            return .string(text)
        }
        table.add("toJson", [.any]) { call throws(TemplateFault) in .string(JSONText.bytes(call.arguments[0])) }
        table.add("base64encode", [.string]) { call throws(TemplateFault) in
            var bytes: [UInt8] = []
            Base64.encode(call.string(0), into: &bytes)
            return .string(bytes.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: "-") : $0 == UInt8(ascii: "/") ? UInt8(ascii: "_") : $0 })
        }
        table.add("base64decode", [.string]) { call throws(TemplateFault) in
            guard let bytes = Base64.decode(call.string(0)) else { throw TemplateFault("illegal base64 data") }
            return .string(bytes)
        }
    }

    private static func addPatterns(_ table: inout FunctionTable) {
        table.add("match", [.string, .string]) { call throws(TemplateFault) in .bool(try pattern(call.text(0)).matches(call.text(1))) }
        table.add("reReplaceAll", [.string, .string, .string]) { call throws(TemplateFault) in
            .text(try pattern(call.text(0)).replaceAll(in: call.text(2), with: ReplacementTemplate(call.text(1))))
        }
    }

    private static func addLists(_ table: inout FunctionTable) {
        table.add("stringSlice", variadic: .string) { call throws(TemplateFault) in .list(call.arguments) }
        table.add("list", variadic: .any) { call throws(TemplateFault) in .list(call.arguments) }
        table.add("append", [.list], variadic: .any) { call throws(TemplateFault) in
            guard case .list(let elements) = call.arguments[0] else { return call.arguments[0] }
            return .list(elements + call.arguments.dropFirst())
        }
        table.add("dict", variadic: .any) { call throws(TemplateFault) in
            if call.arguments.count % 2 != 0 { throw TemplateFault("dict requires an even number of arguments") }
            var entries: [(key: [UInt8], value: TemplateValue)] = []
            for index in stride(from: 0, to: call.arguments.count, by: 2) {
                guard case .string(let key) = call.arguments[index] else { throw TemplateFault("dict keys must be strings") }
                entries.append((key, call.arguments[index + 1]))
            }
            return .map(TemplateMap(entries))
        }
    }

    private static func addTimes(_ table: inout FunctionTable, _ zone: @escaping @Sendable (String) -> GoTimeZone?) {
        table.add("date", [.string, .time]) { call throws(TemplateFault) in .text(time(call.arguments[1]).format(call.text(0))) }
        table.add("tz", [.string, .time]) { call throws(TemplateFault) in
            guard let zone = zone(call.text(0)) else { throw TemplateFault("unknown time zone \(call.text(0))") }
            return .time(time(call.arguments[1]).shown(in: zone))
        }
        table.add("since", [.time]) { call throws(TemplateFault) in
            .object(time(call.provided(Provided.now)).since(time(call.arguments[0])))
        }
        table.add("humanizeDuration", [.any]) { call throws(TemplateFault) in .text(HumanText.duration(try seconds(call.arguments[0]))) }
        table.add("toDate", [.string, .string]) { call throws(TemplateFault) in
            .time(GoTime(parsing: call.text(1), layout: call.text(0)) ?? .zero)
        }
        table.add("mustToDate", [.string, .string]) { call throws(TemplateFault) in
            guard let time = GoTime(parsing: call.text(1), layout: call.text(0)) else {
                throw TemplateFault("parsing time \(GoQuoting.string(call.text(1))) as \(GoQuoting.string(call.text(0)))")
            }
            return .time(time)
        }
    }

    private static func time(_ value: TemplateValue) -> GoTime { if case .time(let time) = value { time } else { .zero } }

    private static func texts(_ value: TemplateValue) throws(TemplateFault) -> [String] {
        guard case .list(let elements) = value else { return [] }
        var result: [String] = []
        for element in elements {
            guard case .string(let bytes) = element.unwrapped else {
                throw TemplateFault("join takes a list of strings; got \(element.typeName)")
            }
            result.append(String(decoding: bytes, as: UTF8.self))
        }
        return result
    }

    private static func seconds(_ value: TemplateValue) throws(TemplateFault) -> Double {
        switch value {
        case .int(let value): return Double(value)
        case .float(let value): return value
        case .object(let duration as GoDuration): return duration.seconds
        case .string(let bytes):
            let text = String(decoding: bytes, as: UTF8.self)
            if let value = HumanText.parse(text) { return value }
            throw TemplateFault("strconv.ParseFloat: parsing \(GoQuoting.string(text)): invalid syntax")
        default: throw TemplateFault("can't convert \(value.typeName) to float")
        }
    }

    private static func pattern(_ text: String) throws(TemplateFault) -> LinearPattern {
        do throws(LinearPatternError) { return try LinearPattern(text, anchored: false) } catch { throw TemplateFault("\(error)") }
    }

    private static func trimmed(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(scalars[first...last])
    }
}
