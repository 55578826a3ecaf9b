public import TelemetryModel

/// What a look-up of names, values or series has to say besides its answer. Used by one thread.
public final class LookupNotes {
    /// What is missing because a file is damaged, as sentences.
    public private(set) var warnings: [String] = []
    /// The times that rollups spoke for, whose samples are gone.
    public private(set) var rollupRanges: [(resolution: RollupResolution, range: TimeRange)] = []

    public init() {}

    func warn(_ warning: String) { if !warnings.contains(warning) { warnings.append(warning) } }

    func noteRollups(_ resolution: RollupResolution, _ range: TimeRange) {
        if !rollupRanges.contains(where: { $0 == (resolution, range) }) { rollupRanges.append((resolution, range)) }
    }
}
