internal import TelemetryModel

// How parts of a template are written in error messages.

extension Pipe {
    var text: String {
        let head = variables.isEmpty ? "" : variables.joined(separator: ", ") + (isAssignment ? " = " : " := ")
        return head + commands.map(\.text).joined(separator: " | ")
    }
}

extension Command {
    var text: String {
        operands.map { operand in
            if case .pipe = operand.kind { "(\(operand.text))" } else { operand.text }
        }.joined(separator: " ")
    }
}

extension Operand {
    var text: String {
        switch kind {
        case .dot: return "."
        case .nil: return "nil"
        case .bool(let value): return value ? "true" : "false"
        case .number(let number): return number.text
        case .string(_, let source): return source
        case .field(let names): return names.map { "." + $0 }.joined()
        case .variable(let name, let fields): return name + fields.map { "." + $0 }.joined()
        case .function(let name, _): return name
        case .pipe(let pipe): return pipe.text
        case .chain(let operand, let fields):
            let text = if case .pipe = operand.kind { "(\(operand.text))" } else { operand.text }
            return text + fields.map { "." + $0 }.joined()
        }
    }
}

extension TemplateReference {
    var text: String { "{{template \(GoQuoting.string(name))\(pipe.map { " " + $0.text } ?? "")}}" }
}
