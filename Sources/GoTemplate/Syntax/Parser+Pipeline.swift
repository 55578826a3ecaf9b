internal import TelemetryModel

/// Pipelines, commands and operands.
extension Parser {
    /// Reads a pipeline and the token that ends it.
    mutating func pipeline(_ context: String, _ end: TokenKind) throws(TemplateError) -> Pipe {
        var pipe = Pipe(position: peekNonSpace().position)
        try declarations(of: &pipe, context)
        while true {
            let start = next
            let token = takeNonSpace()
            if token.kind == end {
                try check(pipe, context)
                return pipe
            }
            switch token.kind {
            case .boolean, .characterConstant, .dot, .field, .identifier, .number, .nilWord, .rawString, .string, .variable,
                .leftParenthesis:
                next = start
                pipe.commands.append(try command())
            default: throw unexpected(token, context)
            }
        }
    }

    /// `$x :=`, `$x =`, and for ranges `$i, $x :=`.
    private mutating func declarations(of pipe: inout Pipe, _ context: String) throws(TemplateError) {
        while peekNonSpace().kind == .variable {
            let start = next
            let variable = take()
            let mark = peekNonSpace()
            if mark.kind == .assign || mark.kind == .declare {
                pipe.isAssignment = mark.kind == .assign
                _ = takeNonSpace()
                pipe.variables.append(variable.string)
                variables.append(variable.string)
                return
            }
            guard mark.kind == .character, mark.string == "," else {
                next = start
                return
            }
            _ = takeNonSpace()
            pipe.variables.append(variable.string)
            variables.append(variable.string)
            guard context == "range", pipe.variables.count < 2 else { throw fault("too many declarations in \(context)") }
            switch peekNonSpace().kind {
            case .variable, .rightDelimiter, .rightParenthesis: continue
            default: throw fault("range can only initialize variables")
            }
        }
    }

    private func check(_ pipe: Pipe, _ context: String) throws(TemplateError) {
        if pipe.commands.isEmpty { throw fault("missing value for \(context)") }
        for (index, command) in pipe.commands.enumerated().dropFirst() where !(command.operands.first?.isExecutable ?? true) {
            throw fault("non executable command in pipeline stage \(index + 1)")
        }
    }

    private mutating func command() throws(TemplateError) -> Command {
        var command = Command(position: peekNonSpace().position)
        loop: while true {
            _ = peekNonSpace()
            if let operand = try operand() { command.operands.append(operand) }
            let start = next
            let token = take()
            switch token.kind {
            case .space: continue
            case .rightDelimiter, .rightParenthesis: next = start
            case .pipe: break
            default: throw unexpected(token, "operand")
            }
            break loop
        }
        if command.operands.isEmpty { throw fault("empty command") }
        return command
    }

    /// A term, perhaps with fields behind it.
    private mutating func operand() throws(TemplateError) -> Operand? {
        guard let term = try term() else { return nil }
        guard peek().kind == .field else { return term }
        let position = peek().position
        var fields: [String] = []
        while peek().kind == .field { fields.append(String(take().string.dropFirst())) }
        switch term.kind {
        case .field(let names): return Operand(position: position, kind: .field(names + fields))
        case .variable(let name, let names): return Operand(position: position, kind: .variable(name, names + fields))
        case .bool, .string, .number, .nil, .dot: throw fault("unexpected . after term " + GoQuoting.string(term.text))
        case .function, .pipe, .chain: return Operand(position: position, kind: .chain(term, fields))
        }
    }

    private mutating func term() throws(TemplateError) -> Operand? {
        let start = next
        let token = takeNonSpace()
        let kind: Operand.Kind
        switch token.kind {
        case .identifier:
            guard let function = functions[token.string] else { throw fault("function \(GoQuoting.string(token.string)) not defined") }
            kind = .function(token.string, function)
        case .dot: kind = .dot
        case .nilWord: kind = .nil
        case .variable:
            guard variables.contains(token.string) else { throw fault("undefined variable \(GoQuoting.string(token.string))") }
            kind = .variable(token.string, [])
        case .field: kind = .field([String(token.string.dropFirst())])
        case .boolean: kind = .bool(token.string == "true")
        case .characterConstant, .number: kind = .number(try number(token))
        case .leftParenthesis:
            try enter()
            defer { depth -= 1 }
            kind = .pipe(try pipeline("parenthesized pipeline", .rightParenthesis))
        case .string, .rawString:
            guard let text = StringLiteral.unquote(token.text, quote: token.text[0]) else { throw fault("invalid syntax") }
            kind = .string(text, source: token.string)
        default:
            next = start
            return nil
        }
        return Operand(position: token.position, kind: kind)
    }

    private func number(_ token: Token) throws(TemplateError) -> NumberLiteral {
        do {
            return token.kind == .number ? try NumberLiteral(token.string) : try NumberLiteral(character: token.string)
        } catch {
            throw fault(error.message)
        }
    }
}
