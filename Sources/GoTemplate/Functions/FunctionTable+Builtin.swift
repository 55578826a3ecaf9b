extension FunctionTable {
    /// The functions that every template has.
    public static let builtin: FunctionTable = {
        var table = FunctionTable()
        table["and"] = .logical(stopsAt: false)
        table["or"] = .logical(stopsAt: true)
        table.add("not", [.any]) { call throws(TemplateFault) in .bool(!call.arguments[0].isTrue) }
        table.add("len", [.any]) { call throws(TemplateFault) in .int(Int64(try Indexing.length(call.arguments[0]))) }
        table.add("index", [.any], variadic: .any) { call throws(TemplateFault) in
            try Indexing.index(call.arguments[0], call.arguments.dropFirst())
        }
        table.add("slice", [.any], variadic: .any) { call throws(TemplateFault) in
            try Indexing.slice(call.arguments[0], call.arguments.dropFirst())
        }
        // The evaluator does it, which knows how to call.
        table.add("call", [.any], variadic: .any) { _ throws(TemplateFault) in .none }
        table.addPrinting()
        table.addComparisons()
        return table
    }()

    private mutating func addPrinting() {
        add("print", variadic: .any) { call throws(TemplateFault) in
            try GoPrinter.print(call.bytesMax) { $0.print(call.arguments) }
        }
        add("println", variadic: .any) { call throws(TemplateFault) in
            try GoPrinter.print(call.bytesMax) { $0.printLine(call.arguments) }
        }
        add("printf", [.string], variadic: .any) { call throws(TemplateFault) in
            try GoPrinter.print(call.bytesMax) { $0.format(call.string(0), Array(call.arguments.dropFirst())) }
        }
        add("html", variadic: .any) { call throws(TemplateFault) in .string(Escaping.html(try Escaping.text(call))) }
        add("js", variadic: .any) { call throws(TemplateFault) in .string(Escaping.javaScript(try Escaping.text(call))) }
        add("urlquery", variadic: .any) { call throws(TemplateFault) in .string(Escaping.query(try Escaping.text(call))) }
    }

    private mutating func addComparisons() {
        add("eq", [.any], variadic: .any) { call throws(TemplateFault) in
            guard call.arguments.count > 1 else { throw TemplateFault("missing argument for comparison") }
            for other in call.arguments.dropFirst() where try Comparison.equal(call.arguments[0], other) { return .bool(true) }
            return .bool(false)
        }
        add("ne", [.any, .any]) { call throws(TemplateFault) in .bool(!(try Comparison.equal(call.arguments[0], call.arguments[1]))) }
        add("lt", [.any, .any]) { call throws(TemplateFault) in .bool(try Comparison.less(call.arguments[0], call.arguments[1])) }
        add("ge", [.any, .any]) { call throws(TemplateFault) in .bool(!(try Comparison.less(call.arguments[0], call.arguments[1]))) }
        add("le", [.any, .any]) { call throws(TemplateFault) in .bool(try Comparison.lessOrEqual(call.arguments[0], call.arguments[1])) }
        add("gt", [.any, .any]) { call throws(TemplateFault) in .bool(!(try Comparison.lessOrEqual(call.arguments[0], call.arguments[1]))) }
    }
}
