internal import QueryModel

/// What a pipeline does, sorted by what it needs: tests of lines as they are stored come first, since they spare all else.
struct PipelinePlan: Sendable {
    /// Tests of lines as they are stored; all have to pass.
    private(set) var lineTests: [LineTest] = []
    /// The other stages.
    private(set) var pipeline = Pipeline()
    /// The labels that filters look at.
    private var filteredLabels: [[UInt8]] = []
    /// Whether a stage of ``pipeline`` looks at the line.
    private(set) var readsLines = false
    /// Whether a stage of ``pipeline`` changes the line.
    private(set) var changesLines = false
    /// The stages that ``pipeline`` was made of, in order.
    private(set) var stages: [PipelineStage] = []

    /// - Throws: ``QueryError`` with code `badInput`, worded as Loki's: `parse error : stage '…' : …`.
    init(_ stages: [PipelineStage]) throws(QueryError) {
        for stage in stages { try append(stage) }
    }

    private mutating func append(_ stage: PipelineStage) throws(QueryError) {
        switch stage {
        case .lineFilter(let filter):
            let test = try LineTest(filter)
            if test.isTrivial { return }
            if changesLines { pipeline.append(test) } else { lineTests.append(test) }
            return
        case .json, .logfmt, .regexp, .pattern, .unpack, .decolorize, .lineFormat, .labelFormat: readsLines = true
        case .labelFilter, .drop, .keep: break
        }
        stages.append(stage)
        do throws(StageError) {
            if case .labelFilter(let filter) = stage {
                pipeline.append(try LabelTest(filter))
                filteredLabels += filter.labelNames.map { Array($0.utf8) }
            } else {
                try pipeline.append(stage)
            }
        } catch {
            throw QueryError(.badInput, PipelinePlan.fault(stage, error.message))
        }
        switch stage {
        case .lineFormat, .unpack, .decolorize: changesLines = true
        default: break
        }
    }

    /// The labels that stages look at; nil where these may be all.
    var labelNames: [[UInt8]]? { pipeline.formattedLabels.map { filteredLabels + $0 } }

    static func fault(_ stage: PipelineStage, _ message: String) -> String {
        "parse error : stage '\(LogQLPrinter().text(stage))' : \(message)"
    }
}
