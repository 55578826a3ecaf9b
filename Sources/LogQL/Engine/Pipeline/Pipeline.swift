/// The stages of a pipeline, ready to be run. A copy for each thread, as stages keep memory that they write in.
struct Pipeline: Sendable {
    /// What is to be done, in order; the number says which of the stages of its kind.
    enum Step: Sendable {
        case lineTest(Int)
        case labelTest(Int)
        case json(Int)
        case jsonExpressions(Int)
        case logfmt(Int)
        case logfmtExpressions(Int)
        case regexp(Int)
        case pattern(Int)
        case unpack(Int)
        case decolorize(Int)
        case choice(Int)
        case lineFormat(Int)
        case labelFormat(Int)
    }

    private(set) var steps: [Step] = []
    private var lineTests: [LineTest] = []
    private var labelTests: [LabelTest] = []
    private var jsons: [JSONStage] = []
    private var jsonExpressions: [JSONExpressionStage] = []
    private var logfmts: [LogfmtStage] = []
    private var logfmtExpressions: [LogfmtExpressionStage] = []
    private var regexps: [RegexpStage] = []
    private var patterns: [PatternStage] = []
    private var unpacks: [UnpackStage] = []
    private var decolorizers: [DecolorizeStage] = []
    private var choices: [LabelChoiceStage] = []
    private var lineFormats: [LineFormatStage] = []
    private var labelFormats: [LabelFormatStage] = []

    /// Runs all stages on a line.
    ///
    /// - Returns: whether the line passed.
    mutating func run(on context: inout LineContext) -> Bool {
        for step in steps {
            switch step {
            case .lineTest(let index): if !context.line.withBytes({ lineTests[index].passes($0) }) { return false }
            case .labelTest(let index): if !labelTests[index].passes(&context) { return false }
            case .json(let index): jsons[index].run(on: &context)
            case .jsonExpressions(let index): jsonExpressions[index].run(on: &context)
            case .logfmt(let index): logfmts[index].run(on: &context)
            case .logfmtExpressions(let index): logfmtExpressions[index].run(on: &context)
            case .regexp(let index): regexps[index].run(on: &context)
            case .pattern(let index): patterns[index].run(on: &context)
            case .unpack(let index): unpacks[index].run(on: &context)
            case .decolorize(let index): decolorizers[index].run(on: &context)
            case .choice(let index): choices[index].run(on: &context)
            case .lineFormat(let index): lineFormats[index].run(on: &context)
            case .labelFormat(let index): labelFormats[index].run(on: &context)
            }
        }
        return true
    }

    /// The labels that formats look at; nil where these may be all.
    var formattedLabels: [[UInt8]]? {
        var names: [[UInt8]] = []
        for labels in lineFormats.map(\.labels) + labelFormats.map(\.labels) {
            guard let labels else { return nil }
            names += labels
        }
        return names
    }

    // MARK: Making one

    mutating func append(_ test: LineTest) {
        steps.append(.lineTest(lineTests.count))
        lineTests.append(test)
    }

    mutating func append(_ test: LabelTest) {
        steps.append(.labelTest(labelTests.count))
        labelTests.append(test)
    }

    /// Appends a stage that is no filter.
    mutating func append(_ stage: PipelineStage) throws(StageError) {
        switch stage {
        case .lineFilter, .labelFilter: preconditionFailure("BUG: filters are appended as tests")
        case .json(let extractions) where extractions.isEmpty:
            steps.append(.json(jsons.count))
            jsons.append(JSONStage())
        case .json(let extractions):
            steps.append(.jsonExpressions(jsonExpressions.count))
            jsonExpressions.append(try JSONExpressionStage(extractions.map { ($0.label, $0.expression) }))
        case .logfmt(let flags, let extractions) where extractions.isEmpty:
            steps.append(.logfmt(logfmts.count))
            logfmts.append(LogfmtStage(isStrict: flags.isStrict, keepsEmpty: flags.keepsEmpty))
        case .logfmt(let flags, let extractions):
            steps.append(.logfmtExpressions(logfmtExpressions.count))
            logfmtExpressions.append(try LogfmtExpressionStage(extractions.map { ($0.label, $0.expression) }, isStrict: flags.isStrict))
        case .regexp(let expression):
            steps.append(.regexp(regexps.count))
            regexps.append(try RegexpStage(expression))
        case .pattern(let expression):
            steps.append(.pattern(patterns.count))
            patterns.append(try PatternStage(expression))
        case .unpack:
            steps.append(.unpack(unpacks.count))
            unpacks.append(UnpackStage())
        case .decolorize:
            steps.append(.decolorize(decolorizers.count))
            decolorizers.append(try DecolorizeStage())
        case .drop(let names):
            steps.append(.choice(choices.count))
            choices.append(LabelChoiceStage(names, keeps: false))
        case .keep(let names):
            steps.append(.choice(choices.count))
            choices.append(LabelChoiceStage(names, keeps: true))
        case .lineFormat(let template):
            steps.append(.lineFormat(lineFormats.count))
            lineFormats.append(try LineFormatStage(template))
        case .labelFormat(let formats):
            steps.append(.labelFormat(labelFormats.count))
            labelFormats.append(try LabelFormatStage(formats))
        }
    }
}
