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
        switch first.kind {
        case .variable(_, let names) where names.isEmpty: try checkNoArguments(command, final)
        case .nil: throw fault("nil is not a command", at: first.position, first.text)
        case .pipe, .dot, .bool, .number, .string: try checkNoArguments(command, final)
        case .field, .chain, .function, .variable: break
        }
        return try evaluate(first, .command(command), dot, command.operands.dropFirst(), final)
    }

    /// The value of an operand; a function, a field that is a method and the like get arguments.
    ///
    /// - Parameter whole: what errors of a function show.
    func evaluate(
        _ operand: Operand, _ whole: Located, _ dot: TemplateValue, _ arguments: ArraySlice<Operand>, _ final: TemplateValue?
    ) throws(TemplateError) -> TemplateValue {
        switch operand.kind {
        case .field(let names): return try fields(of: dot, names, operand, dot, arguments, final)
        case .chain(let start, let names): return try fields(of: try chained(start, operand, dot), names, operand, dot, arguments, final)
        case .function(let name, let function): return try invoke(function, name, .operand(operand), whole, dot, arguments, final)
        case .variable(let name, let names):
            guard let value = variable(name) else { throw fault("undefined variable: \(name)", at: operand.position, operand.text) }
            return try fields(of: value, names, operand, dot, arguments, final)
        case .pipe(let pipe): return try evaluate(pipe, dot)
        case .nil, .dot, .bool, .number, .string: return try constant(operand, dot)
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
        default: return try evaluate(operand, .operand(operand), dot, [], nil)
        }
    }

    // MARK: Fields

    /// Follows fields from a value. The last one may be a method, which gets the arguments.
    func fields(
        of value: TemplateValue, _ names: [String], _ node: Operand, _ dot: TemplateValue, _ arguments: ArraySlice<Operand>,
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
            case .method(let method): return try invoke(method, name, .operand(node), .operand(node), dot, arguments, final)
            case nil: break
            }
        case .time(let time):
            if let method = time.method(name) { return try invoke(method, name, .operand(node), .operand(node), dot, arguments, final) }
        default: break
        }
        throw fault("can't evaluate field \(name) in type \(value.typeName)", at: node.position, node.text)
    }
}

/// A part of a template for error messages.
enum Located {
    case operand(Operand)
    case command(Command)

    var position: Int {
        switch self {
        case .operand(let operand): operand.position
        case .command(let command): command.position
        }
    }

    var text: String {
        switch self {
        case .operand(let operand): operand.text
        case .command(let command): command.text
        }
    }
}
