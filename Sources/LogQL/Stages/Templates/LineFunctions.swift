internal import GoTemplate

/// The functions that templates of log queries may call, beside Go's own. The reference is Loki's page on template functions.
enum LineFunctions {
    static let table: FunctionTable = {
        var table = FunctionTable.builtin
        table["__line__"] = .provided(LineTemplate.Provided.line)
        table["__timestamp__"] = .provided(LineTemplate.Provided.time)
        table["now"] = .provided(LineTemplate.Provided.now)
        addText(to: &table)
        addOldNames(to: &table)
        addEncodings(to: &table)
        addPatterns(to: &table)
        addNumbers(to: &table)
        addTimes(to: &table)
        return table
    }()

    /// Adds a function from strings to a string.
    static func add(
        _ name: String, _ count: Int = 1, to table: inout FunctionTable, _ body: @escaping @Sendable (TemplateCall) -> [UInt8]
    ) {
        table.add(name, Array(repeating: .string, count: count)) { call throws(TemplateFault) in .string(body(call)) }
    }

    // MARK: Text

    private static func addText(to table: inout FunctionTable) {
        add("lower", to: &table) { TextFunctions.lower($0.string(0)) }
        add("upper", to: &table) { TextFunctions.upper($0.string(0)) }
        add("title", to: &table) { TextFunctions.title($0.string(0)) }
        add("trim", to: &table) { Array(LabelNames.trimmed($0.string(0)[...])) }
        add("trimAll", 2, to: &table) { TextFunctions.trim($0.string(1), of: $0.string(0)) }
        add("trimPrefix", 2, to: &table) { TextFunctions.withoutPrefix($0.string(1), $0.string(0)) }
        add("trimSuffix", 2, to: &table) { TextFunctions.withoutSuffix($0.string(1), $0.string(0)) }
        table.add("replace", [.string, .string, .string]) { call throws(TemplateFault) in
            .string(try TextFunctions.replace(call.string(2), call.string(0), with: call.string(1), count: -1, bytesMax: call.bytesMax))
        }
        table.add("trunc", [.int, .string]) { call throws(TemplateFault) in
            .string(TextFunctions.truncate(call.string(1), call.int(0)))
        }
        table.add("substr", [.int, .int, .string]) { call throws(TemplateFault) in
            .string(try TextFunctions.part(call.string(2), call.int(0), call.int(1)))
        }
        table.add("indent", [.int, .string]) { call throws(TemplateFault) in
            .string(try TextFunctions.indent(call.string(1), call.int(0), bytesMax: call.bytesMax))
        }
        table.add("nindent", [.int, .string]) { call throws(TemplateFault) in
            .string([0x0a] + (try TextFunctions.indent(call.string(1), call.int(0), bytesMax: call.bytesMax)))
        }
        table.add("repeat", [.int, .string]) { call throws(TemplateFault) in
            .string(try TextFunctions.repeated(call.string(1), call.int(0), bytesMax: call.bytesMax))
        }
        table.add("alignLeft", [.int, .string]) { call throws(TemplateFault) in
            .string(try TextFunctions.align(call.string(1), call.int(0), isLeft: true, bytesMax: call.bytesMax))
        }
        table.add("alignRight", [.int, .string]) { call throws(TemplateFault) in
            .string(try TextFunctions.align(call.string(1), call.int(0), isLeft: false, bytesMax: call.bytesMax))
        }
        table.add("contains", [.string, .string]) { call throws(TemplateFault) in
            let needle = call.string(0)
            return .bool(call.string(1).withUnsafeBytes { ByteSearch.firstIndex(of: needle, in: $0) } != nil)
        }
        table.add("hasPrefix", [.string, .string]) { call throws(TemplateFault) in .bool(call.string(1).starts(with: call.string(0))) }
        table.add("hasSuffix", [.string, .string]) { call throws(TemplateFault) in
            .bool(call.string(1).reversed().starts(with: call.string(0).reversed()))
        }
        table.add("default", [.any], variadic: .any) { call throws(TemplateFault) in
            call.arguments.count > 1 && call.arguments[1].isTrue ? call.arguments[1] : call.arguments[0]
        }
    }

    /// Functions that are kept for queries that have them: names and orders of arguments are those of Go's `strings`.
    private static func addOldNames(to table: inout FunctionTable) {
        add("ToLower", to: &table) { TextFunctions.lower($0.string(0)) }
        add("ToUpper", to: &table) { TextFunctions.upper($0.string(0)) }
        add("Trim", 2, to: &table) { TextFunctions.trim($0.string(0), of: $0.string(1)) }
        add("TrimLeft", 2, to: &table) { TextFunctions.trim($0.string(0), of: $0.string(1), atEnd: false) }
        add("TrimRight", 2, to: &table) { TextFunctions.trim($0.string(0), of: $0.string(1), atStart: false) }
        add("TrimPrefix", 2, to: &table) { TextFunctions.withoutPrefix($0.string(0), $0.string(1)) }
        add("TrimSuffix", 2, to: &table) { TextFunctions.withoutSuffix($0.string(0), $0.string(1)) }
        add("TrimSpace", to: &table) { Array(LabelNames.trimmed($0.string(0)[...])) }
        table.add("Replace", [.string, .string, .string, .int]) { call throws(TemplateFault) in
            .string(
                try TextFunctions.replace(call.string(0), call.string(1), with: call.string(2), count: call.int(3), bytesMax: call.bytesMax)
            )
        }
    }
}
