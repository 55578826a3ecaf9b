extension Parser {
    /// `{…}` and the stages behind it, as far as they go. Stops in front of a pipe that `unwrap` follows, having read it.
    mutating func parseStages() throws(SyntaxFault) -> (stages: [PipelineStage], isAtUnwrap: Bool) {
        var stages: [PipelineStage] = []
        while true {
            if let filterOperator {
                stages += try parseLineFilter(filterOperator).map { .lineFilter($0) }
            } else if try take(.pipe) {
                if isAt(.unwrap) { return (stages, true) }
                stages.append(try parseStage())
            } else {
                return (stages, false)
            }
        }
    }

    private mutating func parseStage() throws(SyntaxFault) -> PipelineStage {
        switch token {
        case .word(.json):
            try advance()
            return .json(try parseExtractions())
        case .word(.logfmt): return try parseLogfmt()
        case .word(.regexp):
            try advance()
            let expression = try expectString()
            try checkRegexpParser(expression)
            return .regexp(expression)
        case .word(.pattern):
            try advance()
            let expression = try expectString()
            try checkPatternParser(expression)
            return .pattern(expression)
        case .word(.unpack):
            try advance()
            return .unpack
        case .word(.lineFormat):
            try advance()
            return .lineFormat(try expectString())
        case .word(.labelFormat): return .labelFormat(try parseLabelFormats())
        case .word(.decolorize):
            try advance()
            return .decolorize
        case .word(.drop): return .drop(try parseChoices())
        case .word(.keep): return .keep(try parseChoices())
        default: return .labelFilter(try parseLabelFilter())
        }
    }

    // MARK: Line filters

    private var filterOperator: LineFilter.Operator? {
        switch token {
        case .word(.pipeExact): .contains
        case .word(.notEqual): .containsNot
        case .word(.pipeMatch): .matches
        case .word(.notMatches): .matchesNot
        case .word(.pipePattern): .hasPattern
        case .word(.notPattern): .hasNotPattern
        default: nil
        }
    }

    /// One filter; several where an excluding one has alternatives, as none of them may be there.
    private mutating func parseLineFilter(_ filterOperator: LineFilter.Operator) throws(SyntaxFault) -> [LineFilter] {
        try advance()
        var operands = [try parseOperand()]
        while try take(.or) { operands.append(try parseOperand()) }
        switch filterOperator {
        case .contains, .matches, .hasPattern: return [LineFilter(filterOperator, operands)]
        case .containsNot, .matchesNot, .hasNotPattern: return operands.map { LineFilter(filterOperator, [$0]) }
        }
    }

    private mutating func parseOperand() throws(SyntaxFault) -> LineFilter.Operand {
        if try take(.ip) {
            try expect(.openParenthesis)
            let text = try expectString()
            try expect(.closeParenthesis)
            return LineFilter.Operand(text, isAddress: true)
        }
        guard case .string(let text) = token else { throw unexpected(expecting: ["STRING", "ip"]) }
        try advance()
        return LineFilter.Operand(text)
    }

    // MARK: Parsers

    private mutating func parseLogfmt() throws(SyntaxFault) -> PipelineStage {
        try advance()
        var flags = LogfmtFlags()
        while case .flag(let flag) = token {
            if flag == "--strict" { flags.isStrict = true } else { flags.keepsEmpty = true }
            try advance()
        }
        return .logfmt(flags, try parseExtractions())
    }

    private mutating func parseExtractions() throws(SyntaxFault) -> [LabelExtraction] {
        guard case .identifier = token else { return [] }
        var extractions: [LabelExtraction] = []
        repeat {
            let label = try expectIdentifier()
            let expression = try take(.equal) ? try expectString() : label
            extractions.append(LabelExtraction(label: label, expression: expression))
        } while try take(.comma)
        return extractions
    }

    private func checkRegexpParser(_ expression: String) throws(SyntaxFault) {
        do throws(StageError) {
            _ = try RegexpStage(expression)
        } catch {
            throw SyntaxFault("invalid regexp parser: \(error)")
        }
    }

    private func checkPatternParser(_ expression: String) throws(SyntaxFault) {
        do throws(StageError) {
            _ = try PatternStage(expression)
        } catch {
            throw SyntaxFault("invalid pattern parser: \(error)")
        }
    }

    // MARK: Labels

    private mutating func parseLabelFormats() throws(SyntaxFault) -> [LabelFormat] {
        try advance()
        var formats: [LabelFormat] = []
        repeat {
            let label = try expectIdentifier()
            try expect(.equal)
            switch token {
            case .identifier(let source): formats.append(LabelFormat(label: label, source: .rename(source)))
            case .string(let template): formats.append(LabelFormat(label: label, source: .template(template)))
            default: throw unexpected(expecting: ["IDENTIFIER", "STRING"])
            }
            try advance()
        } while try take(.comma)
        return formats
    }

    private mutating func parseChoices() throws(SyntaxFault) -> [LabelChoice] {
        try advance()
        var choices: [LabelChoice] = []
        repeat {
            let name = try expectIdentifier()
            if let matchOperator {
                try advance()
                choices.append(.matcher(try matcher(name, matchOperator, try expectString())))
            } else {
                choices.append(.name(name))
            }
        } while try take(.comma)
        return choices
    }
}
