/// The stages of a pipeline, from the first on, whose outcome can be told from columns: those that look at labels, and the parser of JSON where lines
/// are held taken apart.
struct ColumnPlan: Sendable {
    enum Step: Sendable {
        case filter(LabelTest)
        /// `| json`
        case parse
        /// Labels that are not there from here on.
        case drop([[UInt8]])
        /// Only these labels are there from here on.
        case keep([[UInt8]])
    }

    private(set) var steps: [Step] = []
    /// Whether these are all stages; so that who passes here, and the tests of lines, passes the pipeline.
    private(set) var isComplete: Bool
    /// Whether there is anything that leaves rows out.
    private(set) var filters = false

    init(_ plan: PipelinePlan) {
        isComplete = true
        for stage in plan.stages {
            guard let step = nextStep(stage) else {
                isComplete = false
                break
            }
            steps.append(step)
        }
        filters = steps.contains { if case .filter = $0 { true } else { false } }
    }

    /// nil where columns do not tell what a stage does.
    private func nextStep(_ stage: PipelineStage) -> Step? {
        switch stage {
        case .labelFilter(let filter):
            do throws(StageError) { return .filter(try LabelTest(filter)) } catch { return nil }
        case .json(let extractions):
            let isFirst = steps.allSatisfy { if case .filter = $0 { true } else { false } }
            return extractions.isEmpty && isFirst ? .parse : nil
        case .drop(let choices): return ColumnPlan.names(choices).map { .drop($0) }
        case .keep(let choices): return ColumnPlan.names(choices).map { .keep($0) }
        default: return nil
        }
    }

    /// The same with a test behind all stages.
    mutating func append(_ test: LabelTest) {
        if !isComplete { return }
        steps.append(.filter(test))
        filters = true
    }

    /// nil where values decide, or errors are meant.
    private static func names(_ choices: [LabelChoice]) -> [[UInt8]]? {
        var names: [[UInt8]] = []
        for choice in choices {
            guard case .name(let name) = choice, !name.hasPrefix("__") else { return nil }
            names.append(Array(name.utf8))
        }
        return names
    }
}
