internal import TelemetryModel

/// Calls and their arguments.
extension Evaluator {
    /// - Parameters:
    ///   - node: the name, for errors in the number of arguments.
    ///   - whole: the whole call, for errors of the function itself.
    func invoke(
        _ function: TemplateFunction, _ name: String, _ node: Located, _ whole: Located, _ dot: TemplateValue,
        _ arguments: ArraySlice<Operand>,
        _ final: TemplateValue?
    ) throws(TemplateError) -> TemplateValue {
        let count = arguments.count + (final == nil ? 0 : 1)
        let wanted = function.parameters.count
        if function.variadic != nil {
            if count < wanted {
                throw fault(
                    "wrong number of args for \(name): want at least \(wanted) got \(arguments.count)", at: node.position, node.text)
            }
        } else if count != wanted {
            throw fault("wrong number of args for \(name): want \(wanted) got \(count)", at: node.position, node.text)
        }
        switch function.meaning {
        case .provided(let index): return index < provided.count ? provided[index] : .none
        case .logical(let decisive): return try logical(stopsAt: decisive, dot, arguments, final)
        case .body(let body):
            var values: [TemplateValue] = []
            values.reserveCapacity(count)
            for (index, argument) in arguments.enumerated() {
                values.append(try evaluate(argument, as: function.parameter(index), dot))
            }
            if let final { values.append(try check(final, function.parameter(arguments.count), whole)) }
            return try run(body, name, values, whole)
        }
    }

    private func run(
        _ body: TemplateFunction.Body, _ name: String, _ values: [TemplateValue], _ whole: Located
    ) throws(TemplateError) -> TemplateValue {
        if name == "call", let first = values.first { return try callValue(first, Array(values.dropFirst()), whole) }
        let result: TemplateValue
        do {
            result = try body(TemplateCall(arguments: values, evaluator: self))
        } catch {
            throw fault("error calling \(name): \(error.message)", at: whole.position, whole.text)
        }
        if case .string(let bytes) = result { try step(bytes: bytes.count) }
        return result
    }

    /// `call`: its first argument is the function.
    private func callValue(_ function: TemplateValue, _ arguments: [TemplateValue], _ whole: Located) throws(TemplateError) -> TemplateValue
    {
        func failure(_ message: String) -> TemplateError { fault("error calling call: \(message)", at: whole.position, whole.text) }
        guard case .function(let function) = function, case .body(let body) = function.meaning else {
            throw failure("non-function \(whole.text) of type \(function.typeName)")
        }
        let wanted = function.parameters.count
        if arguments.count < wanted || (function.variadic == nil && arguments.count > wanted) {
            let atLeast = function.variadic == nil ? "" : " at least"
            throw failure("wrong number of args for \(whole.text): got \(arguments.count) want\(atLeast) \(wanted)")
        }
        for (index, argument) in arguments.enumerated() where !function.parameter(index).takes(argument) {
            throw failure("arg \(index): value has type \(argument.typeName); should be \(function.parameter(index).typeName)")
        }
        return try run(body, "", arguments, whole)
    }

    /// The first argument that decides, or the last; those behind it are not looked at.
    private func logical(
        stopsAt decisive: Bool, _ dot: TemplateValue, _ arguments: ArraySlice<Operand>, _ final: TemplateValue?
    ) throws(TemplateError) -> TemplateValue {
        var value = TemplateValue.none
        for argument in arguments {
            value = try evaluate(argument, as: .any, dot)
            if value.isTrue == decisive { return value }
        }
        return final ?? value
    }

    // MARK: Arguments

    /// The value of an argument for a parameter.
    private func evaluate(
        _ operand: Operand, as parameter: TemplateFunction.Parameter, _ dot: TemplateValue
    ) throws(TemplateError) -> TemplateValue {
        let value: TemplateValue
        switch operand.kind {
        case .dot: value = dot
        case .nil:
            guard let zero = parameter.zero else {
                throw fault("cannot assign nil to \(parameter.typeName)", at: operand.position, operand.text)
            }
            return zero
        case .bool, .number, .string: return try literal(operand, as: parameter, dot)
        case .field, .variable, .chain, .function, .pipe:
            try step()
            value = try evaluate(operand, .operand(operand), dot, [], nil)
        }
        return try check(value, parameter, .operand(operand))
    }

    /// A literal takes the type that is asked for, if it can.
    private func literal(
        _ operand: Operand, as parameter: TemplateFunction.Parameter, _ dot: TemplateValue
    ) throws(TemplateError) -> TemplateValue {
        switch (parameter, operand.kind) {
        case (.any, _): return try constant(operand, dot)
        case (.bool, .bool(let value)): return .bool(value)
        case (.string, .string(let bytes, _)): return .string(bytes)
        case (.int, .number(let number)):
            if let value = number.integer { return .int(value) }
        case (.float, .number(let number)):
            if let value = number.float { return .float(value) }
        default: break
        }
        let expected =
            switch parameter {
            case .bool: "bool"
            case .string: "string"
            case .int: "integer"
            case .float: "float"
            default: parameter.typeName
            }
        switch parameter {
        case .bool, .string, .int, .float: throw fault("expected \(expected); found \(operand.text)", at: operand.position, operand.text)
        default: throw fault("can't handle \(operand.text) for arg of type \(expected)", at: operand.position, operand.text)
        }
    }

    /// Holds a value to the type of a parameter.
    private func check(
        _ value: TemplateValue, _ parameter: TemplateFunction.Parameter, _ node: Located
    ) throws(TemplateError) -> TemplateValue {
        if case .none = value {
            guard let zero = parameter.zero else {
                throw fault("invalid value; expected \(parameter.typeName)", at: node.position, node.text)
            }
            return zero
        }
        guard parameter.takes(value) else {
            if parameter.takesPlainForms, parameter.takes(value.unwrapped) { return value.unwrapped }
            throw fault("wrong type for value; expected \(parameter.typeName); got \(value.typeName)", at: node.position, node.text)
        }
        return value
    }
}
