internal import TelemetryModel

/// Pipelines, commands, fields.
extension Evaluator {
    /// The value of a pipeline. Variables that it declares are in force afterwards.
    func evaluate(_ pipe: Pipe, _ dot: TemplateValue) throws(TemplateError) -> TemplateValue {
        try enter()
        defer { leave() }
        var value: TemplateValue?
        for command in pipe.commands { value = try evaluate(command, dot, final: value) }
        let result = value ?? .none
        for name in pipe.variables {
            if !pipe.isAssignment {
                push(name, result)
            } else if !assign(name, result) {
                throw fault("undefined variable: \(name)", at: pipe.position, pipe.text)
            }
        }
        return result
    }

    /// - Parameter final: what the command before it in the pipeline gave, which is this one's last argument.
    private func evaluate(_ command: Command, _ dot: TemplateValue, final: TemplateValue?) throws(TemplateError) -> TemplateValue {
        try step()
        let first = command.operands[0]
        let arguments = command.operands.dropFirst()
        switch first.kind {
        case .field(let names): return try fields(of: dot, names[...], first, dot, arguments, final)
        case .chain(let operand, let names):
            return try fields(of: try chained(operand, first, dot), names[...], first, dot, arguments, final)
        case .function(let name): return try call(name, first, command, dot, arguments, final)
        case .variable(let name, let names):
            guard let value = variable(name) else { throw fault("undefined variable: \(name)", at: first.position, first.text) }
            if names.isEmpty {
                try checkNoArguments(command, final)
                return value
            }
            return try fields(of: value, names[...], first, dot, arguments, final)
        case .pipe(let pipe):
            try checkNoArguments(command, final)
            return try evaluate(pipe, dot)
        case .nil: throw fault("nil is not a command", at: first.position, first.text)
        case .dot, .bool, .number, .string:
            try checkNoArguments(command, final)
            return try constant(first, dot)
        }
    }

    private func checkNoArguments(_ command: Command, _ final: TemplateValue?) throws(TemplateError) {
        guard command.operands.count > 1 || final != nil else { return }
        let first = command.operands[0]
        throw fault("can't give argument to non-function \(first.text)", at: first.position, first.text)
    }

    /// The value of a literal or the dot, where no type is asked for.
    func constant(_ operand: Operand, _ dot: TemplateValue) throws(TemplateError) -> TemplateValue {
        switch operand.kind {
        case .dot: return dot
        case .bool(let value): return .bool(value)
        case .string(let bytes, _): return .string(bytes)
        case .number(let number):
            if number.isFloat, let value = number.float { return .float(value) }
            guard let value = number.integer else { throw fault("\(number.text) overflows int", at: operand.position, operand.text) }
            return .int(value)
        default: return .none
        }
    }

    private func chained(_ operand: Operand, _ chain: Operand, _ dot: TemplateValue) throws(TemplateError) -> TemplateValue {
        switch operand.kind {
        case .nil: throw fault("indirection through explicit nil in \(chain.text)", at: chain.position, chain.text)
        case .pipe(let pipe): return try evaluate(pipe, dot)
        case .function(let name):
            return try call(name, operand, Command(position: operand.position, operands: [operand]), dot, [], nil)
        default: return try constant(operand, dot)
        }
    }

    // MARK: Fields

    /// Follows fields from a value. The last one may be a method, which gets the arguments.
    func fields(
        of value: TemplateValue, _ names: ArraySlice<String>, _ node: Operand, _ dot: TemplateValue, _ arguments: ArraySlice<Operand>,
        _ final: TemplateValue?
    ) throws(TemplateError) -> TemplateValue {
        var value = value
        for (index, name) in names.enumerated() {
            let isLast = index == names.count - 1
            value = try field(name, of: value, node, dot, isLast ? arguments : [], isLast ? final : nil)
        }
        return value
    }

    private func field(
        _ name: String, of value: TemplateValue, _ node: Operand, _ dot: TemplateValue, _ arguments: ArraySlice<Operand>,
        _ final: TemplateValue?
    ) throws(TemplateError) -> TemplateValue {
        let hasArguments = !arguments.isEmpty || final != nil
        switch value {
        case .none: return .none
        case .map(let map):
            if hasArguments { throw fault("\(name) is not a method but has arguments", at: node.position, node.text) }
            return map[name.utf8] ?? map.missing
        case .object(let object):
            switch object.member(name) {
            case .field(let field):
                if hasArguments { throw fault("\(name) has arguments but cannot be invoked as function", at: node.position, node.text) }
                return field
            case .method(let method): return try invoke(method, name, Located(node), Located(node), dot, arguments, final)
            case nil: break
            }
        case .time(let time):
            if let method = time.method(name) { return try invoke(method, name, Located(node), Located(node), dot, arguments, final) }
        default: break
        }
        throw fault("can't evaluate field \(name) in type \(value.typeName)", at: node.position, node.text)
    }
}

/// A part of a template for error messages.
struct Located {
    let position: Int
    let text: () -> String

    init(_ operand: Operand) {
        position = operand.position
        text = { operand.text }
    }

    init(_ command: Command) {
        position = command.position
        text = { command.text }
    }
}
